/** What the operator would do about a cluster once a resource is applied. Pure: the operator's own `plan`, put into words. */
import * as Either from "effect/Either"
import { copyDue } from "../../decide/template/copy.js"
import { plan } from "../../decide/plan.js"
import { isSame, type JsonObject } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import {
  apiVersionOf,
  type ClusterKey,
  Kinds,
  type KubeObject,
  type OwnedView,
  type StatefulSetView,
} from "../../domain/Kubernetes.js"
import { Annotation } from "../../domain/Labels.js"
import type { FactsRequest, Plan, Step } from "../../domain/Plan.js"
import { type ClusterView, emptyMemory, type Snapshot, type TemplateView } from "../../domain/Snapshot.js"
import { type Decode, ownedView, statefulSetView } from "../../observe/views.js"
import { problemText } from "../../decide/admission/review.js"
import { section } from "../../decide/effective/configTree.js"

/** One thing the operator does. */
export interface Action {
  /** `create`, `update`, `delete`, `restart` … */
  readonly does: string
  /** `StatefulSet demo-0`. */
  readonly what: string
  /** The first difference, for people. */
  readonly because?: string
}

/** What would happen, in the order of the fields. */
export interface Foresight {
  readonly namespace: string
  readonly name: string
  readonly isNew: boolean
  /** Why nothing at all is done. */
  readonly refused: ReadonlyArray<SpecProblem>
  /** Done at once. */
  readonly actions: ReadonlyArray<Action>
  /** Pods to be restarted, in their order, batch by batch, each only when it is safe. */
  readonly restarts: ReadonlyArray<{ readonly pod: string; readonly reason: string; readonly because: string }>
  readonly podsToCreate: number
  readonly podsToRemove: number
  /** Wishes that only a new StatefulSet can fulfil: they are left out. */
  readonly immutable: ReadonlyArray<string>
  /** What the first of all this waits for. */
  readonly waits: ReadonlyArray<string>
}

const strings = (tree: JsonObject): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tree).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : [])))

/** The stored cluster as it is once `resource` is applied; a new one where there is none. */
export const applied = (stored: ClusterView | undefined, key: ClusterKey, resource: JsonObject): ClusterView => {
  const metadata = section(resource, "metadata")
  const spec = resource["spec"]
  const object: KubeObject = {
    ...resource,
    apiVersion: apiVersionOf(Kinds.AerospikeCluster),
    kind: Kinds.AerospikeCluster.kind,
    metadata: { ...(stored?.object.metadata ?? key) },
  }
  const before: ClusterView = stored ?? {
    ...key,
    uid: "",
    resourceVersion: "",
    generation: 0,
    labels: {},
    annotations: {},
    finalizers: [],
    isDeleting: false,
    spec: undefined,
    status: {},
    object,
  }
  const isChanged = !isSame(before.spec, spec)
  return {
    ...before,
    generation: before.generation + (isChanged ? 1 : 0),
    labels: { ...before.labels, ...strings(section(metadata, "labels")) },
    annotations: { ...before.annotations, ...strings(section(metadata, "annotations")) },
    spec,
    object,
  }
}

/** A template as it is once it is applied. */
export const appliedTemplate = (
  name: string,
  resource: JsonObject,
  stored: TemplateView | undefined,
): TemplateView => ({
  namespace: "",
  name,
  uid: stored?.uid ?? "",
  resourceVersion: "",
  isTerminating: false,
  finalizers: [],
  usedBy: [],
  spec: resource["spec"],
})

/** With the copy of its template taken, where that is the first thing to happen. */
const withCopy = (snapshot: Snapshot): Snapshot => {
  const { cluster, template } = snapshot
  if (template === undefined || copyDue(snapshot) === undefined) return snapshot
  const { [Annotation.resyncTemplate]: _fulfilled, ...annotations } = cluster.annotations
  const templateSnapshot = { name: template.name, synced: true, spec: template.spec ?? {} }
  return { ...snapshot, cluster: { ...cluster, annotations, status: { ...cluster.status, templateSnapshot } } }
}

const actionOf = (step: Step): Action => {
  switch (step._tag) {
    case "Apply": {
      const what = `${step.kind.kind} ${step.object.metadata.name ?? ""}`
      return step.because === "missing" ? { does: "create", what } : { does: "update", what, because: step.because }
    }
    case "RestartPod":
      return { does: "restart", what: `Pod ${step.pod.name}`, because: step.because }
    case "Remove":
      return { does: "delete", what: `${step.kind.kind} ${step.target.name}`, because: step.because }
    case "SetConfig":
      return {
        does: "set",
        what: [...new Set(step.nodes.flatMap(({ changes }) => changes.map(({ path }) => path)))].join(", "),
        because: `on running nodes: ${step.nodes.map(({ pod }) => pod.name).join(", ")}; no restart`,
      }
    case "SetGate":
      return { does: "set", what: `readiness gate of Pod ${step.pod.name} to ${step.status}`, because: step.message }
    case "CopyTemplate":
      return { does: "copy", what: `AerospikeClusterTemplate ${step.template}` }
    case "AddFinalizer":
      return { does: "add", what: "finalizer" }
    case "RemoveFinalizer":
      return { does: "remove", what: "finalizer" }
  }
}

type Proceeding = Extract<Plan, { readonly _tag: "Proceed" }>

