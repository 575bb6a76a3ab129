/** `status` of both kinds, as the CRD describes it (api.md §4). What the program reads and writes is `ClusterStatus`. */
import * as Schema from "effect/Schema"
import { OperationKind } from "./features.js"
import { DateTime, Int64, keyedList, optional, Raw } from "./fields.js"
import { TemplateSpec } from "./template.js"

export const PhaseSchema = Schema.Literal(
  "InProgress",
  "Completed",
  "Error",
  "ScalingUp",
  "ScalingDown",
  "WaitingForMigration",
  "RollingRestart",
  "ACLSync",
  "Paused",
  "Deleting",
)

const int32 = Schema.Int.annotations({ jsonSchema: { type: "integer", format: "int32" } })
const strings = Schema.Array(Schema.String)

const Condition = Schema.Struct({
  type: Schema.String.pipe(Schema.maxLength(316)),
  status: Schema.Literal("True", "False", "Unknown"),
  reason: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(1024)),
  message: Schema.String.pipe(Schema.maxLength(32_768)),
  observedGeneration: optional(Int64),
  lastTransitionTime: DateTime,
})

const Pod = Schema.Struct({
  podIP: optional(Schema.String),
  hostIP: optional(Schema.String),
  image: optional(Schema.String),
  podPort: optional(int32),
  servicePort: optional(int32),
  rack: optional(Schema.Int),
  initializedVolumes: optional(strings),
  isRunningAndReady: optional(Schema.Boolean),
  configHash: optional(Schema.String),
  podSpecHash: optional(Schema.String),
  dynamicConfigStatus: optional(Schema.String),
  dirtyVolumes: optional(strings),
  nodeID: optional(Schema.String),
  clusterName: optional(Schema.String),
  accessEndpoints: optional(strings),
  readinessGateSatisfied: optional(Schema.Boolean),
  lastRestartReason: optional(
    Schema.Literal("ConfigChanged", "ImageChanged", "PodSpecChanged", "ManualRestart", "WarmRestart"),
  ),
  lastRestartTime: optional(DateTime),
  unstableSince: optional(DateTime),
  migratingPartitions: optional(Int64),
})

export const ClusterStatusSchema = Schema.Struct({
  phase: optional(PhaseSchema),
  phaseReason: optional(Schema.String),
  size: optional(int32),
  health: optional(Schema.String),
  conditions: optional(keyedList(Condition, "type", 64)),
  pods: optional(Schema.Record({ key: Schema.String, value: Pod })),
  observedGeneration: optional(Int64),
  selector: optional(Schema.String),
  aerospikeConfig: optional(Raw),
  operationStatus: optional(
    Schema.Struct({
      id: optional(Schema.String),
      kind: optional(OperationKind),
      phase: optional(PhaseSchema),
      completedPods: optional(strings),
      failedPods: optional(strings),
    }),
  ),
  appliedSpec: optional(Raw),
  aerospikeClusterSize: optional(int32),
  operatorVersion: optional(Schema.String),
  pendingRestartPods: optional(strings),
  lastReconcileTime: optional(DateTime),
  templateSnapshot: optional(
    Schema.Struct({
      name: Schema.String,
      resourceVersion: optional(Schema.String),
      snapshotTimestamp: optional(DateTime),
      synced: Schema.Boolean,
      spec: optional(TemplateSpec),
    }),
  ),
  failedReconcileCount: optional(int32),
  lastReconcileError: optional(Schema.String),
  migrationStatus: optional(
    Schema.Struct({ inProgress: Schema.Boolean, remainingPartitions: Int64, lastChecked: DateTime }),
  ),
  clientView: optional(
    Schema.Struct({
      connected: Schema.Boolean,
      nodes: int32,
      unreachable: optional(strings),
      message: optional(Schema.String),
      lastChecked: DateTime,
    }),
  ),
})

export const TemplateStatusSchema = Schema.Struct({ usedBy: optional(strings) })
