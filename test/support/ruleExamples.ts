/** For every rule in the definitions one resource that keeps it and one that breaks it: run against our CEL engine and the real API server. */
import { Kinds, type KubeObject, type ResourceKind } from "../../src/domain/Kubernetes.js"

type Fields = Readonly<Record<string, unknown>>

export interface RuleExample {
  readonly id: string
  /** Part of the message that tells the rules of one id apart. */
  readonly says: string
  readonly kind: ResourceKind
  readonly accepted: Fields
  readonly refused: Fields
  /** The stored resource, for rules about changes. */
  readonly before?: { readonly spec: Fields; readonly status?: Fields }
}

const base: Fields = { size: 3, image: "aerospike:ce-8.1.1.1" }

const cluster = (
  id: string,
  says: string,
  accepted: Fields,
  refused: Fields,
  before?: RuleExample["before"],
): RuleExample => ({
  id,
  says,
  kind: Kinds.AerospikeCluster,
  accepted: { ...base, ...accepted },
  refused: { ...base, ...refused },
  ...(before === undefined ? {} : { before: { ...before, spec: { ...base, ...before.spec } } }),
})

const template = (id: string, says: string, accepted: Fields, refused: Fields): RuleExample => ({
  id,
  says,
  kind: Kinds.AerospikeClusterTemplate,
  accepted,
  refused,
})

const config = (tree: Fields): Fields => ({ aerospikeConfig: tree })
const namespace = (fields: Fields): Fields => config({ namespaces: [{ name: "test", ...fields }] })
const volume = (fields: Fields): Fields => ({
  storage: { volumes: [{ name: "v", source: { emptyDir: {} }, ...fields }] },
})
const claim = (size: unknown): Fields => volume({ source: { persistentVolume: { size } } })
const racks = (...list: ReadonlyArray<Fields>): Fields => ({ rackConfig: { racks: list } })
const rackSetting = (fields: Fields): Fields => ({ rackConfig: { racks: [{ id: 1 }], ...fields } })
const monitoring = (fields: Fields): Fields => ({ monitoring: { enabled: true, ...fields } })
const admin = { name: "admin", secretName: "s", roles: ["sys-admin", "user-admin"] }
const access = (fields: Fields): Fields => ({ aerospikeAccessControl: { users: [admin], ...fields } })
const privilege = (text: string): Fields => access({ roles: [{ name: "r", privileges: [text] }] })
const both = { subPath: "a", subPathExpr: "b" }
const storageRequest = (storage: unknown): Fields => ({ storage: { resources: { requests: { storage } } } })
const running = { operationStatus: { id: "a", kind: "PodRestart", phase: "InProgress" } }
const operation = (id: string, kind = "PodRestart"): Fields => ({ operations: [{ id, kind }] })

const enterpriseKeys: ReadonlyArray<readonly [string, unknown]> = [
  ["compression", "lz4"],
  ["compression-level", 1],
  ["durable-delete", true],
  ["fast-restart", true],
  ["index-type", { type: "flash" }],
  ["sindex-type", { type: "flash" }],
  ["rack-id", 1],
  ["strong-consistency", false],
  ["tomb-raider-eligible-age", "1d"],
  ["tomb-raider-period", 86_400],
]

