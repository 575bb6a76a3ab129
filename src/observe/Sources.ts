/** What the operator watches: one watch per kind for the whole operator, label-selected, each feeding the store of its kind. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { OperatorConfig } from "../config/OperatorConfig.js"
import { templateNameOf } from "../domain/AerospikeCluster.js"
import { isSame } from "../domain/Json.js"
import {
  Kinds,
  type ClaimView,
  type ClusterKey,
  type ObjectIdentity,
  type OwnedView,
  type PodView,
  type ResourceKind,
  type StatefulSetView,
  type StorageClassView,
} from "../domain/Kubernetes.js"
import { Label, ownedSelector } from "../domain/Labels.js"
import type { ClusterView, TemplateView } from "../domain/Snapshot.js"
import { clusterFingerprint, ownedFingerprint, statefulSetFingerprint, templateFingerprint } from "./fingerprints.js"
import { make as makeStore, type Change, type Store } from "./Store.js"
import { claimView, clusterView, ownedView, podView, statefulSetView, storageClassView, templateView } from "./views.js"

export interface StoresShape {
  readonly clusters: Store<ClusterView>
  readonly templates: Store<TemplateView>
  readonly pods: Store<PodView>
  readonly statefulSets: Store<StatefulSetView>
  readonly services: Store<OwnedView>
  readonly configMaps: Store<OwnedView>
  readonly pdbs: Store<OwnedView>
  readonly networkPolicies: Store<OwnedView>
  /** Of a kind that is not always served. */
  readonly ciliumPolicies: Store<OwnedView>
  readonly claims: Store<ClaimView>
  readonly storageClasses: Store<StorageClassView>
}

/** Owned objects name their cluster by label; the label is the operator's own, users cannot overwrite it (W75). */
const byInstance = (view: ObjectIdentity & { readonly labels: Readonly<Record<string, string>> }) => {
  const name = view.labels[Label.instance]
  return name === undefined ? [] : [{ namespace: view.namespace, name } satisfies ClusterKey]
}

const shareTemplate = (before: ClusterView, after: ClusterView): ClusterView => {
  const [old, copy] = [before.status.templateSnapshot, after.status.templateSnapshot]
  return old === undefined || copy === undefined || !isSame(old.spec, copy.spec)
    ? after
    : { ...after, status: { ...after.status, templateSnapshot: { ...copy, spec: old.spec } } }
}

/**
 * A spec that did not change stays the same value, and so does the copy of a template: what deciding code derives from them is computed once
 * per edit, not once per status.
 */
export const shareSpec = (before: ClusterView, after: ClusterView): ClusterView =>
  shareTemplate(
    before,
    before.generation === after.generation && isSame(before.spec, after.spec)
      ? { ...after, spec: before.spec, object: { ...after.object, spec: before.spec } }
      : after,
  )

