/** `status` of both kinds, as the CRD describes it (api.md §4). What the program reads and writes is `ClusterStatus`. */
import * as Schema from "effect/Schema"
import { phases, restartReasons } from "../ClusterStatus.js"
import { OperationKind } from "./features.js"
import { DateTime, described, field, Int64, keyedList, Names, Raw } from "./fields.js"

export const PhaseSchema = Schema.Literal(...phases)

const int32 = Schema.Int.annotations({ jsonSchema: { type: "integer", format: "int32" } })

const Condition = Schema.Struct({
  type: described(Schema.String.pipe(Schema.maxLength(316)), "Ready, Available, Progressing, …"),
  status: described(Schema.Literal("True", "False", "Unknown"), "Whether it holds"),
  reason: described(Schema.String.pipe(Schema.minLength(1), Schema.maxLength(1024)), "Why, in one word"),
  message: described(Schema.String.pipe(Schema.maxLength(32_768)), "Why, for people"),
  observedGeneration: field(Int64, "Generation of the spec it was found at"),
  lastTransitionTime: described(DateTime, "When the status last changed"),
})

const Pod = Schema.Struct({
  podIP: field(Schema.String, "Address of the pod"),
  hostIP: field(Schema.String, "Address of its Kubernetes node"),
  image: field(Schema.String, "Image of the running server container"),
  podPort: field(int32, "Port of the server"),
  servicePort: field(int32, "Port of the server as clients see it"),
  rack: field(Schema.Int, "Rack id; 0 without racks"),
  initializedVolumes: field(Names, "Volumes that have been prepared"),
  isRunningAndReady: field(Schema.Boolean, "Running, and condition Ready is True"),
  configHash: field(Schema.String, "Hash of the configuration it runs with"),
  podSpecHash: field(Schema.String, "Hash of the pod settings it runs with"),
  dynamicConfigStatus: field(Schema.String, "Applied, Failed or Pending: the latest change without restart"),
  dirtyVolumes: field(Names, "Volumes to be cleaned at a cold restart"),
  nodeID: field(Schema.String, "Id of the Aerospike node"),
  clusterName: field(Schema.String, "Cluster name the node tells"),
  accessEndpoints: field(Names, "host:port entries the node tells its clients"),
  readinessGateSatisfied: field(Schema.Boolean, "Readiness gate acko.io/aerospike-ready is True"),
  lastRestartReason: field(Schema.Literal(...restartReasons), "Why the operator last restarted it"),
  lastRestartTime: field(DateTime, "When the operator last restarted it"),
  unstableSince: field(DateTime, "Since when it is not ready"),
  migratingPartitions: field(Int64, "Partitions it still migrates; absent: unknown"),
})

const OperationStatus = Schema.Struct({
  id: field(Schema.String, "Id of the run"),
  kind: field(OperationKind, "Its kind"),
  phase: field(PhaseSchema, "InProgress, Completed, or Error if a pod failed"),
  completedPods: field(Names, "Pods that are done"),
  failedPods: field(Names, "Pods on which it failed"),
  targets: field(
    Schema.Record({ key: Schema.String, value: Schema.String }),
    "UID of each pod when it became part of the operation: a pod with another one has been restarted since",
  ),
  message: field(Schema.String, "Why it failed"),
})

const TemplateSnapshot = Schema.Struct({
  name: described(Schema.String, "Name of the template"),
  resourceVersion: field(Schema.String, "Version of the template when it was copied"),
  snapshotTimestamp: field(DateTime, "When it was copied"),
  synced: described(Schema.Boolean, "False once the template's content differs from the copy"),
  spec: field(Raw, "The template's spec as it was, before overrides"),
})

const MigrationStatus = Schema.Struct({
  inProgress: described(Schema.Boolean, "Some node still migrates"),
  remainingPartitions: described(Int64, "Partitions left, over all nodes"),
  lastChecked: described(DateTime, "When the nodes were asked"),
})

const ClientView = Schema.Struct({
  connected: described(Schema.Boolean, "A client reached the cluster"),
  nodes: described(int32, "Nodes the client reached"),
  unreachable: field(Names, "Advertised addresses the client could not reach"),
  message: field(Schema.String, "Why it is not connected"),
  lastChecked: described(DateTime, "When the client looked"),
})

export const ClusterStatusSchema = Schema.Struct({
  phase: field(PhaseSchema, "What the operator is doing"),
  phaseReason: field(Schema.String, "The phase in words, and what it waits for"),
  size: field(int32, "Number of ready pods"),
  health: field(Schema.String, "ready/desired, such as 2/3"),
  conditions: field(keyedList(Condition, "type", 64), "What holds and what does not, each with its reason"),
  pods: field(Schema.Record({ key: Schema.String, value: Pod }), "Every existing pod, by name"),
  observedGeneration: field(Int64, "Generation of the spec that was last processed"),
  selector: field(Schema.String, "Label selector of the pods, for the scale subresource"),
  aerospikeConfig: field(Raw, "Configuration as last applied"),
  operationStatus: field(OperationStatus, "The latest on-demand operation"),
  appliedSpec: field(Raw, "The spec that was last carried out"),
  aerospikeClusterSize: field(int32, "Cluster size the servers tell"),
  operatorVersion: field(Schema.String, "Version of the operator that wrote this"),
  pendingRestartPods: field(Names, "Pods that still wait for a restart"),
  lastReconcileTime: field(DateTime, "When everything was last found or made right"),
  templateSnapshot: field(TemplateSnapshot, "The template as the cluster uses it"),
  failedReconcileCount: field(int32, "Failed attempts in a row"),
  lastReconcileError: field(Schema.String, "The latest error, at most 256 bytes"),
  migrationStatus: field(MigrationStatus, "Data on its way between nodes"),
  clientView: field(ClientView, "The cluster as an application sees it"),
})

export const TemplateStatusSchema = Schema.Struct({
  usedBy: field(
    Schema.Array(Schema.String).annotations({ jsonSchema: { "x-kubernetes-list-type": "set" } }),
    "Clusters that refer to the template, as namespace/name; it stays until there are none",
  ),
})
