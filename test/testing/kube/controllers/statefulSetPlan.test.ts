import { describe, expect, it } from "vitest"
import * as fc from "effect/FastCheck"
import type { PodObject, StatefulSetObject } from "../../../../src/testing/kube/controllers/objects.js"
import { makeRevision, revisionLabel, revisionName } from "../../../../src/testing/kube/controllers/revisions.js"
import {
  type Action,
  desiredActions,
  type Observation,
} from "../../../../src/testing/kube/controllers/statefulSetPlan.js"
import { aClaim, aPodOf, aStatefulSet, labels, namespace, readyStatus, terminating } from "./builders.js"

const observe = (
  set: StatefulSetObject,
  pods: ReadonlyArray<PodObject>,
  more: Partial<Observation> = {},
): Observation => ({
  set,
  pods,
  claims: new Map(),
  revisions: [makeRevision(set, 1)],
  now: 0,
  ...more,
})

const told = (actions: ReadonlyArray<Action>): ReadonlyArray<string> =>
  actions.map((action) => {
    switch (action._tag) {
      case "CreatePod":
      case "RemovePod":
      case "AdoptPod":
        return `${action._tag} ${action.pod.metadata.name}`
      case "CreateClaim":
      case "RemoveClaim":
        return `${action._tag} ${action.claim.metadata.name}`
      case "CreateRevision":
      case "RemoveRevision":
        return action._tag
    }
  })
const plan = (...input: Parameters<typeof observe>) => told(desiredActions(observe(...input)).actions)

const changed = (set: StatefulSetObject, image: string): StatefulSetObject => ({
  ...set,
  spec: { ...set.spec, template: { ...set.spec?.template, spec: { containers: [{ name: "main", image }] } } },
})
const unready = { status: { phase: "Running", conditions: [] } }

describe("Parallel", () => {
  const set = aStatefulSet()

  it("creates every missing pod at once, with identity labels, host name and owner", () => {
    const { actions } = desiredActions(observe(set, []))
    expect(told(actions)).toEqual(["CreatePod db-0", "CreatePod db-1", "CreatePod db-2"])
    const pod = actions.flatMap((action) => (action._tag === "CreatePod" ? [action.pod] : []))[1]
    expect(pod?.metadata.labels).toEqual({
      ...labels,
      "statefulset.kubernetes.io/pod-name": "db-1",
      "apps.kubernetes.io/pod-index": "1",
      [revisionLabel]: revisionName(set),
    })
    expect(pod?.metadata.ownerReferences).toMatchObject([{ kind: "StatefulSet", uid: "db-uid", controller: true }])
    expect(pod?.spec).toMatchObject({ hostname: "db-1", subdomain: "db" })
  })

  it("keeps a revision object for the template first", () => {
    expect(plan(set, [], { revisions: [] })[0]).toBe("CreateRevision")
  })

  it("waits for a terminating pod to be gone before it makes the next one of that name (R26)", () => {
    const pods = [aPodOf(set, 0), aPodOf(set, 1, { metadata: terminating }), aPodOf(set, 2)]
    expect(plan(set, pods)).toEqual([])
    expect(plan(set, [pods[0]!, pods[2]!])).toEqual(["CreatePod db-1"])
  })

  it("scales down all excess pods at once, never below, and never twice", () => {
    const pods = [0, 1, 2, 3, 4].map((ordinal) => aPodOf(set, ordinal, ordinal === 3 ? { metadata: terminating } : {}))
    expect(plan(set, pods)).toEqual(["RemovePod db-4"])
    expect(plan({ ...set, spec: { ...set.spec, replicas: 1 } }, pods)).toEqual([
      "RemovePod db-4",
      "RemovePod db-2",
      "RemovePod db-1",
    ])
  })

  it("replaces a finished pod", () => {
    const pods = [aPodOf(set, 0), aPodOf(set, 1, { status: { phase: "Failed" } }), aPodOf(set, 2)]
    expect(plan(set, pods)).toEqual(["RemovePod db-1"])
  })

  it("does nothing about an unready pod (R87)", () => {
    expect(plan(set, [aPodOf(set, 0, unready), aPodOf(set, 1), aPodOf(set, 2)])).toEqual([])
  })

  it("does nothing while the set itself is being deleted", () => {
    const { metadata } = set
    expect(plan({ ...set, metadata: { ...metadata, ...terminating } }, [aPodOf(set, 0)])).toEqual([])
  })
})

