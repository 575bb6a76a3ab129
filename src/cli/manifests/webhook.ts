/** Service and configurations of the admission webhooks, and where their certificate comes from. */
import { endpoints } from "../../admission/endpoints.js"
import { operatorLabels, type OperatorInstallation } from "./installation.js"

export const webhookPort = 9443
/** Both configurations, and with `-webhook` the Service, the certificate and its Secret. */
export const webhookConfiguration = "acko-operator"
export const webhookService = "acko-operator-webhook"

/** Where the Secret of cert-manager is mounted. */
export const certificateDirectory = "/etc/acko/webhook"

/** What the operator is told. */
export const webhookArguments = ({ webhook }: OperatorInstallation): ReadonlyArray<string> => [
  ...(webhook === "off" ? [] : ["--webhook", `--webhook-port=${webhookPort}`]),
  ...(webhook === "cert-manager" ? [`--webhook-cert-dir=${certificateDirectory}`] : []),
]

const service = ({ namespace }: OperatorInstallation) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: webhookService, namespace, labels: operatorLabels },
  spec: {
    selector: operatorLabels,
    ports: [{ name: "webhook", port: 443, targetPort: "webhook", protocol: "TCP" }],
  },
})

/** Outside the watched namespaces nobody acts on the resources, so nobody judges them. Templates are in no namespace: always judged. */
const namespaceSelector = ({ watchNamespaces }: OperatorInstallation) =>
  watchNamespaces.length === 0
    ? {}
    : {
        namespaceSelector: {
          matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: [...watchNamespaces] }],
        },
      }

/**
 * Of a resource on its way out nothing is left to judge. Without this its last finalizer could not be removed once the operator is gone, and
 * its namespace would never end (R108).
 */
const alive = { name: "alive", expression: "!has(object.metadata.deletionTimestamp)" }

const configuration = (installation: OperatorInstallation, isMutating: boolean) => {
  const { namespace, webhook } = installation
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: isMutating ? "MutatingWebhookConfiguration" : "ValidatingWebhookConfiguration",
    metadata: {
      name: webhookConfiguration,
      labels: operatorLabels,
      ...(webhook === "cert-manager"
        ? { annotations: { "cert-manager.io/inject-ca-from": `${namespace}/${webhookService}` } }
        : {}),
    },
    webhooks: endpoints
      .filter((endpoint) => endpoint.isMutating === isMutating)
      .map(({ name, path, kind }) => ({
        name,
        admissionReviewVersions: ["v1"],
        clientConfig: { service: { name: webhookService, namespace, path } },
        rules: [
          {
            apiGroups: [kind.group],
            apiVersions: [kind.version],
            resources: [kind.plural],
            operations: ["CREATE", "UPDATE"],
            scope: kind.namespaced ? "Namespaced" : "Cluster",
          },
        ],
        matchConditions: [alive],
        failurePolicy: "Fail",
        matchPolicy: "Equivalent",
        sideEffects: "None",
        timeoutSeconds: 10,
        ...namespaceSelector(installation),
      })),
  }
}

/** A self-signed certificate is enough: it is trusted by name, through `caBundle`. */
const certificate = ({ namespace }: OperatorInstallation) => [
  {
    apiVersion: "cert-manager.io/v1",
    kind: "Issuer",
    metadata: { name: webhookService, namespace, labels: operatorLabels },
    spec: { selfSigned: {} },
  },
  {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name: webhookService, namespace, labels: operatorLabels },
    spec: {
      dnsNames: [`${webhookService}.${namespace}.svc`, `${webhookService}.${namespace}.svc.cluster.local`],
      issuerRef: { kind: "Issuer", name: webhookService },
      secretName: webhookService,
      privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
    },
  },
]

export const webhookObjects = (installation: OperatorInstallation): Readonly<Record<string, ReadonlyArray<object>>> =>
  installation.webhook === "off"
    ? {}
    : {
        "webhook/service.yaml": [service(installation)],
        "webhook/configurations.yaml": [configuration(installation, true), configuration(installation, false)],
        ...(installation.webhook === "cert-manager" ? { "webhook/certificate.yaml": certificate(installation) } : {}),
      }
