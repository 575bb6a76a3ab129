import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { AerospikeInfo } from "../../../src/aerospike/AerospikeInfo.js"
import { foresightLines } from "../../../src/cli/plan/foresee.js"
import { look } from "../../../src/cli/plan/look.js"
import { planFiles } from "../../../src/cli/plan/planFiles.js"
import { readDocuments } from "../../../src/cli/validate/documents.js"
import { OperatorConfig } from "../../../src/config/OperatorConfig.js"
import { Kinds } from "../../../src/domain/Kubernetes.js"
import { layerMemory } from "../../../src/testing/kube/MemoryKube.js"
import { namespace, newImage, play, resource, type Stage, type Wish } from "../../scenarios/stage.js"

/** What `acko plan -f` answers to these resources, in the world as it is. */
const planOf = (stage: Stage, ...resources: ReadonlyArray<object>) => {
  const text = JSON.stringify({ apiVersion: "v1", kind: "List", items: resources })
  const outside = Layer.mergeAll(
    layerMemory(stage.world.server, { as: "reader" }),
    Layer.succeed(AerospikeInfo, stage.info),
    OperatorConfig.layer({ clientView: false }),
  )
  return Effect.flatMap(look, (seen) => planFiles(seen, readDocuments("list", text).entries)).pipe(
    Effect.scoped,
    Effect.provide(outside),
    Effect.orDie,
  )
}

const one = (stage: Stage, wish: Wish) =>
  Effect.flatMap(planOf(stage, resource(wish)), ({ foresights: [foresight] }) =>
    foresight === undefined ? Effect.dieMessage("no plan") : Effect.succeed(foresight),
  )

const template = (protoFdMax: number) => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeClusterTemplate",
  metadata: { name: "small" },
  spec: { image: newImage, size: 3, aerospikeConfig: { service: { "proto-fd-max": protoFdMax } } },
})

const onlyCopy = {
  name: "test",
  "replication-factor": 1,
  "storage-engine": { type: "memory", "data-size": 1_073_741_824 },
}

describe("acko plan", () => {
  it("tells what a new cluster becomes, and writes nothing", () => {
    play((stage) =>
      Effect.gen(function* () {
        const verbs = new Set<string>()
        stage.world.server.gate.onRequest(({ user, verb }) => void (user === "reader" && verbs.add(verb)))
        const foresight = yield* one(stage, {})
        expect([...verbs].sort()).toEqual(["list", "watch"])
        expect(foresight).toMatchObject({ isNew: true, podsToCreate: 3, podsToRemove: 0, restarts: [], refused: [] })
        expect(foresight.actions.map(({ does, what }) => `${does} ${what}`)).toEqual([
          "add finalizer",
          "create Service db",
          "create PodDisruptionBudget db-pdb",
          "create ConfigMap db-0-config",
          "create StatefulSet db-0",
        ])
        expect(foresightLines(foresight).join("\n")).toContain("3 to come")
      }),
    )
  })

  it("tells the restarts with reason and order, and that is what happens; the same again is nothing to do", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish({})
        yield* stage.completed()
        yield* Effect.sleep("1 minute")
        const same = yield* one(stage, {})
        expect(foresightLines(same)).toEqual([`${namespace}/db: nothing to do`])

        const wish = { service: { "proto-fd-max": 20_000 } }
        const foresight = yield* one(stage, wish)
        expect(foresight.actions.map(({ does, what }) => `${does} ${what}`)).toEqual([
          "update ConfigMap db-0-config",
          "update StatefulSet db-0",
        ])
        expect(foresight.restarts).toHaveLength(3)
        for (const { because, reason } of foresight.restarts)
          expect([reason, because]).toEqual(["ConfigChanged", expect.stringContaining("proto-fd-max")])
        expect(foresight.waits).toEqual([])

        stage.reset()
        yield* stage.wish(wish)
        yield* stage.until("rolled", () => stage.isCompleted() && stage.deletions().length === 3)
        expect(stage.deletions()).toEqual(foresight.restarts.map(({ pod }) => pod))
      }),
    )
  })

  it("N-02: tells which values running nodes take without a restart", () => {
    play((stage) =>
      Effect.gen(function* () {
        const extra = { enableDynamicConfigUpdate: true }
        yield* stage.wish({ extra })
        yield* stage.completed()
        yield* Effect.sleep("1 minute")
        const dynamic = yield* one(stage, { extra, service: { "proto-fd-max": 20_000 } })
        expect(dynamic.restarts).toEqual([])
        expect(dynamic.actions.at(-1)).toEqual({
          does: "set",
          what: "service.proto-fd-max",
          because: "on running nodes: db-0-0, db-0-1, db-0-2; no restart",
        })
        const image = yield* one(stage, { extra, image: newImage, service: { "proto-fd-max": 20_000 } })
        expect(image.restarts).toHaveLength(3)
      }),
    )
  })

  it("S3: says what a change waits for", () => {
    play((stage) =>
      Effect.gen(function* () {
        const single = { size: 1, extra: { aerospikeConfig: { namespaces: [onlyCopy] } } }
        yield* stage.wish(single)
        yield* stage.completed()
        const foresight = yield* one(stage, { ...single, image: newImage })
        expect(foresight.restarts.map(({ pod, reason }) => [pod, reason])).toEqual([["db-0-0", "ImageChanged"]])
        expect(foresight.waits).toEqual([expect.stringContaining("would lose the only copy")])
      }),
    )
  })

  it("B3 E1: judges as the API server would now, with the stored resource and the copy of the template it holds", () => {
    play((stage) =>
      Effect.gen(function* () {
        const wrong = yield* planOf(stage, resource({ size: 99 }))
        expect(wrong.judgements.map(({ accepted }) => accepted)).toEqual([false])
        expect(wrong.foresights).toEqual([])

        const own = { templateRef: { name: "small" }, aerospikeConfig: { namespaces: [onlyCopy] } }
        const cluster = { ...resource({ name: "own" }), spec: own }
        const [unknown] = (yield* planOf(stage, cluster)).foresights
        expect(unknown?.refused).toEqual([expect.objectContaining({ rule: "E1" })])
        const [fresh] = (yield* planOf(stage, template(10_000), cluster)).foresights
        expect(fresh?.actions[0]).toEqual({ does: "copy", what: "AerospikeClusterTemplate small" })
        expect(fresh?.podsToCreate).toBe(3)

        stage.world.server.create(Kinds.AerospikeClusterTemplate, template(10_000))
        stage.world.server.create(Kinds.AerospikeCluster, cluster)
        yield* stage.completed("own")
        yield* Effect.sleep("1 minute")
        // A template that has moved on changes nothing until a fresh copy is asked for.
        const [held] = (yield* planOf(stage, template(12_000), cluster)).foresights
        expect(held && foresightLines(held)).toEqual([`${namespace}/own: nothing to do`])
        const asking = {
          ...cluster,
          metadata: { ...cluster.metadata, annotations: { "acko.io/resync-template": "true" } },
        }
        const [resynced] = (yield* planOf(stage, template(12_000), asking)).foresights
        expect(resynced?.restarts).toHaveLength(3)
      }),
    )
  })
})