/** One store per kind. Empty until something feeds them. */
export class Stores extends Context.Tag("acko/Stores")<Stores, StoresShape>() {
  static readonly layer = Layer.effect(
    Stores,
    Effect.gen(function* () {
      const { watchNamespaces: namespaces } = yield* OperatorConfig
      return {
        clusters: yield* makeStore({
          kind: Kinds.AerospikeCluster,
          decode: clusterView,
          keysOf: ({ namespace, name }) => [{ namespace, name }],
          fingerprint: clusterFingerprint,
          share: shareSpec,
          namespaces,
        }),
        // Cluster-scoped: one picture whatever namespaces are watched. Which clusters it concerns only their specs tell ({@link usersOf}).
        templates: yield* makeStore({
          kind: Kinds.AerospikeClusterTemplate,
          decode: templateView,
          keysOf: () => [],
          fingerprint: templateFingerprint,
        }),
        pods: yield* makeStore({ kind: Kinds.Pod, decode: podView, keysOf: byInstance, namespaces }),
        statefulSets: yield* makeStore({
          kind: Kinds.StatefulSet,
          decode: statefulSetView,
          keysOf: byInstance,
          fingerprint: statefulSetFingerprint,
          namespaces,
        }),
        services: yield* makeStore({
          kind: Kinds.Service,
          decode: ownedView,
          keysOf: byInstance,
          fingerprint: ownedFingerprint,
          namespaces,
        }),
        configMaps: yield* makeStore({
          kind: Kinds.ConfigMap,
          decode: ownedView,
          keysOf: byInstance,
          fingerprint: ownedFingerprint,
          namespaces,
        }),
        pdbs: yield* makeStore({
          kind: Kinds.PodDisruptionBudget,
          decode: ownedView,
          keysOf: byInstance,
          fingerprint: ownedFingerprint,
          namespaces,
        }),
        networkPolicies: yield* makeStore({
          kind: Kinds.NetworkPolicy,
          decode: ownedView,
          keysOf: byInstance,
          fingerprint: ownedFingerprint,
          namespaces,
        }),
        ciliumPolicies: yield* makeStore({
          kind: Kinds.CiliumNetworkPolicy,
          decode: ownedView,
          keysOf: byInstance,
          fingerprint: ownedFingerprint,
          namespaces,
        }),
        claims: yield* makeStore({
          kind: Kinds.PersistentVolumeClaim,
          decode: claimView,
          keysOf: byInstance,
          namespaces,
        }),
        // Read when a template asks for local volumes; no change of one is a reason to look at a cluster.
        storageClasses: yield* makeStore({
          kind: Kinds.StorageClass,
          decode: storageClassView,
          keysOf: () => [],
        }),
      }
    }),
  )
}

/** A store whatever its view: what feeding it needs. */
export type AnyStore = Pick<
  Store<never>,
  "kind" | "feed" | "confirm" | "confirmGone" | "ready" | "isReady" | "unsafeChangedAt"
> & {
  readonly subscribe: (
    listener: (change: Pick<Change<never>, "keys" | "why">) => Effect.Effect<void>,
  ) => Effect.Effect<void, never, Scope.Scope>
}

/** What is observed, how, and into which store it goes. */
export interface Source {
  readonly store: AnyStore
  /** Resources of users carry no label of ours. */
  readonly labelSelector?: string
  /** Nothing but advice depends on it: the operator works, and is ready, without the right to read it. Default: false. */
  readonly optional?: true
  /** The kind comes with something that need not be installed. Default: false. */
  readonly mayBeAbsent?: true
}

/** Every store with the selector of its watch. */
export const sources = (stores: StoresShape): ReadonlyArray<Source> => [
  { store: stores.clusters },
  { store: stores.templates },
  { store: stores.pods, labelSelector: ownedSelector },
  { store: stores.statefulSets, labelSelector: ownedSelector },
  { store: stores.services, labelSelector: ownedSelector },
  { store: stores.configMaps, labelSelector: ownedSelector },
  { store: stores.pdbs, labelSelector: ownedSelector },
  { store: stores.networkPolicies, labelSelector: ownedSelector },
  { store: stores.ciliumPolicies, labelSelector: ownedSelector, mayBeAbsent: true },
  { store: stores.claims, labelSelector: ownedSelector },
  { store: stores.storageClasses, optional: true },
]

/** The clusters that refer to a template, by namespace and name. */
export const usersOf = (stores: StoresShape, template: string): Effect.Effect<ReadonlyArray<ClusterView>> =>
  Effect.map(stores.clusters.list, (clusters) => clusters.filter(({ spec }) => templateNameOf(spec) === template))

/** The store of a kind, if we keep one. */
export const storeOf = (stores: StoresShape, kind: ResourceKind): AnyStore | undefined =>
  sources(stores).find(({ store }) => store.kind.kind === kind.kind && store.kind.group === kind.group)?.store

/** How long the start waits for a kind that it can do without (ms). */
const optionalWaitMs = 2_000

/** Completes when every store has its first complete picture: nothing is worked on before. */
export const allReady = (stores: StoresShape): Effect.Effect<void> =>
  Effect.forEach(
    sources(stores),
    ({ optional, store }) =>
      optional === true ? Effect.ignore(Effect.timeoutOption(store.ready, optionalWaitMs)) : store.ready,
    { concurrency: "unbounded", discard: true },
  )
