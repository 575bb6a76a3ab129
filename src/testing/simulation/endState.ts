/** What a run leaves behind, with everything masked that may differ between equally good histories (L4). */
import { type KubeObject, Kinds, type ResourceKind } from "../../domain/Kubernetes.js"
import type { ApiServer } from "../kube/ApiServer.js"

/** Kind → the fields of `spec` that are chance: addresses, names of volumes. Undefined: the whole spec is. */
const compared: ReadonlyArray<readonly [kind: ResourceKind, chance: ReadonlyArray<string> | undefined]> = [
  [Kinds.AerospikeCluster, []],
  [Kinds.StatefulSet, []],
  [Kinds.Service, ["clusterIP", "clusterIPs"]],
  [Kinds.ConfigMap, []],
  [Kinds.PodDisruptionBudget, []],
  [Kinds.PersistentVolumeClaim, ["volumeName"]],
  [Kinds.NetworkPolicy, []],
  [Kinds.Pod, undefined],
]

const mask = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}-0000-4000-8000-[0-9a-f]{12}/g, "UID")
    // Over the owner's UID, too.
    .replace(/("acko.io\/applied-hash":")[0-9a-f]+/g, "$1HASH")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME")

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

const without = (spec: unknown, chance: ReadonlyArray<string>): unknown =>
  typeof spec === "object" && spec !== null
    ? Object.fromEntries(Object.entries(spec).filter(([key]) => !chance.includes(key)))
    : spec

const lineOf = (kind: ResourceKind, chance: ReadonlyArray<string> | undefined, object: KubeObject): string => {
  const { name, labels, annotations, finalizers } = object.metadata
  const spec = chance === undefined ? undefined : without(object["spec"], chance)
  const content = sorted({ labels, annotations, finalizers, spec, data: object["data"] })
  return `${kind.kind} ${name ?? ""} ${mask(JSON.stringify(content))}`
}

/** One line per object of the namespace, in order. */
export const endState = (server: ApiServer, namespace: string): ReadonlyArray<string> =>
  compared
    .flatMap(([kind, chance]) => server.list(kind, { namespace }).items.map((object) => lineOf(kind, chance, object)))
    .sort()

/** The first difference in words, undefined when there is none. */
export const differenceOf = (expected: ReadonlyArray<string>, actual: ReadonlyArray<string>): string | undefined => {
  const missing = expected.find((line) => !actual.includes(line))
  const extra = actual.find((line) => !expected.includes(line))
  if (missing === undefined && extra === undefined) return undefined
  const from = [...(missing ?? "")].findIndex((char, index) => extra?.[index] !== char)
  const near = (line: string | undefined) =>
    line === undefined
      ? "nothing"
      : `${line.split(" ", 2).join(" ")} …${line.slice(Math.max(0, from - 40), from + 160)}`
  return `expected ${near(missing)}, found ${near(extra)}`
}
