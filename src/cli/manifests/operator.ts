/** The operator's own Namespace, Deployment, Service and PodDisruptionBudget. */
import { operatorLabels, type OperatorInstallation, serviceAccountName } from "./installation.js"
import { certificateDirectory, webhookArguments, webhookPort, webhookService } from "./webhook.js"

/** Health and metrics. */
export const httpPort = 8081

/** The Deployment, and the Service that leads to health and metrics. */
export const operatorService = "acko-operator"

/** Of the container (MiB). */
export const memoryLimit = 384

const container = (installation: OperatorInstallation) => ({
  name: "operator",
  image: installation.image,
  args: [
    "operator",
    ...(installation.watchNamespaces.length === 0
      ? []
      : [`--watch-namespaces=${installation.watchNamespaces.join(",")}`]),
    "--leader-elect",
    `--health-port=${httpPort}`,
    ...webhookArguments(installation),
    "--log-format=json",
  ],
  // The young generation of V8 would grow to 48 MB for nothing.
  env: [{ name: "NODE_OPTIONS", value: "--max-old-space-size=192 --max-semi-space-size=2" }],
  ports: [
    { name: "http", containerPort: httpPort, protocol: "TCP" },
    ...(installation.webhook === "off" ? [] : [{ name: "webhook", containerPort: webhookPort, protocol: "TCP" }]),
  ],
  ...(installation.webhook === "cert-manager"
    ? { volumeMounts: [{ name: "webhook", mountPath: certificateDirectory, readOnly: true }] }
    : {}),
  // Four misses: an event loop that stands still for less than a minute is not a dead process (R140).
  livenessProbe: {
    httpGet: { path: "/healthz", port: "http" },
    initialDelaySeconds: 15,
    periodSeconds: 20,
    timeoutSeconds: 5,
    failureThreshold: 4,
  },
  readinessProbe: {
    httpGet: { path: "/readyz", port: "http" },
    initialDelaySeconds: 1,
    periodSeconds: 5,
    timeoutSeconds: 2,
    failureThreshold: 3,
  },
  resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: `${memoryLimit}Mi` } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
})

const deployment = (installation: OperatorInstallation) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: operatorService, namespace: installation.namespace, labels: operatorLabels },
  spec: {
    // One works, the other waits with warm stores.
    replicas: 2,
    selector: { matchLabels: operatorLabels },
    template: {
      metadata: { labels: operatorLabels, annotations: { "kubectl.kubernetes.io/default-container": "operator" } },
      spec: {
        serviceAccountName,
        // Long enough to finish or abandon a pass and to release the lease.
        terminationGracePeriodSeconds: 30,
        securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 100,
                podAffinityTerm: {
                  topologyKey: "kubernetes.io/hostname",
                  labelSelector: { matchLabels: operatorLabels },
                },
              },
            ],
          },
        },
        containers: [container(installation)],
        ...(installation.webhook === "cert-manager"
          ? { volumes: [{ name: "webhook", secret: { secretName: webhookService } }] }
          : {}),
      },
    },
  },
})

const service = ({ namespace }: OperatorInstallation) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: operatorService, namespace, labels: operatorLabels },
  spec: {
    selector: operatorLabels,
    ports: [{ name: "http", port: httpPort, targetPort: "http", protocol: "TCP" }],
  },
})

const budget = ({ namespace }: OperatorInstallation) => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: operatorService, namespace, labels: operatorLabels },
  spec: { maxUnavailable: 1, selector: { matchLabels: operatorLabels } },
})

export const operatorObjects = (
  installation: OperatorInstallation,
): Readonly<Record<string, ReadonlyArray<object>>> => ({
  "operator/namespace.yaml": [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: installation.namespace,
        labels: { ...operatorLabels, "pod-security.kubernetes.io/enforce": "restricted" },
      },
    },
  ],
  "operator/deployment.yaml": [deployment(installation)],
  "operator/service.yaml": [service(installation)],
  "operator/poddisruptionbudget.yaml": [budget(installation)],
})
