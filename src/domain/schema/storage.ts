/** `spec.storage` and `spec.rackConfig.racks[].storage` (api.md §2.3). */
import * as Schema from "effect/Schema"
import { LabelSelector } from "./core/scheduling.js"
import {
  ConfigMapVolumeSource,
  EmptyDirVolumeSource,
  HostPathVolumeSource,
  SecretVolumeSource,
} from "./core/volumes.js"
import { type CelRule, described, field, int32, keyedList, Metadata, Names, text, withRules } from "./fields.js"

export const InitMethod = Schema.Literal("none", "deleteFiles", "dd", "blkdiscard", "headerCleanup")
export type InitMethod = typeof InitMethod.Type

export const WipeMethod = Schema.Literal(
  "none",
  "deleteFiles",
  "dd",
  "blkdiscard",
  "headerCleanup",
  "blkdiscardWithHeaderCleanup",
)

/** Defaults for the persistent volumes of one mode. */
export const VolumePolicy = Schema.Struct({
  initMethod: field(InitMethod, "How a volume is prepared before its first use (default none)"),
  wipeMethod: field(WipeMethod, "How a volume marked dirty is cleaned (default none)"),
  cascadeDelete: field(Schema.Boolean, "Delete the claims with their pods, rack or cluster (default false)"),
})
export type VolumePolicy = typeof VolumePolicy.Type

/** V43–V45: the same for the server's mount and both kinds of attachments. */
export const mountRules = (id: "V43" | "V44" | "V45"): ReadonlyArray<CelRule> => [
  {
    id,
    rule: "!has(self.subPath) || self.subPath == '' || !has(self.subPathExpr) || self.subPathExpr == ''",
    message: "subPath and subPathExpr exclude each other; remove one of them",
  },
]

/** V42. */
export const serverPathRules: ReadonlyArray<CelRule> = [
  {
    id: "V42",
    rule: "self == '' || self.startsWith('/')",
    message: "aerospike.path must be absolute; begin it with /",
  },
]

const mount = {
  readOnly: field(Schema.Boolean, "Mount read-only (default false)"),
  subPath: field(text(4096), "Directory inside the volume; not together with subPathExpr"),
  subPathExpr: field(text(4096), "The same with environment variables in it; not together with subPath"),
  mountPropagation: field(Schema.String, "None, HostToContainer or Bidirectional"),
}

/** Where the server container sees the volume: a mount path, or the device path of a block volume. */
export const ServerMount = Schema.Struct({
  path: described(
    withRules(text(4096), serverPathRules),
    "Absolute path in the server container; of a block volume, the device",
  ),
  ...mount,
})
export type ServerMount = typeof ServerMount.Type

/** Where another container sees the volume. */
export const Attachment = Schema.Struct({
  containerName: described(Schema.String, "The container; without one of this name the attachment does nothing"),
  path: described(Schema.String, "Path in that container"),
  ...mount,
})
export type Attachment = typeof Attachment.Type

/** V40, V41: the regular expressions of Kubernetes quantities. */
export const sizeRules: ReadonlyArray<CelRule> = [
  {
    id: "V40",
    rule: "self.matches('^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$')",
    message: "persistentVolume.size must be a Kubernetes quantity, such as 10Gi",
  },
  {
    id: "V41",
    rule: "!self.matches('^-|^[+]?[0.]+([a-zA-Z].*)?$')",
    message: "persistentVolume.size must be more than zero, such as 10Gi",
  },
]

/** Bounded by the API server only: an empty one is a finding like others when the operator judges (V39). */
const size = Schema.String.annotations({ jsonSchema: { minLength: 1, maxLength: 64 } })