export const ruleExamples: ReadonlyArray<RuleExample> = [
  cluster("V2", "spec.size must be", { size: 0, templateRef: { name: "t" } }, { size: 0 }),
  cluster("V3", "spec.image must be", { image: "", templateRef: { name: "t" } }, { image: "" }),
  cluster("V4", "Enterprise Edition", { image: "host:5000/aerospike:ce-8.1" }, { image: "host:5000/aerospike:EE-8.0" }),
  cluster("V5", "older than server 8", { image: "aerospike:v8.1" }, { image: "localhost:5000/aerospike:ce-7.2" }),
  cluster("V53", "spec.overrides", { templateRef: { name: "t" }, overrides: {} }, { overrides: {} }),
  cluster("V49", "replication-factor", namespace({ "replication-factor": 3 }), namespace({ "replication-factor": 4 })),
  cluster("V6", "aerospikeConfig.xdr", config({ service: {} }), config({ xdr: {} })),
  cluster("V7", "aerospikeConfig.tls", config({ network: {} }), config({ tls: {} })),
  ...enterpriseKeys.map(([key, value]) =>
    cluster("V10", `namespaces[].${key} `, namespace({ "default-ttl": 0 }), namespace({ [key]: value })),
  ),
  ...["tls", "ldap", "log", "syslog"].map((key) =>
    cluster(
      "V12",
      `security.${key} `,
      config({ security: { "enable-quotas": false } }),
      config({ security: { [key]: {} } }),
    ),
  ),
  cluster("V16", "sys-admin and user-admin", access({}), { aerospikeAccessControl: { users: [] } }),
  cluster(
    "V18",
    "neither built-in nor",
    access({ roles: [{ name: "own", privileges: ["read"] }], users: [admin, { ...admin, name: "b", roles: ["own"] }] }),
    access({ users: [admin, { ...admin, name: "b", roles: ["unknown"] }] }),
  ),
  cluster("V19", "a privilege is empty", privilege("read"), privilege(" ")),
  cluster("V20", "begins or ends with a space", privilege("read.ns.set"), privilege("read.ns ")),
  cluster("V21", "begins with one of", privilege("data-admin"), privilege("superuser")),
  cluster(
    "V24",
    "rackLabel",
    racks({ id: 1, rackLabel: "a" }, { id: 2, rackLabel: "" }, { id: 3, rackLabel: "" }),
    racks({ id: 1, rackLabel: "a" }, { id: 2, rackLabel: "a" }),
  ),
  cluster(
    "V25",
    "scaleDownBatchSize",
    rackSetting({ scaleDownBatchSize: "1%" }),
    rackSetting({ scaleDownBatchSize: 0 }),
  ),
  cluster(
    "V26",
    "maxIgnorablePods",
    rackSetting({ maxIgnorablePods: "0%" }),
    rackSetting({ maxIgnorablePods: "101%" }),
  ),
  cluster(
    "V27",
    "rollingUpdateBatchSize",
    rackSetting({ rollingUpdateBatchSize: 2 }),
    rackSetting({ rollingUpdateBatchSize: "2" }),
  ),
  cluster("V56", "added and removed at once", racks({ id: 1 }, { id: 2 }, { id: 3 }), racks({ id: 1 }, { id: 3 }), {
    spec: racks({ id: 1 }, { id: 2 }),
  }),
  cluster(
    "V31",
    "keys of monitoring.metricLabels",
    monitoring({ metricLabels: { a: "b" } }),
    monitoring({ metricLabels: { "a=": "b" } }),
  ),
  cluster(
    "V32",
    "values of monitoring.metricLabels",
    { monitoring: { metricLabels: { a: "b,c" } } },
    monitoring({ metricLabels: { a: "b,c" } }),
  ),
  cluster("V37", "needs a source", volume({ source: { hostPath: { path: "/x" } } }), volume({ source: {} })),
  cluster("V38", "has one source", volume({}), volume({ source: { emptyDir: {}, secret: { secretName: "s" } } })),
  cluster("V40", "must be a Kubernetes quantity", claim("1.5Gi"), claim("10 GB")),
  cluster("V41", "must be more than zero", claim("1e3"), claim("0.0Gi")),
  cluster(
    "V42",
    "aerospike.path must be absolute",
    volume({ aerospike: { path: "/data" } }),
    volume({ aerospike: { path: "data" } }),
  ),
  cluster(
    "V43",
    "subPath and subPathExpr",
    volume({ aerospike: { path: "/a", subPath: "a", subPathExpr: "" } }),
    volume({ aerospike: { path: "/a", ...both } }),
  ),
  ...(["sidecars", "initContainers"] as const).map((list, index) =>
    cluster(
      `V${44 + index}`,
      "subPath and subPathExpr",
      volume({ [list]: [{ containerName: "c", path: "/a", subPath: "a" }] }),
      volume({ [list]: [{ containerName: "c", path: "/a", ...both }] }),
    ),
  ),
  cluster(
    "V46",
    "needs localStorageClasses",
    { storage: { deleteLocalStorageOnRestart: true, localStorageClasses: ["local"] } },
    { storage: { deleteLocalStorageOnRestart: true } },
  ),
  cluster("V54", "cannot be added or removed", operation("a"), {}, { spec: operation("a"), status: running }),
  cluster(
    "V55",
    "cannot change while",
    { operations: [{ id: "a", kind: "PodRestart", podList: ["x"] }] },
    operation("a", "WarmRestart"),
    { spec: operation("a"), status: running },
  ),
  template("TV7", "must be more than zero", storageRequest("1Gi"), storageRequest("0")),
]

/** A resource of an example. */
export const exampleObject = (kind: ResourceKind, name: string, spec: Fields, namespace: string): KubeObject => ({
  apiVersion: "acko.io/v1alpha1",
  kind: kind.kind,
  metadata: { name, ...(kind.namespaced ? { namespace } : {}) },
  spec,
})