describe("OrderedReady", () => {
  const set = aStatefulSet({ podManagementPolicy: "OrderedReady" })

  it("creates one pod at a time and waits until it is ready", () => {
    expect(plan(set, [])).toEqual(["CreatePod db-0"])
    expect(plan(set, [aPodOf(set, 0, unready)])).toEqual([])
    expect(plan(set, [aPodOf(set, 0)])).toEqual(["CreatePod db-1"])
  })

  it("honours minReadySeconds and says when to look again", () => {
    const slow = aStatefulSet({ podManagementPolicy: "OrderedReady", minReadySeconds: 10 })
    const early = desiredActions(observe(slow, [aPodOf(slow, 0)], { now: 4_000 }))
    expect(told(early.actions)).toEqual([])
    expect(early.lookAgainMs).toBe(6_000)
    expect(early.status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 })
    expect(plan(slow, [aPodOf(slow, 0)], { now: 10_000 })).toEqual(["CreatePod db-1"])
  })

  it("scales down from the top, one by one", () => {
    const pods = [0, 1, 2].map((ordinal) => aPodOf(set, ordinal))
    const small = { ...set, spec: { ...set.spec, replicas: 1 } }
    expect(plan(small, pods)).toEqual(["RemovePod db-2"])
    expect(plan(small, [...pods.slice(0, 2), aPodOf(set, 2, { metadata: terminating })])).toEqual([])
    expect(plan(small, pods.slice(0, 2))).toEqual(["RemovePod db-1"])
  })

  it("never applies the fix to a broken pod: the update waits behind it (kubernetes#67250)", () => {
    const rolling = aStatefulSet({ podManagementPolicy: "OrderedReady", updateStrategy: { type: "RollingUpdate" } })
    const pods = [aPodOf(rolling, 0, unready), aPodOf(rolling, 1), aPodOf(rolling, 2)]
    const fixed = changed(rolling, "app:2")
    expect(plan(fixed, pods, { revisions: [makeRevision(rolling, 1), makeRevision(fixed, 2)] })).toEqual([])
  })
})

describe("updates", () => {
  const revisions = (...sets: ReadonlyArray<StatefulSetObject>) => sets.map((set, i) => makeRevision(set, i + 1))

  it("OnDelete leaves old pods alone and makes new ones from the new template", () => {
    const old = aStatefulSet()
    const set = { ...changed(old, "app:2"), status: { currentRevision: revisionName(old) } }
    const pods = [aPodOf(old, 0), aPodOf(old, 1)]
    const { actions, status } = desiredActions(observe(set, pods, { revisions: revisions(old, set) }))
    expect(told(actions)).toEqual(["CreatePod db-2"])
    expect(actions[0]).toMatchObject({
      pod: { metadata: { labels: { [revisionLabel]: revisionName(set) } }, spec: { containers: [{ image: "app:2" }] } },
    })
    expect(status).toMatchObject({
      currentRevision: revisionName(old),
      updateRevision: revisionName(set),
      currentReplicas: 2,
      updatedReplicas: 0,
    })
  })

  it("RollingUpdate replaces the highest outdated pod, then waits for it", () => {
    const old = aStatefulSet({ updateStrategy: { type: "RollingUpdate" } })
    const set = changed(old, "app:2")
    const known = { revisions: revisions(old, set) }
    expect(
      plan(
        set,
        [0, 1, 2].map((i) => aPodOf(old, i)),
        known,
      ),
    ).toEqual(["RemovePod db-2"])
    expect(plan(set, [aPodOf(old, 0), aPodOf(old, 1), aPodOf(set, 2, unready)], known)).toEqual([])
    expect(plan(set, [aPodOf(old, 0), aPodOf(old, 1), aPodOf(set, 2)], known)).toEqual(["RemovePod db-1"])
    const done = desiredActions(
      observe(
        set,
        [0, 1, 2].map((i) => aPodOf(set, i)),
        known,
      ),
    )
    expect(done.status).toMatchObject({ currentRevision: revisionName(set), currentReplicas: 3 })
  })

  it("a partition keeps lower ordinals on the current revision, also when they are made anew", () => {
    const old = aStatefulSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } })
    const set = { ...changed(old, "app:2"), status: { currentRevision: revisionName(old) } }
    const known = { revisions: revisions(old, set) }
    expect(plan(set, [aPodOf(old, 0), aPodOf(old, 1), aPodOf(set, 2)], known)).toEqual([])
    const { actions } = desiredActions(observe(set, [aPodOf(old, 0), aPodOf(set, 2)], known))
    expect(actions).toMatchObject([{ pod: { metadata: { name: "db-1" }, spec: { containers: [{ image: "app:1" }] } } }])
  })

  it("forgets old revisions beyond the limit, but none in use", () => {
    const old = aStatefulSet({ revisionHistoryLimit: 0 })
    const set = changed(old, "app:2")
    const known = { revisions: revisions(old, set) }
    expect(plan(set, [0, 1].map((i) => aPodOf(set, i)).concat(aPodOf(old, 2)), known)).toEqual([])
    expect(
      plan(
        set,
        [0, 1, 2].map((i) => aPodOf(set, i)),
        known,
      ),
    ).toEqual(["RemoveRevision"])
  })
})

