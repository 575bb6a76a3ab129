/**
 * From raw objects to the small views that deciding code reads. Pure and lenient: only identity is demanded, everything else has a harmless
 * reading when it is missing or odd. The answer to an object without identity is a text that says what is wrong with it (R36).
 */
import * as Either from "effect/Either"
import type {
  ClaimView,
  ConditionView,
  ContainerView,
  KubeObject,
  ObjectIdentity,
  OwnedView,
  PodView,
  StatefulSetView,
  StorageClassView,
} from "../domain/Kubernetes.js"
import { Container } from "../domain/Names.js"
import type { ClusterView, TemplateView } from "../domain/Snapshot.js"
import {
  at,
  defined,
  entries,
  type Fields,
  fields,
  flag,
  instant,
  numeric,
  oneOf,
  stringMap,
  strings,
  text,
} from "./fields.js"
import { statusView } from "./statusView.js"

/** A reading of one kind: the view, or what is wrong with the object. */
export type Decode<V> = (object: KubeObject) => Either.Either<V, string>

const metadataOf = (object: KubeObject): Fields => at(fields(object), "metadata")

/** Identity of an object; `namespace` is empty for cluster-scoped kinds. */
export const identity: Decode<ObjectIdentity> = (object) => {
  const metadata = metadataOf(object)
  const name = text(metadata, "name")
  const uid = text(metadata, "uid")
  const resourceVersion = text(metadata, "resourceVersion")
  if (name === undefined) return Either.left("no metadata.name")
  if (uid === undefined) return Either.left("no metadata.uid")
  if (resourceVersion === undefined) return Either.left("no metadata.resourceVersion")
  return Either.right({ namespace: text(metadata, "namespace") ?? "", name, uid, resourceVersion })
}

