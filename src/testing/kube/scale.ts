/** The scale subresource: another view on the replica count of an object. */
import type { KubeObject } from "../../domain/Kubernetes.js"
import { noSuchResource } from "./ApiFailure.js"
import { asObject } from "./Engine.js"
import { cloneMap, isMap, type JsonMap, numberAt, stringAt, valueAt, textOf } from "./json.js"
import type { ResourceDefinition, ScalePaths } from "./ResourceRegistry.js"

export const scalePathsOf = (definition: ResourceDefinition): ScalePaths => {
  if (definition.scale === undefined) throw noSuchResource()
  return definition.scale
}

/** `a=b,c in (d)` of a `LabelSelector`. */
const selectorText = (selector: unknown): string | undefined => {
  if (typeof selector === "string") return selector
  if (!isMap(selector)) return undefined
  const labels = isMap(selector["matchLabels"]) ? selector["matchLabels"] : {}
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${textOf(value)}`)
    .join(",")
}

/** The `autoscaling/v1` Scale of an object. */
export const scaleOf = (definition: ResourceDefinition, object: KubeObject): KubeObject => {
  const paths = scalePathsOf(definition)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = paths.selector === undefined ? undefined : selectorText(valueAt(object, ...paths.selector))
  const replicas = numberAt(object, ...paths.specReplicas) ?? 0
  return asObject({
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: cloneMap({ name, namespace, uid, resourceVersion, creationTimestamp }),
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: numberAt(object, ...paths.statusReplicas) ?? 0,
      ...(selector === undefined ? {} : { selector }),
    },
  })
}

const setAt = (object: JsonMap, path: ReadonlyArray<string>, value: number): void => {
  const [field, ...rest] = path
  if (field === undefined) return
  if (rest.length === 0) object[field] = value
  else {
    const below = object[field]
    const made = isMap(below) ? below : {}
    object[field] = made
    setAt(made, rest, value)
  }
}

/** `live` with the replica count and version of a Scale. */
export const withScale = (definition: ResourceDefinition, live: KubeObject, scale: JsonMap): JsonMap => {
  const object = cloneMap(live)
  const metadata = cloneMap(object["metadata"])
  const version = stringAt(scale, "metadata", "resourceVersion")
  if (version === undefined) delete metadata["resourceVersion"]
  else metadata["resourceVersion"] = version
  object["metadata"] = metadata
  setAt(object, scalePathsOf(definition).specReplicas, numberAt(scale, "spec", "replicas") ?? 0)
  return object
}

/** The apply configuration of the object that a Scale configuration stands for. */
export const scaleConfig = (definition: ResourceDefinition, live: KubeObject, scale: JsonMap): JsonMap => {
  const config: JsonMap = {
    apiVersion: live.apiVersion,
    kind: live.kind,
    metadata: cloneMap({ name: live.metadata.name, namespace: live.metadata.namespace }),
  }
  const replicas = numberAt(scale, "spec", "replicas")
  if (replicas !== undefined) setAt(config, scalePathsOf(definition).specReplicas, replicas)
  return config
}
