/** Everything one pass may know, read from the stores in one go. No I/O: a pass in steady state costs the API server nothing. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { templateNameOf } from "../domain/AerospikeCluster.js"
import type { ClusterKey } from "../domain/Kubernetes.js"
import type { ClusterView, DecisionSettings, PassMemory, Snapshot } from "../domain/Snapshot.js"
import { ClientViews } from "./ClientViews.js"
import { Facts } from "./Facts.js"
import { Stores } from "./Sources.js"

/** Everything that one pass over `cluster` may know. */
export const snapshotOf = Effect.fnUntraced(function* (
  cluster: ClusterView,
  memory: PassMemory,
  settings: DecisionSettings,
) {
  const stores = yield* Stores
  const facts = yield* Facts
  const clientViews = yield* ClientViews
  const key: ClusterKey = { namespace: cluster.namespace, name: cluster.name }
  const clientView = yield* clientViews.get(key)
  const reference = templateNameOf(cluster.spec)
  const template = reference === undefined ? undefined : yield* stores.templates.get({ name: reference })
  const classes = (yield* stores.storageClasses.isReady) ? yield* stores.storageClasses.list : undefined
  const isCiliumServed = yield* stores.ciliumPolicies.isServed
  const snapshot: Snapshot = {
    key,
    now: yield* Clock.currentTimeMillis,
    cluster,
    ...(template === undefined ? {} : { template }),
    pods: yield* stores.pods.byCluster(key),
    statefulSets: yield* stores.statefulSets.byCluster(key),
    configMaps: yield* stores.configMaps.byCluster(key),
    services: yield* stores.services.byCluster(key),
    pdbs: yield* stores.pdbs.byCluster(key),
    networkPolicies: yield* stores.networkPolicies.byCluster(key),
    ciliumPolicies: isCiliumServed ? yield* stores.ciliumPolicies.byCluster(key) : undefined,
    claims: yield* stores.claims.byCluster(key),
    ...(classes === undefined ? {} : { storageClasses: classes }),
    facts: yield* facts.get(key),
    podsChangedAt: yield* stores.pods.changedAt(key),
    ...(clientView === undefined ? {} : { clientView }),
    memory,
    settings,
  }
  return snapshot
})

/** {@link snapshotOf} the cluster of that name; none when there is no such cluster. */
export const gather = Effect.fnUntraced(function* (key: ClusterKey, memory: PassMemory, settings: DecisionSettings) {
  const cluster = yield* Effect.flatMap(Stores, ({ clusters }) => clusters.get(key))
  return cluster === undefined ? Option.none<Snapshot>() : Option.some(yield* snapshotOf(cluster, memory, settings))
})
