/** Namespaces, definitions and the operator itself are taken away: nothing may be stuck. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { parseAllDocuments } from "yaml"
import { manifestFiles } from "../../src/cli/manifests.js"
import type { Json } from "../../src/testing/kube/json.js"
import { aerospikeClusterCrd } from "../../src/decide/crd.js"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { finalizer } from "../../src/domain/Labels.js"
import { ApiFailure } from "../../src/testing/kube/ApiFailure.js"
import type { Admission } from "../../src/testing/kube/ApiServer.js"
import { evaluateCel } from "../../src/testing/kube/custom/cel/evaluate.js"
import { parseCel } from "../../src/testing/kube/custom/cel/parse.js"
import { namespace, play, type Stage } from "./stage.js"

interface Webhook {
  readonly name: string
  readonly rules: ReadonlyArray<{
    readonly operations: ReadonlyArray<string>
    readonly resources: ReadonlyArray<string>
  }>
  readonly matchConditions?: ReadonlyArray<{ readonly expression: string }>
}

const webhooks = parseAllDocuments(manifestFiles()["webhook/configurations.yaml"] ?? "").flatMap(
  (document) => (document.toJS() as { readonly webhooks: ReadonlyArray<Webhook> }).webhooks,
)

/** The API server with our webhook configurations, once nobody answers any more. */
const nobodyAnswers = (isGone: () => boolean): Admission => ({
  validating: ({ kind, object, operation, subresource }) => {
    if (!isGone() || subresource !== undefined) return undefined
    const called = webhooks.find(
      ({ rules, matchConditions = [] }) =>
        rules.some((rule) => rule.operations.includes(operation) && rule.resources.includes(kind.plural)) &&
        matchConditions.every(
          ({ expression }) =>
            evaluateCel(parseCel(expression), new Map([["object", JSON.parse(JSON.stringify(object)) as Json]])) ===
            true,
        ),
    )
    return (
      called && new ApiFailure(500, "InternalError", `failed calling webhook "${called.name}": no endpoints available`)
    )
  },
})

const children = [Kinds.Pod, Kinds.StatefulSet, Kinds.Service, Kinds.ConfigMap, Kinds.PodDisruptionBudget]
const left = (stage: Stage) => [...children, Kinds.PersistentVolumeClaim].flatMap((kind) => stage.names(kind))
const ref = { namespace, name: "db" }
const custom = (stage: Stage) => stage.world.server.find(Kinds.AerospikeCluster, ref)
const isThere = ({ world }: Stage) => world.server.find(Kinds.Namespace, { name: namespace }) !== undefined

const created = (stage: Stage) =>
  Effect.gen(function* () {
    yield* stage.wish({ persistent: true })
    yield* stage.completed()
    yield* stage.world.aerospike.release("db")
  })

describe("what is deleted", () => {
  it("R108: a namespace: everything in it goes", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* created(stage)
        yield* Effect.orDie(stage.world.writer.remove(Kinds.Namespace, { name: namespace }, {}))
        yield* stage.until("namespace gone", () => !isThere(stage), 300_000)
        expect(left(stage)).toEqual([])
      }),
    )
  })

  it("R108, R49: the definition, once its resources are gone, as a real API server sees to: the operator lives on", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* created(stage)
        const { writer } = stage.world
        yield* stage.remove()
        yield* stage.until("cluster gone", () => custom(stage) === undefined, 300_000)
        const name = "aerospikeclusters.acko.io"
        yield* Effect.orDie(writer.remove(Kinds.CustomResourceDefinition, { name }, {}))
        yield* Effect.sleep("10 minutes")
        expect(left(stage)).toEqual([])
        expect(stage.operator().death()).toBeUndefined()
        yield* Effect.orDie(writer.create(Kinds.CustomResourceDefinition, aerospikeClusterCrd()))
        yield* Effect.sleep("1 minute")
        yield* stage.wish({ persistent: true })
        yield* stage.completed()
      }),
    )
  })

  it("R108: the operator first, then the namespace: one finalizer is left, and to remove it no webhook is needed", () => {
    let isGone = false
    play(
      (stage) =>
        Effect.gen(function* () {
          yield* created(stage)
          yield* stage.operator().crash
          isGone = true
          const { server, writer } = stage.world
          const edit = Effect.either(
            Effect.try(() => server.patch(Kinds.AerospikeCluster, ref, { type: "merge", body: { spec: { size: 2 } } })),
          )
          expect((yield* edit)._tag).toBe("Left")
          yield* Effect.orDie(writer.remove(Kinds.Namespace, { name: namespace }, {}))
          yield* Effect.sleep("2 minutes")
          expect(isThere(stage)).toBe(true)
          expect(custom(stage)?.metadata.finalizers).toEqual([finalizer])
          server.patch(Kinds.AerospikeCluster, ref, { type: "merge", body: { metadata: { finalizers: null } } })
          yield* stage.until("namespace gone", () => !isThere(stage), 120_000)
          expect(left(stage)).toEqual([])
          yield* stage.restartOperator
        }),
      { world: { admission: [nobodyAnswers(() => isGone)] } },
    )
  })
})
