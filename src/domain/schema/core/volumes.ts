/** Where the data of volumes comes from. */
import * as Schema from "effect/Schema"
import { counts, embedded, flags, Int32, many, one, Quantity, quantities, texts } from "./embedded.js"

const items = many(embedded("KeyToPath", { key: Schema.String, path: Schema.String, ...counts("mode") }))

export const EmptyDirVolumeSource = embedded("EmptyDirVolumeSource", { ...texts("medium"), sizeLimit: one(Quantity) })

export const SecretVolumeSource = embedded("SecretVolumeSource", {
  ...texts("secretName"),
  ...counts("defaultMode"),
  ...flags("optional"),
  items,
})

export const ConfigMapVolumeSource = embedded("ConfigMapVolumeSource", {
  ...texts("name"),
  ...counts("defaultMode"),
  ...flags("optional"),
  items,
})

export const HostPathVolumeSource = embedded("HostPathVolumeSource", { path: Schema.String, ...texts("type") })

export const VolumeResourceRequirements = embedded("VolumeResourceRequirements", quantities("requests", "limits"))

export const VolumeMount = embedded("VolumeMount", {
  name: Schema.String,
  mountPath: Schema.String,
  ...texts("subPath", "subPathExpr", "mountPropagation", "recursiveReadOnly"),
  ...flags("readOnly"),
})

export const VolumeDevice = embedded("VolumeDevice", { name: Schema.String, devicePath: Schema.String })

export const ContainerPort = embedded("ContainerPort", {
  containerPort: Int32,
  ...counts("hostPort"),
  ...texts("name", "hostIP", "protocol"),
})
