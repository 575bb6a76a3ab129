/** What the control plane of the tests runs and records. */

/** Every request of everybody, with its decision and its answer; no bodies. */
export const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata" }],
}

/**
 * The controllers of kube-controller-manager that run. Not among them: those for volumes (our provisioner binds claims itself), clouds,
 * certificates, autoscaling and workloads nobody creates here; and those for endpoints, which refuse the loopback addresses of our pods.
 */
export const controllers = [
  "statefulset-controller",
  "garbage-collector-controller",
  "disruption-controller",
  "namespace-controller",
  "serviceaccount-controller",
  "serviceaccount-token-controller",
  "root-ca-certificate-publisher-controller",
  "deployment-controller",
  "replicaset-controller",
  "node-lifecycle-controller",
  "taint-eviction-controller",
  "pod-garbage-collector-controller",
  "persistentvolumeclaim-protection-controller",
]
