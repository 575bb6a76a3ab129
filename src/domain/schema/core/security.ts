/** What containers and pods may do on their host. */
import * as Schema from "effect/Schema"
import { optional } from "../fields.js"
import { embedded, flags, Int64, longs, many, one, textLists, texts } from "./embedded.js"

const profile = (type: string) => embedded(type, { type: Schema.String, ...texts("localhostProfile") })

const shared = {
  seLinuxOptions: one(embedded("SELinuxOptions", texts("user", "role", "type", "level"))),
  seccompProfile: one(profile("SeccompProfile")),
  appArmorProfile: one(profile("AppArmorProfile")),
  windowsOptions: one(
    embedded("WindowsSecurityContextOptions", {
      ...texts("gmsaCredentialSpec", "gmsaCredentialSpecName", "runAsUserName"),
      ...flags("hostProcess"),
    }),
  ),
  ...longs("runAsUser", "runAsGroup"),
  ...flags("runAsNonRoot"),
}

export const SecurityContext = embedded("SecurityContext", {
  ...shared,
  capabilities: one(embedded("Capabilities", textLists("add", "drop"))),
  ...flags("privileged", "readOnlyRootFilesystem", "allowPrivilegeEscalation"),
  ...texts("procMount"),
})

export const PodSecurityContext = embedded("PodSecurityContext", {
  ...shared,
  ...longs("fsGroup"),
  ...texts("fsGroupChangePolicy", "supplementalGroupsPolicy", "seLinuxChangePolicy"),
  supplementalGroups: optional(Schema.Array(Int64)),
  sysctls: many(embedded("Sysctl", { name: Schema.String, value: Schema.String })),
})
