/** Eviction and binding: the pod subresources that other actors use. */
import { Kinds, type KubeObject, type ObjectRef } from "../../domain/Kubernetes.js"
import { ApiFailure, conflict, notFound, type StatusCause } from "./ApiFailure.js"
import type { Call, RemoveAnswer, RemoveRequest } from "./ApiServer.js"
import { asMap, asObject, type Engine, timestamp } from "./Engine.js"
import { cloneMap, ensureMap, freezeJson, type JsonMap, numberAt, stringAt, valueAt } from "./json.js"
import { objectsIn } from "./kinds/fill.js"
import { removeObject } from "./remove.js"
import { matchLabelSelector } from "./selectors.js"
import { objectKey } from "./Store.js"

const refused = (message: string, retryAfterSeconds?: number): ApiFailure => {
  const causes: ReadonlyArray<StatusCause> = [{ reason: "DisruptionBudget", message }]
  return new ApiFailure(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

const isReady = (pod: KubeObject): boolean =>
  objectsIn(pod, "status", "conditions").some((c) => c["type"] === "Ready" && c["status"] === "True")

const needsNoBudget = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp !== undefined ||
  ["Succeeded", "Failed", "Pending"].includes(stringAt(pod, "status", "phase") ?? "")

const budgetsOf = (engine: Engine, pod: KubeObject): ReadonlyArray<KubeObject> =>
  [...engine.store.table(Kinds.PodDisruptionBudget).objects.values()].filter(
    (budget) =>
      budget.metadata.namespace === pod.metadata.namespace &&
      matchLabelSelector(valueAt(budget, "spec", "selector"))(pod.metadata.labels ?? {}),
  )

/** An unhealthy pod may go while enough healthy ones are there: it takes nothing from the budget. */
const isSpare = (budget: KubeObject, pod: KubeObject): boolean => {
  const healthy = numberAt(budget, "status", "currentHealthy") ?? 0
  const wanted = numberAt(budget, "status", "desiredHealthy") ?? 0
  const isAlways = stringAt(budget, "spec", "unhealthyPodEvictionPolicy") === "AlwaysAllow"
  return !isReady(pod) && (isAlways || (healthy >= wanted && wanted > 0))
}

/** Takes one disruption from the budget, or refuses. */
const spend = (engine: Engine, budget: KubeObject, pod: KubeObject, call: Call): void => {
  const name = budget.metadata.name ?? ""
  if ((numberAt(budget, "status", "observedGeneration") ?? 0) < (budget.metadata.generation ?? 0)) {
    throw refused(`The disruption budget ${name} is still being processed by the server.`, 10)
  }
  const allowed = numberAt(budget, "status", "disruptionsAllowed") ?? 0
  if (allowed <= 0) {
    const wanted = numberAt(budget, "status", "desiredHealthy") ?? 0
    const healthy = numberAt(budget, "status", "currentHealthy") ?? 0
    throw refused(`The disruption budget ${name} needs ${wanted} healthy pods and has ${healthy} currently`)
  }
  if (call.dryRun === true) return
  const object = cloneMap(budget)
  const status = ensureMap(object, "status")
  status["disruptionsAllowed"] = allowed - 1
  ensureMap(status, "disruptedPods")[pod.metadata.name ?? ""] = timestamp(engine.options.now())
  engine.store.put(Kinds.PodDisruptionBudget, objectKey({ namespace: budget.metadata.namespace, name }), object)
}

const markDisrupted = (engine: Engine, pod: KubeObject): void => {
  const object = cloneMap(pod)
  const status = ensureMap(object, "status")
  const condition: JsonMap = {
    type: "DisruptionTarget",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: timestamp(engine.options.now()),
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
  }
  delete condition["lastProbeTime"]
  status["conditions"] = [
    ...objectsIn(pod, "status", "conditions").filter((c) => c["type"] !== "DisruptionTarget"),
    condition,
  ]
  engine.store.put(Kinds.Pod, objectKey({ namespace: pod.metadata.namespace, name: pod.metadata.name ?? "" }), object)
}

const findPod = (engine: Engine, ref: ObjectRef): KubeObject => {
  const pod = engine.store.find(Kinds.Pod, objectKey(ref))
  if (pod === undefined) throw notFound(Kinds.Pod, ref.name)
  return pod
}

/** Deletes a pod unless its PodDisruptionBudget refuses (429, R46). */
export const evictPod = (engine: Engine, ref: ObjectRef, request: RemoveRequest, call: Call): RemoveAnswer => {
  const definition = engine.registry.of(Kinds.Pod)
  const pod = findPod(engine, ref)
  if (!needsNoBudget(pod)) {
    const budgets = budgetsOf(engine, pod)
    if (budgets.length > 1) {
      throw new ApiFailure(
        500,
        "InternalError",
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
      )
    }
    const [budget] = budgets
    if (budget !== undefined && !isSpare(budget, pod)) spend(engine, budget, pod, call)
    if (call.dryRun !== true && request.preconditions?.resourceVersion === undefined) markDisrupted(engine, pod)
  }
  return removeObject(engine, definition, ref, request, call)
}

/** Gives a pod its host, once. */
export const bindPod = (engine: Engine, ref: ObjectRef, host: string, call: Call): KubeObject => {
  const pod = findPod(engine, ref)
  const bound = stringAt(pod, "spec", "nodeName") ?? ""
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(
      { group: "", plural: "pods/binding" },
      ref.name,
      `pod ${ref.name} is being deleted, cannot be assigned to a host`,
    )
  }
  if (bound !== "") {
    throw conflict(
      { group: "", plural: "pods/binding" },
      ref.name,
      `pod ${ref.name} is already assigned to node "${bound}"`,
    )
  }
  const object = cloneMap(asMap(pod))
  ensureMap(object, "spec")["nodeName"] = host
  const status = ensureMap(object, "status")
  status["conditions"] = [
    ...objectsIn(object, "status", "conditions").filter((c) => c["type"] !== "PodScheduled"),
    { type: "PodScheduled", status: "True", lastTransitionTime: timestamp(engine.options.now()) },
  ]
  return call.dryRun === true ? asObject(freezeJson(object)) : engine.store.put(Kinds.Pod, objectKey(ref), object)
}
