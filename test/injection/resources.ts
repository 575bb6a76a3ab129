/** The smallest resource that has a place and makes something of it: what the schema requires, and what other fields a rule or an output needs. */
import type { Json, JsonObject } from "../../src/domain/Json.js"
import { isList, isObject } from "../../src/decide/effective/configTree.js"
import { templateNameOf } from "../../src/domain/AerospikeCluster.js"
import type { KubeObject } from "../../src/domain/Kubernetes.js"
import { Annotation } from "../../src/domain/Labels.js"
import { completed, type Place, placesOf } from "./places.js"
import { type Node, schemaTrees } from "./schemaTree.js"

/** Storage of a namespace: some parameters exist for one kind only. */
const memory: JsonObject = { type: "memory", "data-size": "1Gi" }
const engines: ReadonlyArray<JsonObject> = [
  memory,
  { type: "device", file: ["/opt/aerospike/data/test.dat"], filesize: "4Gi" },
  { type: "device", device: ["/dev/data"] },
]
const namespaceOf = (engine: JsonObject): JsonObject => ({ name: "test", "storage-engine": engine })

/** A release whose parameters are known, and one of which nothing is: there, what is odd is only warned of. */
const releases = { known: "aerospike:ce-8.1.2.0", unknown: "aerospike:ce-9.1.0.0" }
type Release = keyof typeof releases

const container: JsonObject = { name: "tool", image: "registry.example.org/tool:1.2" }
const volume: JsonObject = {
  name: "data",
  source: { persistentVolume: { size: "1Gi" } },
  aerospike: { path: "/opt/aerospike/data" },
  initMethod: "deleteFiles",
}
const tolerated: JsonObject = { key: "dedicated" }
const admin: JsonObject = { name: "admin", secretName: "admin", roles: ["sys-admin", "user-admin"] }

/** A volume whose source is the place's own, where the place is in one. */
const volumeFor = (path: string): JsonObject =>
  /\.source\.(?!persistentVolume)/.test(path) ? { ...volume, source: {} } : volume
const attached = { containerName: "tool", path: "/data" }
const monitored: JsonObject = { enabled: true, serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } }

