/** Rules over several fields of an AerospikeCluster, so that a cluster is protected without the webhook. */
import type { CelRule } from "./fields.js"

/** Over `spec`. */
export const clusterRules: ReadonlyArray<CelRule> = [
  {
    id: "V2",
    rule: "has(self.templateRef) || (has(self.size) && self.size > 0)",
    message: "spec.size must be 1 to 8 unless spec.templateRef is set; set one of them",
  },
  {
    id: "V3",
    rule: "has(self.templateRef) || (has(self.image) && self.image != '')",
    message: "spec.image must be set unless spec.templateRef is set; name a Community Edition image",
  },
  {
    id: "V4",
    rule: "!has(self.image) || !self.image.matches('(?i)(enterprise|:(ee|ent)-[^/]*$)')",
    message: "spec.image is an Enterprise Edition image; use a Community Edition image, such as aerospike:ce-8.1.1.1",
  },
  {
    id: "V5",
    rule: "!has(self.image) || !self.image.matches(':((ce|ee|ent)-)?v?[0-7]([.][^/@]*)?(@[^/]*)?$')",
    message: "spec.image is older than server 8, which is not supported; use 8 or later, such as aerospike:ce-8.1.1.1",
  },
  {
    id: "V53",
    rule: "!has(self.overrides) || has(self.templateRef)",
    message: "spec.overrides needs spec.templateRef; name a template there, or remove the overrides",
  },
  {
    id: "V49",
    rule: "!has(self.size) || self.size == 0 || !has(self.aerospikeConfig) || !has(self.aerospikeConfig.namespaces) || self.aerospikeConfig.namespaces.all(n, !has(n.replication__dash__factor) || n.replication__dash__factor <= self.size)",
    message: "aerospikeConfig.namespaces[].replication-factor must not exceed spec.size; lower it, or add nodes",
  },
]

const running =
  "!has(oldSelf.status) || !has(oldSelf.status.operationStatus) || !has(oldSelf.status.operationStatus.phase) || oldSelf.status.operationStatus.phase != 'InProgress'"
const count = (self: string): string => `(has(${self}.spec.operations) ? ${self}.spec.operations.size() : 0)`

/** Over the whole object: what must not change while an operation runs. */
export const objectRules: ReadonlyArray<CelRule> = [
  {
    id: "V54",
    rule: `${running} || ${count("self")} == ${count("oldSelf")}`,
    message: "spec.operations cannot be added or removed while an operation runs; wait until it has ended",
  },
  {
    id: "V55",
    rule: `${running} || ${count("self")} == 0 || ${count("oldSelf")} == 0 || (self.spec.operations[0].id == oldSelf.spec.operations[0].id && self.spec.operations[0].kind == oldSelf.spec.operations[0].kind)`,
    message: "id and kind of spec.operations cannot change while the operation runs; wait until it has ended",
  },
]
