/** What a cluster changes of its template: `spec.overrides` over the template's spec (api.md §7.3). Neither input is changed (W27). */
import type { TemplateSpec } from "../../../domain/AerospikeClusterTemplate.js"
import type { JsonObject } from "../../../domain/Json.js"
import { deepMerge } from "../configTree.js"

/** An empty map counts as not given. */
const mergedTree = (base: JsonObject | undefined, over: JsonObject | undefined): JsonObject | undefined => {
  if (over === undefined || Object.keys(over).length === 0) return base
  return base === undefined ? over : deepMerge(base, over)
}

/** An empty list cannot clear the template's. */
const givenList = <A>(
  over: ReadonlyArray<A> | undefined,
  base: ReadonlyArray<A> | undefined,
): ReadonlyArray<A> | undefined => (over !== undefined && over.length > 0 ? over : base)

/** Without the fields that are undefined. */
const present = <A extends object>(fields: { readonly [K in keyof A]: A[K] | undefined }): A =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as A

type Config = NonNullable<TemplateSpec["aerospikeConfig"]>
type Heartbeat = NonNullable<NonNullable<Config["network"]>["heartbeat"]>
type Scheduling = NonNullable<TemplateSpec["scheduling"]>

const heartbeat = (base: Heartbeat, over: Heartbeat): Heartbeat =>
  present<Heartbeat>({
    mode: over.mode || base.mode,
    interval: over.interval || base.interval,
    timeout: over.timeout || base.timeout,
  })

const config = (base: Config | undefined, over: Config | undefined): Config | undefined => {
  if (base === undefined || over === undefined) return over ?? base
  const beats = heartbeat(base.network?.heartbeat ?? {}, over.network?.heartbeat ?? {})
  return present<Config>({
    namespaceDefaults: mergedTree(base.namespaceDefaults, over.namespaceDefaults),
    service: mergedTree(base.service, over.service),
    network: Object.keys(beats).length === 0 ? undefined : { heartbeat: beats },
  })
}

const scheduling = (base: Scheduling | undefined, over: Scheduling | undefined): Scheduling | undefined => {
  if (base === undefined || over === undefined) return over ?? base
  return present<Scheduling>({
    podAntiAffinityLevel: over.podAntiAffinityLevel ?? base.podAntiAffinityLevel,
    nodeAffinity: over.nodeAffinity ?? base.nodeAffinity,
    tolerations: givenList(over.tolerations, base.tolerations),
    topologySpreadConstraints: givenList(over.topologySpreadConstraints, base.topologySpreadConstraints),
    podManagementPolicy: over.podManagementPolicy || base.podManagementPolicy,
  })
}

/** The template a cluster really uses. The description stays the template's; whole parts are replaced, configuration is merged. */
export const withOverrides = (template: TemplateSpec, overrides: TemplateSpec | undefined): TemplateSpec =>
  overrides === undefined
    ? template
    : present<TemplateSpec>({
        description: template.description,
        image: overrides.image || template.image,
        size: overrides.size ?? template.size,
        aerospikeConfig: config(template.aerospikeConfig, overrides.aerospikeConfig),
        scheduling: scheduling(template.scheduling, overrides.scheduling),
        storage: overrides.storage ?? template.storage,
        resources: overrides.resources ?? template.resources,
        rackConfig: overrides.rackConfig ?? template.rackConfig,
        monitoring: overrides.monitoring ?? template.monitoring,
        aerospikeNetworkPolicy: overrides.aerospikeNetworkPolicy ?? template.aerospikeNetworkPolicy,
      })