/** What a resource with such a place has besides; later ones are put over earlier ones. */
const surroundings: ReadonlyArray<readonly [RegExp, (path: string) => JsonObject]> = [
  [/^spec\.storage\.volumes/, (path) => ({ storage: { volumes: [volumeFor(path)] } })],
  [/^spec\.rackConfig\.racks\[\]\.storage\.volumes/, (path) => inRack({ storage: { volumes: [volumeFor(path)] } })],
  [/\.volumes\[\]\.sidecars/, () => ({ podSpec: { sidecars: [container] } })],
  [/\.volumes\[\]\.initContainers/, () => ({ podSpec: { initContainers: [container] } })],
  [/^spec\.storage\.volumes\[\]\.sidecars/, () => ({ storage: { volumes: [{ sidecars: [attached] }] } })],
  [/^spec\.storage\.volumes\[\]\.initContainers/, () => ({ storage: { volumes: [{ initContainers: [attached] }] } })],
  [/racks\[\]\.storage\.volumes\[\]\.sidecars/, () => inRack({ storage: { volumes: [{ sidecars: [attached] }] } })],
  [
    /racks\[\]\.storage\.volumes\[\]\.initContainers/,
    () => inRack({ storage: { volumes: [{ initContainers: [attached] }] } }),
  ],
  [
    /^spec\.podSpec\.(sidecars|initContainers)/,
    (path) => ({ podSpec: { [path.split(/[.[]/)[2] ?? ""]: [container] } }),
  ],
  [/^spec\.podSpec\.tolerations/, () => ({ podSpec: { tolerations: [tolerated] } })],
  [/^spec\.rackConfig\.racks\[\]\.podSpec\.tolerations/, () => inRack({ podSpec: { tolerations: [tolerated] } })],
  [/^spec\.overrides\.scheduling\.tolerations/, () => ({ overrides: { scheduling: { tolerations: [tolerated] } } })],
  [/^template spec\.scheduling\.tolerations/, () => ({ scheduling: { tolerations: [tolerated] } })],
  [/^spec\.monitoring/, () => ({ monitoring: monitored })],
  [/^template spec\.monitoring/, () => ({ monitoring: monitored })],
  [/^spec\.overrides\.monitoring/, () => ({ overrides: { monitoring: monitored } })],
  [/^spec\.rackConfig/, () => ({ rackConfig: { racks: [{ id: 1 }] } })],
  [/^spec\.aerospikeAccessControl/, () => ({ aerospikeAccessControl: { users: [{ roles: ["read"] }, admin] } })],
  [/^spec\.aerospikeAccessControl\.roles/, () => ({ aerospikeAccessControl: { roles: [{ privileges: ["read"] }] } })],
]

const inRack = (rack: JsonObject): JsonObject => ({ rackConfig: { racks: [{ id: 1, ...rack }] } })

/** `over` above `under`: maps key by key, lists item by item. */
export const merged = (under: Json, over: Json): Json => {
  if (isObject(under) && isObject(over))
    return {
      ...under,
      ...Object.fromEntries(
        Object.entries(over).map(([key, value]) => [
          key,
          Object.hasOwn(under, key) ? merged(under[key] ?? null, value) : value,
        ]),
      ),
    }
  if (isList(under) && isList(over))
    return Array.from({ length: Math.max(under.length, over.length) }, (_, index) => {
      const [low, high] = [under[index], over[index]]
      return high === undefined ? (low ?? null) : low === undefined ? high : merged(low, high)
    })
  return over
}

export type Resource = JsonObject & KubeObject

/** A place and the resource of which it is a part. */
export interface Subject {
  readonly name: string
  readonly place: Place
  /** Whether the parameters of the cluster's release are known. */
  readonly release: Release
  /**
   * How much it repeats of another place, which gets that many times more texts: a release whose parameters are known takes less than one whose
   * are not, and makes the same of it; trees of racks, overrides and templates are written by the same code as the cluster's.
   */
  readonly repeats: number
  /** The cluster to judge and to carry out, in as many ways as there are kinds of storage; for a place of a template, one that uses it. */
  readonly clusters: ReadonlyArray<(text: string) => Resource>
  /**
   * The same for admission's verdict alone: a cluster that leaves everything else to a template nobody knows yet. Absent where the verdict needs
   * the rest.
   */
  readonly open?: (text: string) => Resource
  /** The template to judge; for a place of a template. */
  readonly template?: (text: string) => JsonObject
}

const templateName = "base"

type Metadata = {
  readonly name?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Its status holds the copy of the template it refers to. */
const clusterOf = (spec: Json, templateSpec?: Json, metadata: Metadata = {}): Resource => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { name: "demo", namespace: "ns1", uid: "uid-demo", resourceVersion: "1", generation: 1, ...metadata },
  spec,
  ...(templateSpec === undefined
    ? {}
    : {
        status: { templateSnapshot: { name: templateNameOf(spec) ?? templateName, synced: true, spec: templateSpec } },
      }),
})

const around = (path: string, base: JsonObject): Json =>
  surroundings
    .filter(([pattern]) => pattern.test(path))
    .reduce<Json>((under, [, more]) => merged(under, more(path)), base)

const isServerConfiguration = (path: string): boolean =>
  path.includes(".aerospikeConfig.") || path.includes(".aerospikeConfig{")
const isOverride = (path: string): boolean => path.startsWith("spec.overrides") || path.startsWith("spec.templateRef")

/** Log sinks: some keys exist for one kind only. */
const sinks = ["console", "syslog", "/opt/aerospike/data/server.log"]

/** Server configurations in which a place could be accepted. Storage matters to the server's configuration only. */
const configurationsFor = (path: string): ReadonlyArray<JsonObject> => {
  if (path.includes(".logging[]"))
    return sinks.map((name) => ({ namespaces: [namespaceOf(memory)], logging: [{ name }] }))
  const fitting = isServerConfiguration(path) ? engines : [memory]
  return fitting.map((engine) => ({ namespaces: [namespaceOf(engine)] }))
}

