/** Telling a running node and starting it with the new file come to the same, for any two configurations the server starts with. */
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { configurationChange } from "../../../src/decide/configuration/dynamic/changes.js"
import { isDynamic } from "../../../src/decide/configuration/dynamic/setConfig.js"
import { rackConfigText } from "../../../src/decide/configuration/render.js"
import type { Json, JsonObject } from "../../../src/domain/Json.js"
import { type ParameterChange, valueSet } from "../../../src/domain/RunningConfiguration.js"
import type { Parameter } from "../../../src/domain/serverParameters/Parameter.js"
import { parameterTable } from "../../../src/domain/serverParameters/ParameterTable.js"
import { newestOf80, newestOf81, type ServerVersion } from "../../../src/domain/serverParameters/ServerVersion.js"
import { answer } from "../../../src/testing/aerospike/commands/answer.js"
import { readConfiguration } from "../../../src/testing/aerospike/configuration/NodeConfiguration.js"
import { start } from "../../../src/testing/aerospike/model/lifecycle.js"
import { pairs, pod, rig } from "../../testing/aerospike/support.js"

/** Depends on how many nodes there are, not on the file. */
const ofTheCluster = new Set(["min-cluster-size"])

const sections = [
  ["service", ""],
  ["network.heartbeat", ""],
  ["network.fabric", ""],
  ["namespace", ""],
  ["namespace.geo2dsphere-within", ""],
  ["namespace.storage-engine", "device"],
] as const

/** What can change at run time and be written into the file. */
const parametersOf = (version: ServerVersion): ReadonlyArray<Parameter> => {
  const table = parameterTable(version)
  return sections.flatMap(([context, variant]) =>
    table
      .of(context, variant)
      .filter(
        (parameter) =>
          isDynamic(table, { context, name: parameter.name, variant, namespace: "test" }) &&
          parameter.refused === undefined &&
          !ofTheCluster.has(parameter.name),
      ),
  )
}

/** Legal by itself, and near the least or the usual value, where other rules allow most. */
const valueOf = ({ kind, min = 0, max = 1e9, powerOf2, enum: words = [], default: usual = "" }: Parameter) => {
  if (kind === "bool") return fc.boolean()
  if (kind === "enum") return fc.constantFrom(...words)
  const near = /^\d+$/.test(usual) ? Number(usual) : Math.max(1, min)
  if (powerOf2 === true) return fc.constantFrom(near, near * 2)
  return fc.integer({ min: Math.max(0, min, near - 4), max: Math.min(max, near + 40) })
}

type Chosen = ReadonlyArray<readonly [Parameter, Json]>

const choice = (version: ServerVersion): fc.Arbitrary<Chosen> => {
  const parameters = parametersOf(version)
  return fc
    .subarray([...parameters], { maxLength: 12 })
    .chain((some) => fc.tuple(...some.map((parameter) => fc.tuple(fc.constant(parameter), valueOf(parameter)))))
}

const put = (tree: JsonObject, path: ReadonlyArray<string>, name: string, value: Json): JsonObject => {
  const [head, ...rest] = path
  if (head === undefined) return { ...tree, [name]: value }
  return { ...tree, [head]: put((tree[head] ?? {}) as JsonObject, rest, name, value) }
}

const treeOf = (chosen: Chosen): JsonObject => {
  let outside: JsonObject = {
    service: { "cluster-name": "loop", "node-id": "a1" },
    network: {
      service: { address: "127.0.1.1", port: 3000 },
      heartbeat: { mode: "mesh", address: "127.0.1.1", port: 3002 },
      fabric: { address: "127.0.1.1", port: 3001 },
    },
  }
  let namespace: JsonObject = {
    name: "test",
    "replication-factor": 2,
    "storage-engine": { type: "device", file: "/opt/aerospike/data/test.dat", filesize: 4_294_967_296 },
  }
  for (const [{ context, name }, value] of chosen) {
    const path = context.split(".")
    if (path[0] === "namespace") namespace = put(namespace, path.slice(1), name, value)
    else outside = put(outside, path, name, value)
  }
  return { ...outside, namespaces: [namespace] }
}

const fileOf = (chosen: Chosen): string => Either.getOrThrow(rackConfigText(treeOf(chosen), [], "spec.aerospikeConfig"))

const nodeWith = (configuration: string, image: string) => {
  const { model, pass } = rig()
  const server = start(model, { ...pod(1), image, configuration })
  pass(5_000)
  return (command: string): string => answer(model, server, command)
}

const shown = (ask: (command: string) => string) =>
  ["service", "network", "namespace;namespace=test"].map((context) => pairs(ask(`get-config:context=${context}`)))

describe.each([
  { image: "aerospike:ce-8.1.2.0", version: newestOf81 },
  { image: "aerospike:ce-8.0.0.15", version: newestOf80 },
])("$image", ({ image, version }) => {
  const table = parameterTable(version)
  const starts = (chosen: Chosen): boolean => Either.isRight(readConfiguration(fileOf(chosen), undefined, table))

  it("R5 R79 told = started anew, and taken back = as before", () => {
    let told = 0
    fc.assert(
      fc.property(choice(version), choice(version), (from, to) => {
        fc.pre(starts(from) && starts(to))
        const change = configurationChange(table, treeOf(from), treeOf(to))
        const ask = nodeWith(fileOf(from), image)
        const before = shown(ask)
        // A name that is in one file only, and whose default depends on the machine, needs a start.
        fc.pre(change.static.length === 0)
        const answers = change.dynamic.map(({ command }) => [command, ask(command)])
        expect(answers.filter(([, got]) => got !== "ok")).toEqual([])
        told += 1
        expect(shown(ask)).toEqual(shown(nodeWith(fileOf(to), image)))
        const read = (change: ParameterChange) => pairs(ask(change.read))[change.key]
        expect(change.dynamic.map(read)).toEqual(change.dynamic.map(({ command }) => valueSet(command)))
        for (const { undo } of change.dynamic.toReversed()) expect([undo, ask(undo)]).toEqual([undo, "ok"])
        expect(shown(ask)).toEqual(before)
      }),
      { numRuns: 150, maxSkipsPerRun: 1_000 },
    )
    expect(told).toBe(150)
  })
})
