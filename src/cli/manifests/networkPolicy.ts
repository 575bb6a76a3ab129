/**
 * Who may reach the operator, and whom it reaches (R133, operations.md §2.14). Printed and applied only when asked for: only the administrator
 * knows whether Prometheus is where it is expected.
 */
import { appName, Label } from "../../domain/Labels.js"
import { operatorLabels, type OperatorInstallation } from "./installation.js"
import { httpPort, operatorService } from "./operator.js"
import { webhookPort } from "./webhook.js"

const tcp = (...ports: ReadonlyArray<number>) => ports.map((port) => ({ protocol: "TCP", port }))

/** Label of the namespaces whose pods may scrape. */
const scrapers = { metrics: "enabled" }

/** Namespaces with Aerospike clusters. */
const watched = ({ watchNamespaces }: OperatorInstallation) =>
  watchNamespaces.length === 0
    ? {}
    : {
        matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: [...watchNamespaces] }],
      }

const policy = (installation: OperatorInstallation) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: operatorService, namespace: installation.namespace, labels: operatorLabels },
  spec: {
    podSelector: { matchLabels: operatorLabels },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      // Probes come from the pod's own host, which no policy keeps out.
      { ports: tcp(httpPort), from: [{ namespaceSelector: { matchLabels: scrapers } }] },
      // The API server is in no namespace, and its address is nobody's to know; who speaks no TLS gets nothing.
      ...(installation.webhook === "off" ? [] : [{ ports: tcp(webhookPort) }]),
    ],
    egress: [
      {
        ports: [
          { protocol: "UDP", port: 53 },
          { protocol: "TCP", port: 53 },
        ],
        to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
      },
      // The API server, behind its Service and before it.
      { ports: tcp(443, 6443) },
      // Each cluster chooses its service port (3000 unless it says otherwise), so the pods are named, not the port.
      {
        to: [
          {
            namespaceSelector: watched(installation),
            podSelector: { matchLabels: { [Label.name]: appName } },
          },
        ],
      },
      // Pods on the network of their host (`podSpec.hostNetwork`) are no pods to a policy: only their port tells them.
      { ports: tcp(3000) },
    ],
  },
})

export const networkPolicyObjects = (
  installation: OperatorInstallation,
): Readonly<Record<string, ReadonlyArray<object>>> => ({
  "networkpolicy/operator.yaml": [policy(installation)],
})
