/** What the server tells about the kinds it serves: legacy and aggregated discovery, version. */
import type { ResourceDefinition, ResourceRegistry } from "../../testing/kube/ResourceRegistry.js"

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
const partVerbs = ["get", "patch", "update"]

/** `GET /version`: of the real server that the contract suite compares with. */
export const versionInfo = {
  major: "1",
  minor: "37",
  gitVersion: "v1.37.2-acko",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "2025-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "linux/amd64",
}

interface Part {
  readonly name: string
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: ReadonlyArray<string>
}

const partsOf = (definition: ResourceDefinition): ReadonlyArray<Part> => [
  ...(definition.hasStatus ? [{ name: "status", kind: definition.kind.kind, verbs: partVerbs }] : []),
  ...(definition.scale === undefined
    ? []
    : [{ name: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: partVerbs }]),
  ...(definition.kind.plural === "pods"
    ? [
        { name: "binding", kind: "Binding", verbs: ["create"] },
        { name: "eviction", kind: "Eviction", group: "policy", version: "v1", verbs: ["create"] },
        { name: "log", kind: "Pod", verbs: ["get"] },
      ]
    : []),
]

const optional = (definition: ResourceDefinition) => ({
  ...(definition.shortNames.length === 0 ? {} : { shortNames: definition.shortNames }),
  ...(definition.categories.length === 0 ? {} : { categories: definition.categories }),
})

const legacy = (definition: ResourceDefinition): ReadonlyArray<unknown> => {
  const { plural, kind, namespaced } = definition.kind
  return [
    { name: plural, singularName: definition.singular, namespaced, kind, verbs, ...optional(definition) },
    ...partsOf(definition).map(({ name, ...part }) => ({
      name: `${plural}/${name}`,
      singularName: "",
      namespaced,
      ...part,
    })),
  ]
}

const inVersion = (registry: ResourceRegistry, group: string, version: string): ReadonlyArray<ResourceDefinition> =>
  registry.all().filter(({ kind }) => kind.group === group && kind.version === version)

const groupVersionText = (group: string, version: string): string => (group === "" ? version : `${group}/${version}`)

/** `GET /api/v1`, `GET /apis/group/version`; undefined when nothing is served there. */
export const resourceList = (registry: ResourceRegistry, group: string, version: string): unknown => {
  const definitions = inVersion(registry, group, version)
  if (definitions.length === 0) return undefined
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: groupVersionText(group, version),
    resources: definitions.flatMap(legacy),
  }
}

/** Groups but the core one, with their versions. */
const groupsOf = (registry: ResourceRegistry): ReadonlyMap<string, ReadonlyArray<string>> => {
  const groups = new Map<string, ReadonlyArray<string>>()
  for (const { kind } of registry.all()) {
    const versions = groups.get(kind.group) ?? []
    if (kind.group !== "" && !versions.includes(kind.version)) groups.set(kind.group, [...versions, kind.version])
  }
  return groups
}

const groupObject = (name: string, versions: ReadonlyArray<string>): Record<string, unknown> => {
  const all = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions: all, preferredVersion: all[0] }
}

/** `GET /apis`. */
export const groupList = (registry: ResourceRegistry): unknown => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: [...groupsOf(registry)].map(([name, versions]) => groupObject(name, versions)),
})

/** `GET /apis/group`; undefined when there is no such group. */
export const groupOf = (registry: ResourceRegistry, name: string): unknown => {
  const versions = groupsOf(registry).get(name)
  return versions === undefined ? undefined : { kind: "APIGroup", apiVersion: "v1", ...groupObject(name, versions) }
}

/** `GET /api`. */
export const coreVersions = { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] }

const aggregatedResource = (definition: ResourceDefinition): unknown => {
  const { group, version, kind, plural, namespaced } = definition.kind
  const parts = partsOf(definition)
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: definition.singular,
    verbs,
    ...optional(definition),
    ...(parts.length === 0
      ? {}
      : {
          subresources: parts.map((part) => ({
            subresource: part.name,
            responseKind: { group: part.group ?? group, version: part.version ?? version, kind: part.kind },
            verbs: part.verbs,
          })),
        }),
  }
}

/** Aggregated discovery of the core group (`/api`) or of all others (`/apis`). */
export const aggregated = (registry: ResourceRegistry, isCore: boolean): unknown => {
  const groups = isCore ? new Map([["", ["v1"]]]) : groupsOf(registry)
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: [...groups].map(([name, versions]) => ({
      metadata: name === "" ? {} : { name },
      versions: versions.map((version) => ({
        version,
        freshness: "Current",
        resources: inVersion(registry, name, version).map(aggregatedResource),
      })),
    })),
  }
}
