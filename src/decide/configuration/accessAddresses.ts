/** The addresses nodes advertise to clients, as placeholders the init container fills in at pod start (behaviour.md §2.2). */
import type { JsonObject } from "../../domain/Json.js"
import type { NetworkPolicy, NetworkType } from "../../domain/schema/features.js"
import { section, withDefaults } from "../effective/configTree.js"

const placeholders: Readonly<Record<NetworkType, string | undefined>> = {
  pod: "MY_POD_IP",
  hostInternal: "MY_NODE_IP",
  hostExternal: "MY_NODE_IP",
  configuredIP: undefined,
}

/** The tree with `access-address` and `alternate-access-address`; given addresses stay, and so does the input. */
export const withAccessAddresses = (config: JsonObject, policy: NetworkPolicy | undefined): JsonObject => {
  if (policy === undefined) return config
  const network = section(config, "network")
  const access = policy.accessType && placeholders[policy.accessType]
  const alternate = policy.alternateAccessType && placeholders[policy.alternateAccessType]
  return {
    ...config,
    network: {
      ...network,
      service: withDefaults(section(network, "service"), {
        ...(access === undefined ? {} : { "access-address": access }),
        ...(alternate === undefined ? {} : { "alternate-access-address": alternate }),
      }),
    },
  }
}
