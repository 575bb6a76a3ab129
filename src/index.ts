/**
 * The public API for teams that use Effect: services to swap, parts to build controllers of their own from, and the operator itself.
 * Namespaces only; each is documented where it is defined.
 */
export * as Operator from "./Operator.js"
export * as OperatorConfig from "./config/OperatorConfig.js"

export * as KubeAccess from "./kube/KubeAccess.js"
export * as KubeClient from "./kube/KubeClient.js"
export * as KubeError from "./kube/KubeError.js"
export * as KubeTransport from "./kube/KubeTransport.js"
export * as Watcher from "./kube/Watcher.js"

export * as AerospikeInfo from "./aerospike/AerospikeInfo.js"
export * as ClusterClient from "./aerospike/ClusterClient.js"
export * as Enrichment from "./aerospike/Enrichment.js"

export * as Observer from "./observe/Observer.js"
export * as Observers from "./observe/Observers.js"
export * as Store from "./observe/Store.js"

export * as Controller from "./runtime/Controller.js"
export * as Reconciler from "./runtime/Reconciler.js"
export * as WorkQueue from "./runtime/WorkQueue.js"

export * as EventRecorder from "./report/EventRecorder.js"

export * as Kubernetes from "./domain/Kubernetes.js"
export * as Labels from "./domain/Labels.js"
export * as NodeFacts from "./domain/NodeFacts.js"
export * as Plan from "./domain/Plan.js"
export * as Report from "./domain/Report.js"
export * as Snapshot from "./domain/Snapshot.js"
