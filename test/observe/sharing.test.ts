import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { effectiveOf } from "../../src/decide/wanted.js"
import { Kinds } from "../../src/domain/Kubernetes.js"
import type { ClusterView } from "../../src/domain/Snapshot.js"
import { shareSpec } from "../../src/observe/Sources.js"
import { make } from "../../src/observe/Store.js"
import { clusterView } from "../../src/observe/views.js"
import { spec } from "../support/snapshots.js"

const ref = { namespace: "aero", name: "demo" }
const cluster = (resourceVersion: string, size: number, generation: number, uid = "u1", phase = "InProgress") => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { ...ref, uid, resourceVersion, generation },
  spec: spec({ size }),
  status: { phase },
})

it.scoped(
  "a spec that did not change stays the same value, and so does what is derived from it; status and version move on",
  () =>
    Effect.gen(function* () {
      const store = yield* make<ClusterView>({
        kind: Kinds.AerospikeCluster,
        decode: clusterView,
        keysOf: ({ namespace, name }) => [{ namespace, name }],
        share: shareSpec,
      })
      const see = (object: ReturnType<typeof cluster>) =>
        Effect.gen(function* () {
          yield* store.confirm(object)
          const view = yield* store.get(ref)
          if (view === undefined) return yield* Effect.dieMessage("no cluster")
          return view
        })
      const first = yield* see(cluster("1", 3, 1))
      const second = yield* see(cluster("2", 3, 1, "u1", "Completed"))
      expect(second.spec).toBe(first.spec)
      expect(second.object["spec"]).toBe(first.spec)
      expect(second).toMatchObject({ resourceVersion: "2", status: { phase: "Completed" } })
      expect(effectiveOf(second)).toBe(effectiveOf(first))
      const edited = yield* see(cluster("3", 4, 2))
      expect(edited.spec).toMatchObject({ size: 4 })
      // A namesake with an equal spec is another object.
      const recreated = yield* see(cluster("4", 4, 2, "u2"))
      expect(recreated.spec).not.toBe(edited.spec)
      expect(recreated.spec).toEqual(edited.spec)
    }),
)
