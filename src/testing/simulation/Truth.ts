/** The simulated cluster as it is: the API server's objects and the model of the nodes, never what the operator believes. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { Kinds, type KubeObject } from "../../domain/Kubernetes.js"
import { Annotation, dynamicConfig, Label } from "../../domain/Labels.js"
import { recordOf } from "../../domain/RunningConfiguration.js"
import { podView } from "../../observe/views.js"
import type { ApiServer } from "../kube/ApiServer.js"

interface Conditions {
  readonly conditions?: ReadonlyArray<{ readonly type?: unknown; readonly status?: unknown }>
}

interface Status {
  readonly observedGeneration?: unknown
  readonly phase?: unknown
  readonly operationStatus?: { readonly id?: unknown; readonly phase?: unknown }
}

/** The operation that the spec asks for, if it asks for one, has been carried out. */
const hasEnded = (spec: unknown, { operationStatus }: Status): boolean => {
  const [operation] = (spec as { operations?: ReadonlyArray<{ id?: unknown }> } | undefined)?.operations ?? []
  return operation === undefined || (operationStatus?.id === operation.id && operationStatus?.phase === "Completed")
}

/** 0 when it is no number. */
export const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0)

export const controllerOf = (object: KubeObject): string | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid

/** Ready, and not on its way out. */
export const isUp = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  ((pod["status"] as Conditions | undefined)?.conditions ?? []).some((c) => c.type === "Ready" && c.status === "True")

const replicasOf = (set: KubeObject): number => numberOf((set["spec"] as { replicas?: unknown } | undefined)?.replicas)

const templateHashOf = (set: KubeObject): string | undefined =>
  (set["spec"] as { template?: { metadata?: { annotations?: Record<string, string> } } } | undefined)?.template
    ?.metadata?.annotations?.[Annotation.templateHash]

/** Hash of what the server of a pod is said to run: of its file, or of what it was told since; undefined in the middle of a change. */
const revisionOf = (pod: KubeObject): string | undefined => {
  const conditions = (pod["status"] as Conditions | undefined)?.conditions ?? []
  const isTold = conditions.some(({ type }) => type === dynamicConfig)
  const record = isTold ? Option.map(Either.getRight(podView(pod)), recordOf) : Option.none()
  const told = Option.getOrUndefined(record)
  return told === undefined
    ? pod.metadata.annotations?.[Annotation.templateHash]
    : told.pending === undefined
      ? told.templateHash
      : undefined
}

export interface Truth {
  readonly custom: () => KubeObject | undefined
  readonly pods: () => ReadonlyArray<KubeObject>
  readonly sets: () => ReadonlyArray<KubeObject>
  /** Members wanted by the StatefulSets. */
  readonly replicas: () => number
  /**
   * Everything the spec asks for is there: sizes, revisions, readiness. Without a resource: nothing is left. The resource may be given as it
   * was at an earlier generation.
   */
  readonly matches: (asOf?: KubeObject) => boolean
  /** The same, and the status says so. */
  readonly isConverged: () => boolean
}

export const makeTruth = (server: ApiServer, cluster: { readonly namespace: string; readonly name: string }): Truth => {
  const { namespace, name } = cluster
  const labelSelector = `${Label.instance}=${name}`
  const custom = () => server.find(Kinds.AerospikeCluster, cluster)
  const pods = () => server.list(Kinds.Pod, { namespace, labelSelector }).items
  const sets = () => server.list(Kinds.StatefulSet, { namespace, labelSelector }).items
  /** The stored configuration of every rack says what the spec says. */
  const isConfigured = (spec: unknown): boolean => {
    const wanted = (spec as { aerospikeConfig?: { service?: Record<string, unknown> } }).aerospikeConfig?.service
    const limit = wanted?.["proto-fd-max"]
    if (typeof limit !== "number") return true
    const maps = server.list(Kinds.ConfigMap, { namespace, labelSelector }).items
    return maps.every((map) => JSON.stringify(map["data"]).includes(`proto-fd-max ${limit}\\n`))
  }
  const replicas = () => sets().reduce((sum, set) => sum + replicasOf(set), 0)

  const matches = (asOf?: KubeObject): boolean => {
    const object = asOf ?? custom()
    const present = pods()
    const owners = sets()
    if (object === undefined) return present.length === 0 && owners.length === 0
    const { size, image } = object["spec"] as { readonly size?: unknown; readonly image?: unknown }
    const hashes = new Map(owners.map((set) => [set.metadata.uid, templateHashOf(set)]))
    return (
      present.length === numberOf(size) &&
      owners.reduce((sum, set) => sum + replicasOf(set), 0) === size &&
      isConfigured(object["spec"]) &&
      present.every((pod) => {
        const containers = (pod["spec"] as { containers?: ReadonlyArray<{ image?: unknown }> } | undefined)?.containers
        return isUp(pod) && revisionOf(pod) === hashes.get(controllerOf(pod) ?? "") && containers?.[0]?.image === image
      })
    )
  }

  return {
    custom,
    pods,
    sets,
    replicas,
    matches,
    isConverged: () => {
      if (!matches()) return false
      const object = custom()
      if (object === undefined) return true
      const status = object["status"] as Status | undefined
      return (
        status?.phase === "Completed" &&
        status.observedGeneration === numberOf(object.metadata.generation) &&
        hasEnded(object["spec"], status)
      )
    },
  }
}
