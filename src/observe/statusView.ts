/** `status` of a cluster as stored, read leniently: an unreadable field is absent, never a reason to fail. */
import {
  type ClientViewStatus,
  type ClusterStatus,
  type MigrationStatus,
  type OperationStatus,
  phases,
  type PodStatus,
  restartReasons,
  type StatusCondition,
  type TemplateSnapshot,
} from "../domain/ClusterStatus.js"
import { at, defined, entries, type Fields, fields, flag, numeric, oneOf, stringMap, strings, text } from "./fields.js"

/** Drops the entries that are undefined; the type follows from the optional fields of `A`. */
const present = <A extends object>(values: { readonly [K in keyof A]: A[K] | undefined }): A => defined(values)

const condition = (raw: Fields): StatusCondition | undefined => {
  const type = text(raw, "type")
  const status = oneOf(raw["status"], ["True", "False", "Unknown"] as const)
  if (type === undefined || status === undefined) return undefined
  return {
    type,
    status,
    reason: text(raw, "reason") ?? "",
    message: text(raw, "message") ?? "",
    observedGeneration: numeric(raw, "observedGeneration") ?? 0,
    lastTransitionTime: text(raw, "lastTransitionTime") ?? "",
  }
}

const pod = (raw: Fields): PodStatus =>
  present<PodStatus>({
    podIP: text(raw, "podIP"),
    hostIP: text(raw, "hostIP"),
    image: text(raw, "image") ?? "",
    podPort: numeric(raw, "podPort") ?? 0,
    servicePort: numeric(raw, "servicePort") ?? 0,
    rack: numeric(raw, "rack"),
    isRunningAndReady: flag(raw, "isRunningAndReady") ?? false,
    configHash: text(raw, "configHash"),
    podSpecHash: text(raw, "podSpecHash"),
    dynamicConfigStatus: oneOf(raw["dynamicConfigStatus"], ["Applied", "Failed", "Pending"] as const),
    nodeID: text(raw, "nodeID"),
    clusterName: text(raw, "clusterName"),
    accessEndpoints: Array.isArray(raw["accessEndpoints"]) ? strings(raw, "accessEndpoints") : undefined,
    readinessGateSatisfied: flag(raw, "readinessGateSatisfied"),
    lastRestartReason: oneOf(raw["lastRestartReason"], restartReasons),
    lastRestartTime: text(raw, "lastRestartTime"),
    unstableSince: text(raw, "unstableSince"),
    migratingPartitions: numeric(raw, "migratingPartitions"),
  })

const migration = (raw: Fields): MigrationStatus => ({
  inProgress: flag(raw, "inProgress") ?? false,
  remainingPartitions: numeric(raw, "remainingPartitions") ?? 0,
  lastChecked: text(raw, "lastChecked") ?? "",
})

const clientView = (raw: Fields): ClientViewStatus =>
  present<ClientViewStatus>({
    connected: flag(raw, "connected") ?? false,
    nodes: numeric(raw, "nodes") ?? 0,
    unreachable: Array.isArray(raw["unreachable"]) ? strings(raw, "unreachable") : undefined,
    message: text(raw, "message"),
    lastChecked: text(raw, "lastChecked") ?? "",
  })

const templateSnapshot = (raw: Fields): TemplateSnapshot =>
  present<TemplateSnapshot>({
    name: text(raw, "name") ?? "",
    resourceVersion: text(raw, "resourceVersion"),
    snapshotTimestamp: text(raw, "snapshotTimestamp"),
    synced: flag(raw, "synced") ?? false,
    spec: raw["spec"],
  })

const operation = (raw: Fields): OperationStatus | undefined => {
  const id = text(raw, "id")
  const kind = oneOf(raw["kind"], ["WarmRestart", "PodRestart"] as const)
  if (id === undefined || kind === undefined) return undefined
  return present<OperationStatus>({
    id,
    kind,
    phase: oneOf(raw["phase"], ["InProgress", "Completed", "Error"] as const) ?? "InProgress",
    completedPods: Array.isArray(raw["completedPods"]) ? strings(raw, "completedPods") : undefined,
    failedPods: Array.isArray(raw["failedPods"]) ? strings(raw, "failedPods") : undefined,
    targets: fields(raw["targets"]) === undefined ? undefined : stringMap(raw, "targets"),
    message: text(raw, "message"),
  })
}

const optional = <A>(raw: Fields, name: string, read: (value: Fields) => A): A | undefined => {
  const value = fields(raw[name])
  return value === undefined ? undefined : read(value)
}

const pods = (raw: Fields): Readonly<Record<string, PodStatus>> =>
  Object.fromEntries(
    Object.keys(raw).flatMap((name) => (fields(raw[name]) === undefined ? [] : [[name, pod(at(raw, name))] as const])),
  )

/** Anything in, a status out; what cannot be read is absent. */
export const statusView = (value: unknown): ClusterStatus => {
  const raw = fields(value) ?? {}
  return present<ClusterStatus>({
    phase: oneOf(raw["phase"], phases),
    phaseReason: text(raw, "phaseReason"),
    size: numeric(raw, "size"),
    health: text(raw, "health"),
    conditions: Array.isArray(raw["conditions"])
      ? entries(raw, "conditions")
          .map(condition)
          .filter((c) => c !== undefined)
      : undefined,
    pods: optional(raw, "pods", pods),
    observedGeneration: numeric(raw, "observedGeneration"),
    selector: text(raw, "selector"),
    operationStatus: optional(raw, "operationStatus", operation),
    aerospikeClusterSize: numeric(raw, "aerospikeClusterSize"),
    operatorVersion: text(raw, "operatorVersion"),
    pendingRestartPods: Array.isArray(raw["pendingRestartPods"]) ? strings(raw, "pendingRestartPods") : undefined,
    lastReconcileTime: text(raw, "lastReconcileTime"),
    failedReconcileCount: numeric(raw, "failedReconcileCount"),
    lastReconcileError: text(raw, "lastReconcileError"),
    migrationStatus: optional(raw, "migrationStatus", migration),
    clientView: optional(raw, "clientView", clientView),
    templateSnapshot: optional(raw, "templateSnapshot", templateSnapshot),
    aerospikeConfig: raw["aerospikeConfig"],
    appliedSpec: raw["appliedSpec"],
  })
}