describe("claims", () => {
  const set = aStatefulSet({
    replicas: 1,
    volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { resources: { requests: { storage: "1Gi" } } } }],
  })

  it("creates claims before their pod, with the selector's labels and without an owner", () => {
    const { actions } = desiredActions(observe(set, []))
    expect(told(actions)).toEqual(["CreateClaim data-db-0", "CreatePod db-0"])
    expect(actions[0]).toMatchObject({ claim: { metadata: { labels, namespace } } })
    expect(actions[1]).toMatchObject({
      pod: { spec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-db-0" } }] } },
    })
  })

  it("reuses a claim that exists", () => {
    expect(plan(set, [], { claims: new Map([["data-db-0", aClaim("data-db-0")]]) })).toEqual(["CreatePod db-0"])
  })

  it("does not start a pod on a claim that is being deleted (R94)", () => {
    expect(plan(set, [], { claims: new Map([["data-db-0", aClaim("data-db-0", terminating)]]) })).toEqual([])
  })

  it("keeps claims after scale down, unless the retention policy deletes them", () => {
    const claims = new Map(["data-db-0", "data-db-1", "data-db-x", "data-db-0-1"].map((name) => [name, aClaim(name)]))
    expect(plan(set, [aPodOf(set, 0)], { claims })).toEqual([])
    const deleting = aStatefulSet({ ...set.spec, persistentVolumeClaimRetentionPolicy: { whenScaled: "Delete" } })
    expect(plan(deleting, [aPodOf(deleting, 0)], { claims })).toEqual(["RemoveClaim data-db-1"])
    expect(plan(deleting, [aPodOf(deleting, 0), aPodOf(deleting, 1, { metadata: terminating })], { claims })).toEqual(
      [],
    )
  })
})

describe("adoption", () => {
  const set = aStatefulSet()
  const orphan = (ordinal: number) => aPodOf(set, ordinal, { metadata: { ownerReferences: [] } })

  it("adopts matching orphans without a restart (R98)", () => {
    expect(plan(set, [orphan(0), aPodOf(set, 1), aPodOf(set, 2)])).toEqual(["AdoptPod db-0"])
  })

  it("ignores pods of other owners, other names and other labels", () => {
    const other = aStatefulSet({}, "db-other")
    const foreign = aPodOf(set, 0, {
      metadata: { ownerReferences: [{ apiVersion: "v1", kind: "X", name: "x", uid: "x", controller: true }] },
    })
    const strangers = [foreign, aPodOf(other, 1), { ...orphan(2), metadata: { name: "db-2", namespace } }]
    expect(plan(set, strangers)).toEqual(["CreatePod db-0", "CreatePod db-1", "CreatePod db-2"])
  })
})

it("carrying out a decision leaves nothing more to decide, whatever existed before", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 7 })),
      fc.constantFrom("Parallel", "OrderedReady"),
      (replicas, ordinals, podManagementPolicy) => {
        const set = aStatefulSet({ replicas, podManagementPolicy })
        let pods: ReadonlyArray<PodObject> = ordinals.map((ordinal) => aPodOf(set, ordinal))
        for (let round = 0; round < 20; round++) {
          for (const action of desiredActions(observe(set, pods)).actions) {
            if (action._tag === "RemovePod") pods = pods.filter((pod) => pod.metadata.name !== action.pod.metadata.name)
            if (action._tag === "CreatePod")
              pods = [...pods, { ...action.pod, status: readyStatus, metadata: { ...action.pod.metadata, uid: "u" } }]
          }
        }
        const { actions, status } = desiredActions(observe(set, pods))
        expect(actions).toEqual([])
        expect(status).toMatchObject({ replicas, readyReplicas: replicas, updatedReplicas: replicas })
        expect(pods.map((pod) => pod.metadata.name).sort()).toEqual(
          Array.from({ length: replicas }, (_, i) => `db-${i}`),
        )
      },
    ),
  )
})
