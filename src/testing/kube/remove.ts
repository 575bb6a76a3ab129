/** Deletion: preconditions, grace periods, finalizers, propagation. Internal to this folder. */
import type { KubeObject, ObjectRef } from "../../domain/Kubernetes.js"
import { conflict } from "./ApiFailure.js"
import type { Call, RemoveAnswer, RemoveRequest } from "./ApiServer.js"
import {
  admissionRequest,
  asMap,
  asObject,
  type Engine,
  fromStored,
  runValidating,
  storageKind,
  timestamp,
  toStored,
} from "./Engine.js"
import { cloneMap, ensureMap, type JsonMap, numberAt, stringAt } from "./json.js"
import type { ResourceDefinition } from "./ResourceRegistry.js"
import { objectKey } from "./Store.js"
import { getObject, refOf } from "./objects.js"
import { isReleased } from "./update.js"

const checkPreconditions = (definition: ResourceDefinition, live: KubeObject, request: RemoveRequest): void => {
  const { uid, resourceVersion } = request.preconditions ?? {}
  const name = live.metadata.name ?? ""
  const about = { group: definition.kind.group, plural: definition.kind.kind }
  if (uid !== undefined && uid !== live.metadata.uid) {
    throw conflict(
      about,
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${live.metadata.uid ?? ""}). The object might have been deleted and then recreated`,
    )
  }
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(
      about,
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${live.metadata.resourceVersion ?? ""}). The object might have been modified`,
    )
  }
}

const isPod = (live: KubeObject): boolean => live.kind === "Pod" && live.apiVersion === "v1"

/** Seconds a pod gets to stop; 0 for kinds and pods that need none. */
const graceOf = (live: KubeObject, request: RemoveRequest): number => {
  if (!isPod(live)) return 0
  const phase = stringAt(live, "status", "phase")
  const isIdle = (stringAt(live, "spec", "nodeName") ?? "") === "" || phase === "Succeeded" || phase === "Failed"
  if (isIdle) return 0
  return Math.max(0, request.gracePeriodSeconds ?? numberAt(live, "spec", "terminationGracePeriodSeconds") ?? 30)
}

const propagationFinalizer = (request: RemoveRequest): string | undefined => {
  if (request.propagationPolicy === "Foreground") return "foregroundDeletion"
  return request.propagationPolicy === "Orphan" ? "orphan" : undefined
}

/** The object as marked for deletion: finalizers of the propagation policy, timestamp, grace. */
const marked = (engine: Engine, live: KubeObject, request: RemoveRequest, grace: number): JsonMap => {
  const object = cloneMap(live)
  const metadata = ensureMap(object, "metadata")
  const others = (live.metadata.finalizers ?? []).filter((f) => f !== "foregroundDeletion" && f !== "orphan")
  const added = propagationFinalizer(request)
  const finalizers =
    request.propagationPolicy === undefined
      ? [...(live.metadata.finalizers ?? [])]
      : [...others, ...(added === undefined ? [] : [added])]
  if (finalizers.length > 0) metadata["finalizers"] = finalizers
  else delete metadata["finalizers"]
  const before = live.metadata.deletionGracePeriodSeconds
  if (live.metadata.deletionTimestamp === undefined) {
    metadata["deletionTimestamp"] = timestamp(engine.options.now() + grace * 1000)
    metadata["deletionGracePeriodSeconds"] = grace
    if (live.metadata.generation !== undefined) metadata["generation"] = live.metadata.generation + 1
  } else if (before !== undefined && grace < before) {
    const began = Date.parse(live.metadata.deletionTimestamp) - before * 1000
    metadata["deletionTimestamp"] = timestamp(began + grace * 1000)
    metadata["deletionGracePeriodSeconds"] = grace
  }
  return object
}

const markNamespace = (object: JsonMap): void => {
  if (object["kind"] === "Namespace") ensureMap(object, "status")["phase"] = "Terminating"
}

/** Deletes one object, or marks it and leaves the rest to finalizers and kubelet. */
export const removeObject = (
  engine: Engine,
  definition: ResourceDefinition,
  ref: ObjectRef,
  request: RemoveRequest,
  call: Call,
): RemoveAnswer => {
  const live = getObject(engine, definition, ref)
  checkPreconditions(definition, live, request)
  runValidating(engine, admissionRequest(definition, "DELETE", { oldObject: live, call }), call)
  const object = marked(engine, live, request, graceOf(live, request))
  markNamespace(object)
  const gone = isReleased(object)
  const isGraceful = isPod(live)
  if (call.dryRun === true) return { object: gone && !isGraceful ? live : asObject(object), gone }
  const kind = storageKind(definition)
  const key = objectKey(refOf(object))
  const isSame = live.metadata.deletionTimestamp !== undefined && JSON.stringify(object) === JSON.stringify(asMap(live))
  // Kinds with a grace period are marked even when it is zero: watchers see both steps.
  const stored =
    isSame || (gone && !isGraceful)
      ? live
      : fromStored(definition, engine.store.put(kind, key, toStored(definition, object)))
  if (!gone) return { object: stored, gone }
  const last = engine.store.drop(kind, key)
  return { object: last === undefined ? stored : fromStored(definition, last), gone }
}
