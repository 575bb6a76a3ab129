/** Defaults the server fills into pod specs, alone and inside templates. */
import { ensureMap, type JsonMap, mapAt } from "../json.js"
import { fill, objectsIn } from "./fill.js"

const probeNames = ["livenessProbe", "readinessProbe", "startupProbe"] as const

const fillHttpGet = (handler: JsonMap): void => {
  const httpGet = mapAt(handler, "httpGet")
  if (httpGet !== undefined) fill(httpGet, { path: "/", scheme: "HTTP" })
  const grpc = mapAt(handler, "grpc")
  if (grpc !== undefined) fill(grpc, { service: "" })
}

const fillProbe = (probe: JsonMap): void => {
  fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })
  fillHttpGet(probe)
}

const pullPolicy = (image: unknown): string => {
  if (typeof image !== "string" || image.includes("@")) return "IfNotPresent"
  const tag = /:([^/:]+)$/.exec(image)?.[1]
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent"
}

const fillContainer = (container: JsonMap): void => {
  fill(container, {
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: pullPolicy(container["image"]),
    resources: {},
  })
  for (const port of objectsIn(container, "ports")) fill(port, { protocol: "TCP" })
  for (const name of probeNames) {
    const probe = mapAt(container, name)
    if (probe !== undefined) fillProbe(probe)
  }
  for (const hook of ["postStart", "preStop"]) {
    const handler = mapAt(container, "lifecycle", hook)
    if (handler !== undefined) fillHttpGet(handler)
  }
  for (const variable of objectsIn(container, "env")) {
    const fieldRef = mapAt(variable, "valueFrom", "fieldRef")
    if (fieldRef !== undefined) fill(fieldRef, { apiVersion: "v1" })
    const resourceRef = mapAt(variable, "valueFrom", "resourceFieldRef")
    if (resourceRef !== undefined) fill(resourceRef, { divisor: "0" })
  }
}

const fillDownwardItems = (source: JsonMap): void => {
  for (const item of objectsIn(source, "items")) {
    const fieldRef = mapAt(item, "fieldRef")
    if (fieldRef !== undefined) fill(fieldRef, { apiVersion: "v1" })
  }
}

const fillVolume = (volume: JsonMap): void => {
  if (Object.keys(volume).length === 1) volume["emptyDir"] = {}
  for (const source of ["configMap", "secret", "projected", "downwardAPI"]) {
    const found = mapAt(volume, source)
    if (found === undefined) continue
    fill(found, { defaultMode: 420 })
    fillDownwardItems(found)
  }
  for (const source of objectsIn(volume, "projected", "sources")) {
    const token = mapAt(source, "serviceAccountToken")
    if (token !== undefined) fill(token, { expirationSeconds: 3600 })
    const downward = mapAt(source, "downwardAPI")
    if (downward !== undefined) fillDownwardItems(downward)
  }
  const hostPath = mapAt(volume, "hostPath")
  if (hostPath !== undefined) fill(hostPath, { type: "" })
  const claim = mapAt(volume, "ephemeral", "volumeClaimTemplate", "spec")
  if (claim !== undefined) fill(claim, { volumeMode: "Filesystem" })
}

/** Defaults of a pod spec in a pod and in a template. */
export const fillPodSpec = (spec: JsonMap): void => {
  fill(spec, {
    dnsPolicy: "ClusterFirst",
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  })
  // `serviceAccount` is the former name of the field; where they differ, the present one counts.
  const account = spec["serviceAccountName"] ?? spec["serviceAccount"]
  if (account !== undefined) Object.assign(spec, { serviceAccountName: account, serviceAccount: account })
  for (const list of ["initContainers", "containers", "ephemeralContainers"])
    objectsIn(spec, list).forEach(fillContainer)
  objectsIn(spec, "volumes").forEach(fillVolume)
}

/** Defaults of a template: those of its spec. */
export const fillTemplate = (owner: JsonMap): void => {
  const template = mapAt(owner, "template")
  if (template !== undefined) fillPodSpec(ensureMap(template, "spec"))
}

/** What only a pod gets: ports of the host, requests from limits, and what the usual admission plug-ins add. */
export const fillPodOnly = (spec: JsonMap): void => {
  if (spec["hostNetwork"] === true) {
    for (const container of objectsIn(spec, "containers")) {
      for (const port of objectsIn(container, "ports")) fill(port, { hostPort: port["containerPort"] })
    }
  }
  for (const list of ["initContainers", "containers"]) {
    for (const container of objectsIn(spec, list)) {
      const limits = mapAt(container, "resources", "limits")
      if (limits !== undefined) fill(ensureMap(ensureMap(container, "resources"), "requests"), limits)
    }
  }
  fill(spec, {
    enableServiceLinks: true,
    serviceAccountName: "default",
    serviceAccount: "default",
    priority: 0,
    preemptionPolicy: "PreemptLowerPriority",
  })
  const tolerations = objectsIn(spec, "tolerations")
  const added = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
    .filter(
      (key) => !tolerations.some((t) => t["key"] === key || (t["key"] === undefined && t["operator"] === "Exists")),
    )
    .map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }))
  if (added.length > 0) spec["tolerations"] = [...tolerations, ...added]
}

/** `Guaranteed`, `Burstable` or `BestEffort`. */
export const qosClass = (spec: JsonMap): string => {
  const all = [...objectsIn(spec, "initContainers"), ...objectsIn(spec, "containers")]
  const amounts = all.map(
    (c) => [mapAt(c, "resources", "requests") ?? {}, mapAt(c, "resources", "limits") ?? {}] as const,
  )
  if (amounts.every(([requests, limits]) => Object.keys({ ...requests, ...limits }).length === 0)) return "BestEffort"
  const isGuaranteed = amounts.every(([requests, limits]) =>
    ["cpu", "memory"].every((name) => limits[name] !== undefined && (requests[name] ?? limits[name]) === limits[name]),
  )
  return isGuaranteed ? "Guaranteed" : "Burstable"
}
