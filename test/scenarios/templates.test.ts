import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import { readiness } from "../../src/Operator.js"
import { LeaderElection } from "../../src/runtime/LeaderElection.js"
import { forbidden } from "../../src/testing/kube/ApiFailure.js"
import { goodImage, namespace, play, resource, type Stage } from "./stage.js"

const Templates = Kinds.AerospikeClusterTemplate

const template = (protoFdMax: number, spec: object = {}): KubeObject => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeClusterTemplate",
  metadata: { name: "small" },
  spec: {
    image: goodImage,
    size: 3,
    aerospikeConfig: { service: { "proto-fd-max": protoFdMax }, namespaceDefaults: { "replication-factor": 2 } },
    ...spec,
  },
})

/** A cluster that says next to nothing itself. */
const cluster = (annotations: Readonly<Record<string, string>> = {}): KubeObject => ({
  ...resource({ annotations }),
  spec: {
    templateRef: { name: "small" },
    aerospikeConfig: {
      namespaces: [{ name: "test", "storage-engine": { type: "memory", "data-size": 1_073_741_824 } }],
    },
  },
})

const apply = (stage: Stage, object: KubeObject) =>
  Effect.orDie(
    stage.world.writer.apply(object.kind === "AerospikeCluster" ? Kinds.AerospikeCluster : Templates, object, {
      fieldManager: "user",
      force: true,
    }),
  )

interface Copy {
  readonly name: string
  readonly synced: boolean
  readonly resourceVersion: string
  readonly spec: object
}
const copyOf = (stage: Stage) => (stage.status() as { templateSnapshot?: Copy }).templateSnapshot
const stored = (stage: Stage) => stage.world.server.find(Templates, { name: "small" })
const usedBy = (stage: Stage) => (stored(stage)?.["status"] as { usedBy?: ReadonlyArray<string> } | undefined)?.usedBy
const annotations = (stage: Stage) =>
  stage.world.server.find(Kinds.AerospikeCluster, { namespace, name: "db" })?.metadata.annotations ?? {}
const configuration = (stage: Stage) => JSON.stringify(stage.list(Kinds.ConfigMap).map((map) => map["data"]))
const told = (stage: Stage, reason: string) => stage.events().filter((event) => event.includes(` ${reason}: `)).length

const warnings = (stage: Stage) => stage.events().filter((event) => event.startsWith("Warning ValidationWarning: "))