/** Lists of a rack replace those of the cluster, so they must be whole. */
const rackHas = (path: string): boolean =>
  /^spec\.rackConfig\.racks\[\]\.aerospikeConfig\.(namespaces|logging)/.test(path)

const repeatsOf = ({ path }: Place, release: Release): number =>
  !isServerConfiguration(path) ? 1 : (release === "known" ? 16 : 1) * (path.startsWith("spec.aerospikeConfig") ? 1 : 4)

const ofCluster = (tree: Node, place: Place, release: Release): Subject => {
  const { path } = place
  const uses = isOverride(path)
  const image = releases[release]
  const bases = configurationsFor(path).map((aerospikeConfig): Json => {
    const own = uses ? { templateRef: { name: templateName }, aerospikeConfig } : { size: 3, image, aerospikeConfig }
    return merged(around(path, own), rackHas(path) ? inRack({ aerospikeConfig }) : {})
  })
  const open = around(path, { templateRef: { name: templateName } })
  return {
    name: nameOf(place, release),
    place,
    release,
    repeats: repeatsOf(place, release),
    clusters: bases.map(
      (base) => (text) =>
        clusterOf(completed(tree, merged(base, place.put(text))), uses ? { size: 3, image } : undefined),
    ),
    ...(uses || isServerConfiguration(path) || path.startsWith("spec.aerospikeConfig")
      ? {}
      : { open: (text: string) => clusterOf(completed(tree, merged(open, place.put(text)))) }),
  }
}

const nameOf = ({ path }: Place, release: Release): string => (release === "known" ? path : `${path} (unknown release)`)

const ofTemplate = (tree: Node, place: Place, release: Release): Subject => {
  const base = around(place.path, { size: 3, image: releases[release] })
  const spec = (text: string): Json => completed(tree, merged(base, place.put(text)))
  return {
    name: nameOf(place, release),
    place,
    release,
    repeats: repeatsOf(place, release),
    clusters: configurationsFor(place.path).map(
      (aerospikeConfig) => (text) => clusterOf({ templateRef: { name: templateName }, aerospikeConfig }, spec(text)),
    ),
    template: (text) => ({
      apiVersion: "acko.io/v1alpha1",
      kind: "AerospikeClusterTemplate",
      metadata: { name: templateName },
      spec: spec(text),
    }),
  }
}

/** What people write there; the API server lets anything through before the webhook is asked. Namespaces exist before their resources do. */
const metadataPlaces: ReadonlyArray<readonly [string, (text: string) => Metadata]> = [
  // Without a name there is no resource.
  ["metadata.name", (name) => ({ name: name || "zqmarker" })],
  ["metadata.labels{key}", (key) => ({ labels: { [key]: "a" } })],
  ["metadata.labels{value}", (value) => ({ labels: { key: value } })],
  ["metadata.annotations{key}", (key) => ({ annotations: { [key]: "a" } })],
  ...Object.values(Annotation).map(
    (key) => [`metadata.annotations.${key}`, (value: string) => ({ annotations: { [key]: value } })] as const,
  ),
]

const ofMetadata = ([path, put]: (typeof metadataPlaces)[number]): Subject => {
  const spec = { size: 3, image: releases.known, aerospikeConfig: { namespaces: [namespaceOf(memory)] } }
  return {
    name: path,
    place: { path, kind: "text", samples: [], refused: "never", put },
    release: "known",
    repeats: 1,
    clusters: [(text) => clusterOf(spec, undefined, put(text))],
  }
}

/** One per place of both kinds; places in the server's configuration also for a release nobody knows the parameters of. */
export const subjects = (): ReadonlyArray<Subject> => {
  const { cluster, template } = schemaTrees()
  const each = (places: ReadonlyArray<Place>, make: (place: Place, release: Release) => Subject) =>
    places.flatMap((place) => [
      make(place, "known"),
      ...(isServerConfiguration(place.path) ? [make(place, "unknown")] : []),
    ])
  return [
    ...metadataPlaces.map(ofMetadata),
    ...each(placesOf(cluster, "spec"), (place, release) => ofCluster(cluster, place, release)),
    ...each(placesOf(template, "template spec"), (place, release) => ofTemplate(template, place, release)),
  ]
}