export const PersistentVolume = Schema.Struct({
  storageClass: field(Schema.String, "StorageClass of the claims (default: the cluster's default class)"),
  volumeMode: field(
    Schema.Literal("Filesystem", "Block").annotations({ default: "Filesystem" }),
    "Filesystem or raw block device",
  ),
  size: described(withRules(size, sizeRules), "Requested capacity, a Kubernetes quantity such as 10Gi"),
  accessModes: field(Names, "Access modes of the claims (default ReadWriteOnce)"),
  selector: field(LabelSelector, "Bind only to volumes with these labels"),
  metadata: field(Metadata, "Extra labels and annotations of the claims"),
})
export type PersistentVolume = typeof PersistentVolume.Type

const sources = ["persistentVolume", "emptyDir", "secret", "configMap", "hostPath"]

/** V37, V38. */
export const sourceRules: ReadonlyArray<CelRule> = [
  {
    id: "V37",
    rule: sources.map((name) => `has(self.${name})`).join(" || "),
    message: `a volume needs a source; give exactly one of ${sources.join(", ")}`,
  },
  {
    id: "V38",
    rule: `[${sources.map((name) => `has(self.${name})`).join(", ")}].filter(given, given).size() <= 1`,
    message: `a volume has one source; keep exactly one of ${sources.join(", ")}`,
  },
]

/** Exactly one member. */
export const VolumeSource = Schema.Struct({
  persistentVolume: field(PersistentVolume, "One claim per pod"),
  emptyDir: field(EmptyDirVolumeSource, "An empty directory that lives and dies with the pod"),
  secret: field(SecretVolumeSource, "Files from a Secret"),
  configMap: field(ConfigMapVolumeSource, "Files from a ConfigMap"),
  hostPath: field(HostPathVolumeSource, "A directory of the Kubernetes node; ties the data to it"),
})
export type VolumeSource = typeof VolumeSource.Type

const attachments = (id: "V44" | "V45") => Schema.Array(withRules(Attachment, mountRules(id))).pipe(Schema.maxItems(32))

export const Volume = Schema.Struct({
  name: described(text(63), "Name of the volume, unique; also the name of the claim template"),
  source: described(withRules(VolumeSource, sourceRules), "Where the data comes from: exactly one member"),
  aerospike: field(withRules(ServerMount, mountRules("V43")), "Where the server container sees the volume"),
  sidecars: field(attachments("V44"), "Where containers of podSpec.sidecars see it"),
  initContainers: field(attachments("V45"), "Where containers of podSpec.initContainers, or aerospike-init, see it"),
  initMethod: field(InitMethod, "How it is prepared before its first use; beats the policy"),
  wipeMethod: field(WipeMethod, "How it is cleaned when it is marked dirty; beats the policy"),
  cascadeDelete: field(Schema.Boolean, "Delete its claims with their pods, rack or cluster; beats the policy"),
})
export type Volume = typeof Volume.Type

/** V46. */
export const storageRules: ReadonlyArray<CelRule> = [
  {
    id: "V46",
    rule: "!has(self.deleteLocalStorageOnRestart) || !self.deleteLocalStorageOnRestart || (has(self.localStorageClasses) && self.localStorageClasses.size() > 0)",
    message: "deleteLocalStorageOnRestart needs localStorageClasses; list the classes of node-local volumes there",
  },
]

export const Storage = Schema.Struct({
  volumes: field(keyedList(Volume, "name", 64), "Volumes to attach"),
  cleanupThreads: field(int32(1).annotations({ default: 1 }), "Volumes prepared at a time; no effect"),
  filesystemVolumePolicy: field(VolumePolicy, "Defaults for persistent volumes of mode Filesystem"),
  blockVolumePolicy: field(VolumePolicy, "Defaults for persistent volumes of mode Block"),
  localStorageClasses: field(Names, "StorageClasses of node-local volumes"),
  deleteLocalStorageOnRestart: field(
    Schema.Boolean,
    "Delete a pod's claims of these classes before it is restarted (default false)",
  ),
})
export type Storage = typeof Storage.Type

/** As it stands in a spec. */
export const CheckedStorage = withRules(Storage, storageRules)