describe("a cluster made from a template", () => {
  it("B4, B28, W28, W29, E-23, E-24: waits for it, copies it, keeps the copy when it changes, follows on request", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* apply(stage, cluster())
        yield* stage.until("refused", () => stage.status().phase === "Error", 30_000)
        expect(stage.status().phaseReason).toContain("there is no AerospikeClusterTemplate small")
        expect(stage.condition("TemplateSynced")).toBe("False")
        expect(stage.list(Kinds.StatefulSet)).toEqual([])

        const { metadata } = yield* apply(stage, template(10_000))
        yield* stage.completed()
        expect(copyOf(stage)).toMatchObject({ name: "small", synced: true, resourceVersion: metadata.resourceVersion })
        expect(stage.status().health).toBe("3/3")
        expect(stage.readyPods()).toHaveLength(3)
        expect(configuration(stage)).toContain("proto-fd-max 10000")
        // The stored spec is the user's, whatever the template says.
        expect(stage.world.server.find(Kinds.AerospikeCluster, { namespace, name: "db" })?.["spec"]).not.toHaveProperty(
          "size",
        )
        expect(told(stage, "TemplateApplied")).toBe(1)
        expect(yield* stage.quiet).toEqual([])

        const pods = stage.pods()
        const held = copyOf(stage)?.resourceVersion
        yield* apply(stage, template(12_000))
        yield* stage.until("drifted", () => copyOf(stage)?.synced === false, 5_000)
        expect(copyOf(stage)?.resourceVersion).toBe(held)
        expect(told(stage, "TemplateDrifted")).toBe(1)
        expect(yield* stage.quiet).toEqual([])
        expect(stage.pods()).toEqual(pods)

        yield* stage.restartOperator
        expect(yield* stage.quiet).toEqual([])
        expect(stage.pods()).toEqual(pods)
        expect(told(stage, "TemplateDrifted")).toBe(1)

        stage.reset()
        yield* apply(stage, cluster({ "acko.io/resync-template": "true" }))
        yield* stage.until("followed", () => configuration(stage).includes("proto-fd-max 12000"), 60_000)
        yield* stage.completed()
        expect(annotations(stage)).not.toHaveProperty(["acko.io/resync-template"])
        expect(copyOf(stage)).toMatchObject({
          synced: true,
          spec: { aerospikeConfig: { service: { "proto-fd-max": 12_000 } } },
        })
        expect(Object.values(stage.pods()).some((uid) => Object.values(pods).includes(uid))).toBe(false)
        expect(stage.mostDown()).toBe(1)
        expect(told(stage, "TemplateApplied")).toBe(2)
        expect(stage.condition("TemplateSynced")).toBe("True")
        expect(yield* stage.quiet).toEqual([])
      }),
    )
  })

  it("B25: metadata of the template, its return and a new start of the operator are no drift", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* apply(stage, template(10_000))
        yield* apply(stage, cluster())
        yield* stage.completed()
        yield* apply(stage, { ...template(10_000), metadata: { name: "small", labels: { team: "a" } } })
        yield* stage.restartOperator
        yield* Effect.sleep("1 minute")
        expect(copyOf(stage)?.synced).toBe(true)
        expect(told(stage, "TemplateDrifted")).toBe(0)
        yield* apply(stage, template(9_000))
        yield* stage.until("drifted", () => copyOf(stage)?.synced === false, 5_000)
        yield* apply(stage, template(10_000))
        yield* stage.until("equal again", () => copyOf(stage)?.synced === true, 5_000)
      }),
    )
  })

  it("B3: another template is another copy; G-10, W59: a template in use is listed and stays until nobody uses it", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* apply(stage, template(10_000))
        yield* apply(stage, { ...template(11_000), metadata: { name: "other" } })
        yield* apply(stage, cluster())
        yield* stage.completed()
        expect(usedBy(stage)).toEqual([`${namespace}/db`])
        yield* Effect.orDie(stage.world.writer.remove(Templates, { name: "small" }, {}))
        yield* Effect.sleep("1 minute")
        expect(stored(stage)?.metadata.deletionTimestamp).toBeDefined()
        expect(copyOf(stage)?.synced).toBe(true)

        const spec = cluster()["spec"] as object
        yield* apply(stage, { ...cluster(), spec: { ...spec, templateRef: { name: "other" } } })
        yield* stage.until("copied", () => copyOf(stage)?.name === "other", 5_000)
        yield* stage.until("gone", () => stored(stage) === undefined, 5_000)
        yield* stage.until("followed", () => configuration(stage).includes("proto-fd-max 11000"), 60_000)
        yield* stage.completed()
        expect(yield* stage.quiet).toEqual([])
        yield* stage.remove()
        yield* stage.until(
          "nobody uses it",
          () => {
            const other = stage.world.server.find(Templates, { name: "other" })
            const status = other?.["status"] as { usedBy?: ReadonlyArray<string> } | undefined
            return (status?.usedBy ?? []).length === 0 && (other?.metadata.finalizers ?? []).length === 0
          },
          60_000,
        )
      }),
    )
  })

  it("L2: a template that cannot be copied disturbs no other cluster; a fresh copy of one that is gone leaves the old in use", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* apply(stage, template(10_000, { image: "aerospike:ee-8.1.0" }))
        yield* apply(stage, cluster())
        yield* stage.wish({ name: "plain" })
        yield* stage.completed("plain")
        expect(stage.status().phase).toBe("Error")
        expect(stage.status().phaseReason).toContain("Enterprise")
        yield* apply(stage, template(10_000))
        yield* apply(stage, cluster({ "acko.io/resync-template": "true" }))
        yield* stage.completed()
        const pods = stage.pods()
        const live = stored(stage)
        if (live === undefined) throw new Error("no template")
        stage.world.server.replace(Templates, { ...live, metadata: { ...live.metadata, finalizers: [] } })
        yield* Effect.orDie(stage.world.writer.remove(Templates, { name: "small" }, {}))
        yield* apply(stage, cluster({ "acko.io/resync-template": "true" }))
        yield* stage.until("told", () => stage.conditionText("TemplateSynced").includes("stays in use"), 5_000)
        yield* Effect.sleep("1 minute")
        expect(stage.isCompleted()).toBe(true)
        expect(stage.pods()).toEqual(pods)
      }),
    )
  })

  it("R6 and R7 of api.md §7.6: what is odd about the template is told once per copy, when it is taken", () => {
    play((stage) =>
      Effect.gen(function* () {
        const local = (storageClassName: string) =>
          template(10_000, {
            scheduling: { podAntiAffinityLevel: "required" },
            storage: { localPVRequired: true, storageClassName },
          })
        yield* apply(stage, cluster())
        yield* stage.until("refused", () => stage.status().phase === "Error", 30_000)
        yield* apply(stage, local("standard"))
        yield* stage.completed()
        expect(warnings(stage)).toEqual([
          expect.stringContaining("StorageClass standard binds volumes Immediate, before it is known"),
        ])

        yield* apply(stage, local("none-such"))
        yield* apply(stage, cluster({ "acko.io/resync-template": "true" }))
        yield* stage.until("told", () => warnings(stage).length === 2, 60_000)
        expect(warnings(stage)[1]).toContain("there is no StorageClass none-such")

        stage.world.server.create(Kinds.StorageClass, {
          apiVersion: "storage.k8s.io/v1",
          kind: "StorageClass",
          metadata: { name: "local" },
          provisioner: "kubernetes.io/no-provisioner",
          volumeBindingMode: "WaitForFirstConsumer",
        })
        yield* apply(stage, local("local"))
        yield* apply(stage, cluster({ "acko.io/resync-template": "true" }))
        yield* stage.until("copied", () => JSON.stringify(copyOf(stage)?.spec).includes('"local"'), 60_000)
        yield* Effect.sleep("2 minutes")
        expect(warnings(stage)).toHaveLength(2)
      }),
    )
  })

  it("without the right to read StorageClasses there is no advice about them, and nothing else is missing", () => {
    play((stage) =>
      Effect.gen(function* () {
        stage.world.server.gate.onRequest(({ resource }) =>
          resource === "storageclasses"
            ? { _tag: "Fail", failure: forbidden(Kinds.StorageClass, "", "not you") }
            : undefined,
        )
        yield* stage.restartOperator
        yield* apply(stage, template(10_000, { storage: { localPVRequired: true, storageClassName: "standard" } }))
        yield* apply(stage, cluster())
        yield* stage.completed()
        expect(warnings(stage)).toEqual([])
        const { observers, ready } = yield* Effect.provide(
          Effect.provide(readiness, LeaderElection.layerNoop),
          stage.operator().context,
        )
        expect(ready).toBe(true)
        expect(observers).toContainEqual({ kind: "StorageClass", mode: "refused" })
      }),
    )
  })
})
