/**
 * What the operator may do: exactly what it does, nothing with `*`, no Secrets, no `pods/exec`. The same rules serve a ClusterRole or, with
 * a list of namespaces, one Role in each.
 */
import { defaultLeaseName } from "../../runtime/LeaderElection.js"
import { operatorLabels, type OperatorInstallation, serviceAccountName } from "./installation.js"
import { webhookConfiguration } from "./webhook.js"

export interface PolicyRule {
  readonly apiGroups: ReadonlyArray<string>
  readonly resources: ReadonlyArray<string>
  /** Absent: all of them. */
  readonly resourceNames?: ReadonlyArray<string>
  readonly verbs: ReadonlyArray<string>
}

const rule = (group: string, resources: ReadonlyArray<string>, ...verbs: ReadonlyArray<string>): PolicyRule => ({
  apiGroups: [group],
  resources,
  verbs,
})

const owned = ["get", "list", "watch", "create", "patch", "delete"]

/** Rules in the namespaces of Aerospike clusters. */
export const workRules: ReadonlyArray<PolicyRule> = [
  rule("acko.io", ["aerospikeclusters"], "get", "list", "watch", "patch"),
  rule("acko.io", ["aerospikeclusters/status"], "patch"),
  rule("acko.io", ["aerospikeclusters/finalizers"], "update"),
  rule("", ["pods"], "list", "watch", "delete"),
  rule("", ["pods/status"], "patch"),
  rule("", ["services", "configmaps"], ...owned),
  rule("", ["persistentvolumeclaims"], "get", "list", "watch", "delete"),
  rule("", ["events"], "create", "patch"),
  rule("apps", ["statefulsets"], ...owned),
  rule("policy", ["poddisruptionbudgets"], ...owned),
  rule("networking.k8s.io", ["networkpolicies"], ...owned),
  // Harmless where Cilium is not installed: then there is no such resource.
  rule("cilium.io", ["ciliumnetworkpolicies"], ...owned),
]

/**
 * Templates and the StorageClasses they name are cluster-scoped: they need a ClusterRole in either mode. Patched are a template's finalizer and
 * `status.usedBy`, nothing else.
 */
export const templateRules: ReadonlyArray<PolicyRule> = [
  rule("acko.io", ["aerospikeclustertemplates"], "get", "list", "watch", "patch"),
  rule("acko.io", ["aerospikeclustertemplates/status"], "patch"),
  rule("storage.k8s.io", ["storageclasses"], "list", "watch"),
]

/** With a webhook that looks after its own certificate: `caBundle` of its two configurations, and nothing else of the cluster. */
export const webhookRules: ReadonlyArray<PolicyRule> = [
  {
    ...rule(
      "admissionregistration.k8s.io",
      ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
      "get",
      "patch",
    ),
    resourceNames: [webhookConfiguration],
  },
]

/** In the operator's own namespace. */
export const leaderRules: ReadonlyArray<PolicyRule> = [
  { ...rule("coordination.k8s.io", ["leases"], "get", "update"), resourceNames: [defaultLeaseName] },
  // Creating cannot be limited to a name.
  rule("coordination.k8s.io", ["leases"], "create"),
]

const role = (name: string, rules: ReadonlyArray<PolicyRule>, namespace?: string) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: namespace === undefined ? "ClusterRole" : "Role",
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels: operatorLabels },
  rules,
})

const binding = (name: string, operatorNamespace: string, namespace?: string) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: namespace === undefined ? "ClusterRoleBinding" : "RoleBinding",
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels: operatorLabels },
  roleRef: {
    apiGroup: "rbac.authorization.k8s.io",
    kind: namespace === undefined ? "ClusterRole" : "Role",
    name,
  },
  subjects: [{ kind: "ServiceAccount", name: serviceAccountName, namespace: operatorNamespace }],
})

/** For people, to be bound by the administrator. */
const helperRoles = [
  role("acko-editor", [
    rule("acko.io", ["aerospikeclusters"], "get", "list", "watch", "create", "update", "patch", "delete"),
    rule("acko.io", ["aerospikeclusters/status"], "get"),
    rule("acko.io", ["aerospikeclustertemplates"], "get", "list", "watch"),
  ]),
  // Templates change many clusters' future: who may edit them is a decision of its own.
  role("acko-template-editor", [
    rule("acko.io", ["aerospikeclustertemplates"], "get", "list", "watch", "create", "update", "patch", "delete"),
    rule("acko.io", ["aerospikeclustertemplates/status"], "get"),
  ]),
  role("acko-viewer", [
    rule("acko.io", ["aerospikeclusters", "aerospikeclustertemplates"], "get", "list", "watch"),
    rule("acko.io", ["aerospikeclusters/status", "aerospikeclustertemplates/status"], "get"),
  ]),
]

export const accessObjects = ({
  namespace,
  watchNamespaces,
  webhook,
}: OperatorInstallation): Readonly<Record<string, ReadonlyArray<object>>> => ({
  "rbac/service_account.yaml": [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: serviceAccountName, namespace, labels: operatorLabels },
    },
  ],
  "rbac/role.yaml":
    watchNamespaces.length === 0
      ? [role("acko-operator", [...workRules, ...templateRules]), binding("acko-operator", namespace)]
      : [
          role("acko-operator-templates", templateRules),
          binding("acko-operator-templates", namespace),
          ...watchNamespaces.flatMap((watched) => [
            role("acko-operator", workRules, watched),
            binding("acko-operator", namespace, watched),
          ]),
        ],
  ...(webhook === "self-managed"
    ? {
        "rbac/webhook.yaml": [role("acko-operator-webhook", webhookRules), binding("acko-operator-webhook", namespace)],
      }
    : {}),
  "rbac/leader_election.yaml": [
    role("acko-operator-leader", leaderRules, namespace),
    binding("acko-operator-leader", namespace, namespace),
  ],
  "rbac/helpers.yaml": helperRoles,
})