/** The object as it is stored once `wanted` is applied over it. */
const over = <V extends OwnedView | StatefulSetView>(
  views: ReadonlyArray<V>,
  wanted: ReadonlyMap<string, KubeObject>,
  decode: Decode<V>,
): ReadonlyArray<V> =>
  views.map((view) => {
    const object = wanted.get(`${view.object.kind} ${view.name}`)
    if (object === undefined) return view
    const metadata = { ...view.object.metadata, ...object.metadata }
    return Either.getOrElse(decode({ ...view.object, ...object, metadata }), () => view)
  })

/** The world once everything is applied that is there already and only changes: what the first restart then waits for. */
const afterApplying = (snapshot: Snapshot, decided: Proceeding): Snapshot => {
  const wanted = new Map(
    stepsOf(decided).flatMap((step) =>
      step._tag === "Apply" ? [[`${step.object.kind} ${step.object.metadata.name ?? ""}`, step.object] as const] : [],
    ),
  )
  return {
    ...snapshot,
    statefulSets: over(snapshot.statefulSets, wanted, statefulSetView),
    configMaps: over(snapshot.configMaps, wanted, ownedView),
    services: over(snapshot.services, wanted, ownedView),
    pdbs: over(snapshot.pdbs, wanted, ownedView),
  }
}

/** The plan of the moment when the members' turn comes. */
const laterPlan = (snapshot: Snapshot, decided: Proceeding): Proceeding => {
  if (decided.progress.pendingRestarts.length === 0) return decided
  const later = plan(afterApplying(snapshot, decided))
  return later._tag === "Proceed" ? later : decided
}

const stepsOf = ({ tracks }: Proceeding): ReadonlyArray<Step> => tracks.flatMap(({ steps }) => steps)

const nothing = { refused: [], actions: [], restarts: [], podsToCreate: 0, podsToRemove: 0, immutable: [], waits: [] }

const contentOf = (snapshot: Snapshot, decided: Plan): Omit<Foresight, "namespace" | "name" | "isNew"> => {
  switch (decided._tag) {
    case "Refused":
      return { ...nothing, refused: decided.problems }
    case "Held":
      return { ...nothing, waits: [decided.wait.message] }
    case "Proceed": {
      const later = laterPlan(snapshot, decided)
      const told = later === decided ? [] : stepsOf(later).filter(({ _tag }) => _tag === "SetConfig")
      return {
        ...nothing,
        actions: [...stepsOf(decided), ...told].map(actionOf),
        restarts: later.progress.pendingRestarts,
        podsToCreate: decided.progress.toCreate,
        podsToRemove: decided.progress.toRemove,
        immutable: (decided.immutable ?? []).map(({ field, statefulSet }) => `StatefulSet ${statefulSet}: ${field}`),
        // A new cluster waits for what it is going to make: nothing to tell.
        waits: snapshot.statefulSets.length === 0 ? [] : later.waits.map(({ message }) => message),
      }
    }
  }
}

/** What would happen, and what of the nodes should be known to tell it better. */
export const foresee = (snapshot: Snapshot): { readonly foresight: Foresight; readonly facts?: FactsRequest } => {
  const copied = withCopy({ ...snapshot, memory: emptyMemory })
  const decided = plan(copied)
  const { name, namespace, uid } = snapshot.cluster
  const content = contentOf(copied, decided)
  const takes: ReadonlyArray<Action> =
    copied.cluster === snapshot.cluster || snapshot.template === undefined
      ? []
      : [{ does: "copy", what: `AerospikeClusterTemplate ${snapshot.template.name}` }]
  return {
    foresight: { namespace, name, isNew: uid === "", ...content, actions: [...takes, ...content.actions] },
    ...(decided._tag === "Proceed" && decided.facts !== undefined ? { facts: decided.facts } : {}),
  }
}

/** Whether the operator would find nothing to do. */
export const isIdle = ({ actions, podsToCreate, podsToRemove, refused, restarts, waits }: Foresight): boolean =>
  actions.length + restarts.length + refused.length + waits.length + podsToCreate + podsToRemove === 0

const because = (reason: string | undefined): string => (reason === undefined ? "" : `  (${reason})`)

const lines = (title: string, items: ReadonlyArray<string>): ReadonlyArray<string> =>
  items.length === 0 ? [] : [`  ${title}`, ...items.map((item) => `    ${item}`)]

/** For people. */
export const foresightLines = (of: Foresight): ReadonlyArray<string> => [
  `${of.namespace}/${of.name}${of.isNew ? " (new)" : ""}:${isIdle(of) ? " nothing to do" : ""}`,
  ...lines("refused", of.refused.map(problemText)),
  ...lines(
    "at once",
    of.actions.map((action) => `${action.does} ${action.what}${because(action.because)}`),
  ),
  ...lines("pods", [
    ...(of.podsToCreate === 0 ? [] : [`${of.podsToCreate} to come`]),
    ...(of.podsToRemove === 0 ? [] : [`${of.podsToRemove} to go, one batch at a time, each when it is safe`]),
  ]),
  ...lines(
    "restarts, in this order, each when it is safe",
    of.restarts.map(({ because: why, pod, reason }) => `${pod}  ${reason} (${why})`),
  ),
  ...lines("left out, only a new StatefulSet could have it", of.immutable),
  ...lines("waits for", of.waits),
]
