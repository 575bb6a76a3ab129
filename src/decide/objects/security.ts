/**
 * Security contexts that Pod Security `restricted` admits (W74, R132). Everything the server writes to is a mount, so it can run as any
 * user: `nobody` (65534), which exists in every base image. What the user sets wins, field by field.
 */
import type { RawObject } from "../../domain/schema/fields.js"

/** User, group and volume group of the pods. */
const unprivileged = 65_534

/** `runAsUser: 0` contradicts our `runAsNonRoot`, which then has to go. */
const nonRoot = (given: RawObject | undefined): RawObject => (given?.["runAsUser"] === 0 ? {} : { runAsNonRoot: true })

export const podSecurityContext = (given: RawObject | undefined): RawObject => ({
  ...nonRoot(given),
  runAsUser: unprivileged,
  runAsGroup: unprivileged,
  fsGroup: unprivileged,
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
  ...given,
})

export const containerSecurityContext = (given?: RawObject): RawObject => ({
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  ...given,
})
