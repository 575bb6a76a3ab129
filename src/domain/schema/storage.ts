/** `spec.storage` and `spec.rackConfig.racks[].storage` (api.md §2.3). */
import * as Schema from "effect/Schema"
import { described, int32, keyedList, kubernetes, Metadata, optional } from "./fields.js"

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
  initMethod: optional(InitMethod),
  wipeMethod: optional(WipeMethod),
  cascadeDelete: optional(Schema.Boolean),
})
export type VolumePolicy = typeof VolumePolicy.Type

const mount = {
  readOnly: optional(Schema.Boolean),
  subPath: optional(Schema.String),
  subPathExpr: optional(Schema.String),
  mountPropagation: optional(Schema.String),
}

/** Where the server container sees the volume: a mount path, or the device path of a block volume. */
export const ServerMount = Schema.Struct({ path: Schema.String, ...mount })
export type ServerMount = typeof ServerMount.Type

/** Where another container sees the volume. */
export const Attachment = Schema.Struct({ containerName: Schema.String, path: Schema.String, ...mount })
export type Attachment = typeof Attachment.Type

export const PersistentVolume = Schema.Struct({
  storageClass: optional(Schema.String),
  volumeMode: optional(Schema.Literal("Filesystem", "Block").annotations({ default: "Filesystem" })),
  size: described(Schema.String, "Kubernetes quantity"),
  accessModes: optional(Schema.Array(Schema.String)),
  selector: optional(
    kubernetes("LabelSelector").annotations({
      jsonSchema: {
        type: "object",
        description: "Kubernetes LabelSelector",
        "x-kubernetes-preserve-unknown-fields": true,
        "x-kubernetes-map-type": "atomic",
      },
    }),
  ),
  metadata: optional(Metadata),
})
export type PersistentVolume = typeof PersistentVolume.Type

/** Exactly one member. */
export const VolumeSource = Schema.Struct({
  persistentVolume: optional(PersistentVolume),
  emptyDir: optional(kubernetes("EmptyDirVolumeSource")),
  secret: optional(kubernetes("SecretVolumeSource")),
  configMap: optional(kubernetes("ConfigMapVolumeSource")),
  hostPath: optional(kubernetes("HostPathVolumeSource")),
})
export type VolumeSource = typeof VolumeSource.Type

export const Volume = Schema.Struct({
  name: Schema.String,
  source: VolumeSource,
  aerospike: optional(ServerMount),
  sidecars: optional(Schema.Array(Attachment)),
  initContainers: optional(Schema.Array(Attachment)),
  initMethod: optional(InitMethod),
  wipeMethod: optional(WipeMethod),
  cascadeDelete: optional(Schema.Boolean),
})
export type Volume = typeof Volume.Type

export const Storage = Schema.Struct({
  volumes: optional(keyedList(Volume, "name", 64)),
  cleanupThreads: optional(int32(1).annotations({ default: 1 })),
  filesystemVolumePolicy: optional(VolumePolicy),
  blockVolumePolicy: optional(VolumePolicy),
  localStorageClasses: optional(Schema.Array(Schema.String)),
  deleteLocalStorageOnRestart: optional(Schema.Boolean),
})
export type Storage = typeof Storage.Type