/** The object without `managedFields`, which nobody reads and which is often the larger half. */
export const trimmed = (object: KubeObject): KubeObject => {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

const isTerminating = (metadata: Fields): boolean => text(metadata, "deletionTimestamp") !== undefined

const controllerUid = (metadata: Fields): { readonly controllerUid?: string } =>
  defined({
    controllerUid: text(
      entries(metadata, "ownerReferences").find((owner) => flag(owner, "controller") === true),
      "uid",
    ),
  })

const condition = (raw: Fields): ConditionView | undefined => {
  const type = text(raw, "type")
  return type === undefined
    ? undefined
    : {
        type,
        status: oneOf(raw["status"], ["True", "False", "Unknown"] as const) ?? "Unknown",
        ...defined({
          reason: text(raw, "reason"),
          message: text(raw, "message"),
          lastTransitionTime: text(raw, "lastTransitionTime"),
        }),
      }
}

const container = (raw: Fields): ContainerView | undefined => {
  const name = text(raw, "name")
  const state = at(raw, "state")
  const waiting = at(state, "waiting")
  return name === undefined
    ? undefined
    : {
        name,
        image: text(raw, "image") ?? "",
        ready: flag(raw, "ready") ?? false,
        started: flag(raw, "started") ?? false,
        restartCount: numeric(raw, "restartCount") ?? 0,
        ...defined({
          waitingReason: text(waiting, "reason"),
          waitingMessage: text(waiting, "message"),
          startedAt: instant(at(state, "running"), "startedAt"),
        }),
      }
}

const present = <A>(value: A | undefined): value is A => value !== undefined

const phases = ["Pending", "Running", "Succeeded", "Failed", "Unknown"] as const

const portsOf = (container: Fields | undefined): Readonly<Record<string, number>> =>
  Object.fromEntries(
    entries(container, "ports").flatMap((port) => {
      const [name, number] = [text(port, "name"), numeric(port, "containerPort")]
      return name === undefined || number === undefined ? [] : [[name, number] as const]
    }),
  )

/** One pod. `containers` are those the kubelet reports on, init containers first: before it has looked there are none. */
export const podView: Decode<PodView> = (object) =>
  Either.map(identity(object), (id) => {
    const metadata = metadataOf(object)
    const spec = at(object, "spec")
    const status = at(object, "status")
    const wanted = [...entries(spec, "initContainers"), ...entries(spec, "containers")]
    const reported = [...entries(status, "initContainerStatuses"), ...entries(status, "containerStatuses")]
    return {
      ...id,
      labels: stringMap(metadata, "labels"),
      annotations: stringMap(metadata, "annotations"),
      ...controllerUid(metadata),
      createdAt: instant(metadata, "creationTimestamp") ?? 0,
      isTerminating: isTerminating(metadata),
      phase: oneOf(status["phase"], phases) ?? "Unknown",
      ...defined({ podIP: text(status, "podIP"), hostIP: text(status, "hostIP"), host: text(spec, "nodeName") }),
      conditions: entries(status, "conditions").map(condition).filter(present),
      containers: reported.map(container).filter(present),
      images: Object.fromEntries(wanted.map((c) => [text(c, "name") ?? "", text(c, "image") ?? ""])),
      ports: portsOf(entries(spec, "containers").find((c) => text(c, "name") === Container.server)),
      readinessGates: entries(spec, "readinessGates")
        .map((gate) => text(gate, "conditionType"))
        .filter(present),
    }
  })

/** One StatefulSet. `replicas` left out means 1, as the API server defaults it. */
export const statefulSetView: Decode<StatefulSetView> = (object) =>
  Either.map(identity(object), (id) => {
    const metadata = metadataOf(object)
    const spec = at(object, "spec")
    const status = at(object, "status")
    return {
      ...id,
      labels: stringMap(metadata, "labels"),
      ...controllerUid(metadata),
      isTerminating: isTerminating(metadata),
      generation: numeric(metadata, "generation") ?? 0,
      replicas: numeric(spec, "replicas") ?? 1,
      templateAnnotations: stringMap(at(at(spec, "template"), "metadata"), "annotations"),
      observedGeneration: numeric(status, "observedGeneration") ?? 0,
      currentReplicas: numeric(status, "replicas") ?? 0,
      readyReplicas: numeric(status, "readyReplicas") ?? 0,
      object: trimmed(object),
    }
  })

/** One PersistentVolumeClaim. */
export const claimView: Decode<ClaimView> = (object) =>
  Either.map(identity(object), (id) => {
    const metadata = metadataOf(object)
    const spec = at(object, "spec")
    return {
      ...id,
      labels: stringMap(metadata, "labels"),
      annotations: stringMap(metadata, "annotations"),
      isTerminating: isTerminating(metadata),
      phase: text(at(object, "status"), "phase") ?? "",
      ...defined({
        requestedStorage: text(at(at(spec, "resources"), "requests"), "storage"),
        storageClassName: text(spec, "storageClassName"),
      }),
    }
  })

/** A Service, ConfigMap, PodDisruptionBudget or network policy. */
export const ownedView: Decode<OwnedView> = (object) =>
  Either.map(identity(object), (id) => {
    const metadata = metadataOf(object)
    return {
      ...id,
      labels: stringMap(metadata, "labels"),
      ...controllerUid(metadata),
      isTerminating: isTerminating(metadata),
      object: trimmed(object),
    }
  })

/** One AerospikeCluster. Its `spec` stays undecoded: whether it makes sense is decided elsewhere. */
export const clusterView: Decode<ClusterView> = (object) =>
  Either.map(identity(object), (id) => {
    const metadata = metadataOf(object)
    return {
      ...id,
      generation: numeric(metadata, "generation") ?? 0,
      labels: stringMap(metadata, "labels"),
      annotations: stringMap(metadata, "annotations"),
      finalizers: strings(metadata, "finalizers"),
      isDeleting: isTerminating(metadata),
      spec: object["spec"],
      status: statusView(object["status"]),
      object: trimmed(object),
    }
  })

/** One AerospikeClusterTemplate. Its `spec` stays undecoded: clusters copy it as it is. */
export const templateView: Decode<TemplateView> = (object) =>
  Either.map(identity(object), (id) => {
    const metadata = metadataOf(object)
    return {
      ...id,
      isTerminating: isTerminating(metadata),
      finalizers: strings(metadata, "finalizers"),
      usedBy: strings(at(object, "status"), "usedBy"),
      spec: object["spec"],
    }
  })

/** One StorageClass. */
export const storageClassView: Decode<StorageClassView> = (object) =>
  Either.map(identity(object), (id) => ({
    ...id,
    volumeBindingMode: text(fields(object), "volumeBindingMode") ?? "Immediate",
  }))
