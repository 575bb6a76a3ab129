/**
 * What the operator and the users of kubectl rely on in a Kubernetes API server, as cases over HTTP. The same cases run against a real
 * kube-apiserver and against the embedded one: where one of them differs, it is wrong, the case is, or `differences.ts` says why.
 */
import { it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Scope from "effect/Scope"
import { afterAll, beforeAll, describe, expect } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { differences, type DifferenceId } from "./differences.js"
import { definitions, Gadgets, Widgets } from "./fixtures.js"
import { ok, Place } from "./Place.js"
import { at, type Wire } from "./Wire.js"

/** A server under test. */
export class Target extends Context.Tag("contract/Target")<
  Target,
  {
    readonly wire: Wire
    /** Forgets the past: older watches and continue tokens are answered 410. */
    readonly forgetPast: Effect.Effect<unknown, unknown>
  }
>() {}

type Case = (place: Place, target: Context.Tag.Service<typeof Target>) => Effect.Effect<void, unknown, Scope.Scope>

/** Declares cases. `differs` marks one that the embedded server is known to fail. */
export interface Declare {
  (title: string, body: Case): void
  readonly differs: (id: DifferenceId, title: string, body: Case) => void
}

export interface Topic {
  readonly title: string
  readonly cases: (check: Declare) => void
}

export interface Suite {
  readonly name: string
  /** Whether the listed differences are expected. */
  readonly isEmbedded: boolean
  readonly target: Layer.Layer<Target, unknown>
  readonly topics: ReadonlyArray<Topic>
}

const caseTimeoutMs = 30_000

/** Installs the custom kinds of the suite and waits until they are served. */
const install = Effect.gen(function* () {
  const { wire } = yield* Target
  const place = new Place(wire, "default")
  for (const definition of definitions) {
    const name = String(at(definition, "metadata", "name"))
    const options = { query: { fieldManager: "contract-suite", force: "true" } }
    yield* ok(place.patch("apply", Kinds.CustomResourceDefinition, name, definition, options))
  }
  for (const kind of [Widgets, Gadgets]) yield* place.until(place.list(kind), (reply) => reply.status === 200)
})

/** Runs all cases, each in a namespace of its own, and checks that each listed difference has a case. */
export const contractSuite = ({ name, isEmbedded, target: layer, topics }: Suite): void => {
  describe(`Kubernetes API contract: ${name}`, () => {
    const runtime = ManagedRuntime.make(Layer.orDie(layer))
    const seen = new Set<DifferenceId>()
    let count = 0

    // The failed assertion itself, not its fiber: the report shows what differs.
    const run = (body: Case) => async () => {
      const exit = await runtime.runPromiseExit(
        Effect.scoped(
          Effect.gen(function* () {
            const target = yield* Target
            const outside = new Place(target.wire, "default")
            const made = yield* ok(outside.post(Kinds.Namespace, { metadata: { generateName: "contract-" } }))
            yield* body(new Place(target.wire, made.text("metadata", "name")), target)
          }),
        ),
      )
      if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    }
    const check: Declare = Object.assign(
      (title: string, body: Case) => {
        count++
        it(title, run(body), caseTimeoutMs)
      },
      {
        differs: (id: DifferenceId, title: string, body: Case) => {
          count++
          seen.add(id)
          if (isEmbedded) it.fails(`${title} (known difference: ${id})`, run(body), caseTimeoutMs)
          else it(title, run(body), caseTimeoutMs)
        },
      },
    )

    beforeAll(() => runtime.runPromise(install), 60_000)
    afterAll(async () => {
      process.stdout.write(`contract cases against ${name}: ${count}, of them known differences: ${seen.size}\n`)
      await runtime.dispose()
    })

    for (const topic of topics) describe(topic.title, () => topic.cases(check))

    it("every listed difference has a case", () => {
      expect([...seen].sort()).toEqual(Object.keys(differences).sort())
    })
  })
}
