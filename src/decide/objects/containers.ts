/** The operator's own containers: init, server, exporter (behaviour.md §3.11, with W32, W69, W74). */
import type { EffectiveCluster, EffectiveRack } from "../../domain/EffectiveCluster.js"
import { Container } from "../../domain/Names.js"
import type { RawObject } from "../../domain/schema/fields.js"
import { configDirectory } from "./directories.js"
import { configurationKey, initScriptKey } from "./initScript.js"
import { initActions, initMounts, type Mounts, serverMounts } from "./mounts.js"
import { containerSecurityContext } from "./security.js"

/** Seconds between "this pod will stop" and the signal: time for endpoints to drop it. */
export const preStopSeconds = 15

const fieldRef = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })

/** Downward API: what the init script fills in, and what `subPathExpr` of mounts may use. */
const podEnvironment = [
  fieldRef("POD_IP", "status.podIP"),
  fieldRef("POD_NAME", "metadata.name"),
  fieldRef("NODE_IP", "status.hostIP"),
]

const mountFields = ({ volumeMounts, volumeDevices }: Mounts): RawObject => ({
  ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
  ...(volumeDevices.length === 0 ? {} : { volumeDevices }),
})

export const initContainer = (cluster: EffectiveCluster, rack: EffectiveRack): RawObject => {
  const actions = initActions(rack).flat()
  return {
    name: Container.init,
    image: cluster.image,
    command: ["/bin/sh", `/configmap/${initScriptKey}`],
    ...(actions.length === 0 ? {} : { args: actions }),
    env: podEnvironment,
    resources: { requests: { cpu: "10m", memory: "32Mi" } },
    securityContext: containerSecurityContext(cluster.spec.podSpec?.aerospikeContainer?.securityContext),
    ...mountFields(initMounts(rack)),
  }
}

/**
 * A node opens its service port only when start-up is finished, which may take long without fast restart (W69): the port is the probe, and
 * nothing in the image is needed for it. The start-up budget is an hour; a node that accepts no connection for a minute is dead. Membership
 * is the business of the readiness gate.
 */
const probes = {
  startupProbe: { tcpSocket: { port: "service" }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 3600 },
  readinessProbe: { tcpSocket: { port: "service" }, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 },
  livenessProbe: { tcpSocket: { port: "service" }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
}

export const serverContainer = (cluster: EffectiveCluster, rack: EffectiveRack): RawObject => {
  const own = cluster.spec.podSpec?.aerospikeContainer
  return {
    name: Container.server,
    image: cluster.image,
    command: ["/usr/bin/asd", "--foreground", "--config-file", `${configDirectory}/${configurationKey}`],
    env: podEnvironment,
    ports: (["service", "fabric", "heartbeat"] as const).map((name) => ({
      name,
      containerPort: rack.ports[name],
      protocol: "TCP",
    })),
    ...(own?.resources === undefined ? {} : { resources: own.resources }),
    securityContext: containerSecurityContext(own?.securityContext),
    ...probes,
    lifecycle: { preStop: { exec: { command: ["sleep", String(preStopSeconds)] } } },
    ...mountFields(serverMounts(rack)),
  }
}

/** Kubernetes replaces `$(NAME)` in values of variables, and `$$` by `$`: only so is a text what it was (R122). */
const literal = (text: string): string => text.replaceAll("$", () => "$$")

/** Undefined unless `monitoring.enabled`. It asks the server without credentials: Community Edition has none. */
export const exporterContainer = (cluster: EffectiveCluster, rack: EffectiveRack): RawObject | undefined => {
  const monitoring = cluster.spec.monitoring
  if (monitoring?.enabled !== true) return undefined
  const labels = Object.entries(monitoring.metricLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => literal(`${key}=${value}`))
  const probe = (seconds: number) => ({
    httpGet: { path: "/metrics", port: "metrics" },
    initialDelaySeconds: seconds,
    periodSeconds: seconds,
    timeoutSeconds: 5,
    failureThreshold: 3,
  })
  return {
    name: Container.exporter,
    image: monitoring.exporterImage,
    env: [
      { name: "AS_HOST", value: "localhost" },
      { name: "AS_PORT", value: String(rack.ports.service) },
      ...(labels.length === 0 ? [] : [{ name: "METRIC_LABELS", value: labels.join(",") }]),
      ...(monitoring.env ?? []),
    ],
    ports: [{ name: "metrics", containerPort: monitoring.port, protocol: "TCP" }],
    ...(monitoring.resources === undefined ? {} : { resources: monitoring.resources }),
    securityContext: containerSecurityContext(),
    readinessProbe: probe(10),
    livenessProbe: probe(30),
  }
}
