import * as FastCheck from "effect/FastCheck"
import { expect, it } from "vitest"
import { firstDifference } from "../../../src/decide/difference.js"
import { allObjects, desiredOf } from "../../support/desired.js"
import { completeCluster } from "../../support/completeCluster.js"

type Fields = Readonly<Record<string, unknown>>

const isMap = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)

/** The same value with the keys of every map in another order. */
const shuffled = (value: unknown, order: (keys: ReadonlyArray<string>) => ReadonlyArray<string>): unknown => {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, order))
  if (!isMap(value)) return value
  return Object.fromEntries(order(Object.keys(value)).map((key) => [key, shuffled(value[key], order)]))
}

const { templateRef: _templateRef, overrides: _overrides, ...spec } = completeCluster["spec"] as Fields

it("W66: in which order the keys of a resource stand changes no object: kubectl sorts them, other tools do not", () => {
  const before = allObjects(desiredOf(spec))
  FastCheck.assert(
    FastCheck.property(FastCheck.infiniteStream(FastCheck.nat(1_000)), (numbers) => {
      const order = (keys: ReadonlyArray<string>): ReadonlyArray<string> =>
        keys
          .map((key) => [Number(numbers.next().value), key] as const)
          .sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1))
          .map(([, key]) => key)
      const after = allObjects(desiredOf(shuffled(spec, order) as Fields))
      expect(after.map(({ kind, metadata }) => `${kind} ${metadata.name ?? ""}`)).toEqual(
        before.map(({ kind, metadata }) => `${kind} ${metadata.name ?? ""}`),
      )
      after.forEach((object, index) => {
        const other = before[index]
        expect(other && firstDifference(object, other)).toBeUndefined()
      })
    }),
    { numRuns: 25 },
  )
})
