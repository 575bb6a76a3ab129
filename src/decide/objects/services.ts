/** The headless Service that names the pods, and one Service per pod on request (behaviour.md §3.4, §3.5). */
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import { type KubeObject, Kinds } from "../../domain/Kubernetes.js"
import { clusterLabels, Label, selectorLabels } from "../../domain/Labels.js"
import { headlessServiceName, podServiceName } from "../../domain/Names.js"
import { ownedObject } from "./ownedObject.js"

/** Ports of a rack by name; the Service targets them by name, so racks with other ports are served too (W32). */
const port = (name: string, number: number) => ({ name, port: number, targetPort: name, protocol: "TCP" })

const defaultPorts = { service: 3000, fabric: 3001, heartbeat: 3002 }

/** Pods resolve each other through it before they are ready: joining is what makes them ready. */
export const headlessService = (cluster: EffectiveCluster): KubeObject => {
  const ports = cluster.racks[0]?.ports ?? defaultPorts
  return ownedObject(
    cluster,
    Kinds.Service,
    headlessServiceName(cluster.key.name),
    clusterLabels(cluster.key.name),
    {
      spec: {
        clusterIP: "None",
        publishNotReadyAddresses: true,
        selector: selectorLabels(cluster.key.name),
        ports: [port("service", ports.service), port("fabric", ports.fabric), port("heartbeat", ports.heartbeat)],
      },
    },
    cluster.spec.headlessService?.metadata,
  )
}

/** One Service per named pod while `spec.podService` is set. */
export const podServices = (cluster: EffectiveCluster, pods: ReadonlyArray<string>): ReadonlyArray<KubeObject> => {
  if (cluster.spec.podService === undefined) return []
  const ports = cluster.racks[0]?.ports ?? defaultPorts
  return pods.map((pod) =>
    ownedObject(
      cluster,
      Kinds.Service,
      podServiceName(pod),
      { ...clusterLabels(cluster.key.name), [Label.podService]: pod },
      {
        spec: {
          type: "ClusterIP",
          selector: { "statefulset.kubernetes.io/pod-name": pod },
          ports: [port("service", ports.service)],
        },
      },
      cluster.spec.podService?.metadata,
    ),
  )
}
