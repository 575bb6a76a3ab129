/**
 * Who may reach the pods: the only lock in front of a server that asks nobody for a password (behaviour.md §3.7, §3.8). Fabric and heartbeat
 * are for the members alone, the service port and the exporter for everybody; the rest of a pod is closed.
 */
import type { EffectiveCluster, Ports } from "../../domain/EffectiveCluster.js"
import { type KubeObject, Kinds, type PodView, type ResourceKind } from "../../domain/Kubernetes.js"
import { clusterLabels, selectorLabels } from "../../domain/Labels.js"
import { networkPolicyName } from "../../domain/Names.js"
import { ownedObject } from "./ownedObject.js"

/** One ingress rule; without `from`, for the whole world. */
interface Ingress {
  readonly ports: ReadonlyArray<number>
  readonly from?: Readonly<Record<string, string>>
}

const ascending = (ports: Iterable<number>): ReadonlyArray<number> => [...new Set(ports)].sort((a, b) => a - b)

/**
 * Ports of racks and of running pods: while a port moves, members that still listen on the old one must neither lose each other nor their
 * clients (S2), and the operator has to ask them, or the roll-out would never go on.
 */
const rules = (cluster: EffectiveCluster, running: ReadonlyArray<PodView["ports"]>): ReadonlyArray<Ingress> => {
  const open = (...names: ReadonlyArray<keyof Ports>): ReadonlyArray<number> =>
    ascending(
      names.flatMap((name) => [
        ...cluster.racks.map(({ ports }) => ports[name]),
        ...running.flatMap((ports) => ports[name] ?? []),
      ]),
    )
  const { enabled, port } = cluster.spec.monitoring ?? {}
  return [
    { ports: open("fabric", "heartbeat"), from: selectorLabels(cluster.key.name) },
    { ports: open("service") },
    ...(enabled === true && port !== undefined ? [{ ports: [port] }] : []),
  ]
}

const ofKubernetes = (cluster: EffectiveCluster, ingress: ReadonlyArray<Ingress>) => ({
  podSelector: { matchLabels: selectorLabels(cluster.key.name) },
  policyTypes: ["Ingress"],
  ingress: ingress.map(({ ports, from }) => ({
    ports: ports.map((port) => ({ protocol: "TCP", port })),
    ...(from === undefined ? {} : { from: [{ podSelector: { matchLabels: from } }] }),
  })),
})

const ofCilium = (cluster: EffectiveCluster, ingress: ReadonlyArray<Ingress>) => ({
  endpointSelector: { matchLabels: selectorLabels(cluster.key.name) },
  ingress: ingress.map(({ ports, from }) => ({
    toPorts: [{ ports: ports.map((port) => ({ protocol: "TCP", port: String(port) })) }],
    ...(from === undefined ? {} : { fromEndpoints: [{ matchLabels: from }] }),
  })),
})

/** Undefined unless `networkPolicyConfig.enabled`. `running`: the ports of the pods there are. */
export const networkPolicy = (
  cluster: EffectiveCluster,
  running: ReadonlyArray<PodView["ports"]>,
): { readonly kind: ResourceKind; readonly object: KubeObject } | undefined => {
  const config = cluster.spec.networkPolicyConfig
  if (config?.enabled !== true) return undefined
  const isCilium = config.type === "cilium"
  const kind = isCilium ? Kinds.CiliumNetworkPolicy : Kinds.NetworkPolicy
  const { name } = cluster.key
  const spec = (isCilium ? ofCilium : ofKubernetes)(cluster, rules(cluster, running))
  return { kind, object: ownedObject(cluster, kind, networkPolicyName(name), clusterLabels(name), { spec }) }
}
