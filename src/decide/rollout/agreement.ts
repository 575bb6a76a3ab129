/**
 * Does one collection show one whole, quiet cluster? Every expected node is held against every condition; each violation is a finding with
 * words for people. No finding means: at that moment stopping one node was harmless to replicated data. Unknown is a finding, too.
 */
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import type { PodView } from "../../domain/Kubernetes.js"
import { type Collection, known, type NodeAnswers } from "../../domain/NodeFacts.js"
import type { Wait } from "../../domain/Plan.js"
import { clusterOf, count, type NodeCluster, readNode, truth } from "./nodeReading.js"

/** One thing that speaks against stopping a node now. */
export interface Finding {
  readonly kind: "NodeUnknown" | "Membership" | "Migration" | "ClusterSplit"
  readonly pods: ReadonlyArray<string>
  readonly text: string
  /** Partitions still to move, where that is the finding. */
  readonly partitions?: number
}

/** What every node said when all agreed. */
export interface Agreement {
  readonly key: string
  /** Node id and uptime in seconds, by pod name. */
  readonly nodes: Readonly<Record<string, { readonly nodeId: string; readonly uptime: number }>>
}

export type Judgement =
  | { readonly _tag: "Agreed"; readonly agreement: Agreement }
  | { readonly _tag: "Findings"; readonly findings: readonly [Finding, ...Array<Finding>] }

const finding = (kind: Finding["kind"], pod: string, text: string, partitions?: number): Finding => ({
  kind,
  pods: [pod],
  text: `${pod} ${text}`,
  ...(partitions === undefined ? {} : { partitions }),
})

const aboutIdentity = (pod: string, answers: NodeAnswers, clusterName: string): ReadonlyArray<Finding> => {
  const name = known(answers.clusterName)
  return [
    ...(name === undefined
      ? [finding("NodeUnknown", pod, "did not tell its cluster name")]
      : name === clusterName
        ? []
        : [finding("Membership", pod, `belongs to cluster "${name}" instead of "${clusterName}"`)]),
    ...(known(answers.nodeId) === undefined ? [finding("NodeUnknown", pod, "did not tell its node id")] : []),
    ...(count(known(answers.statistics), "uptime") === undefined
      ? [finding("NodeUnknown", pod, "did not tell its uptime")]
      : []),
  ]
}

const aboutMembership = (
  pod: string,
  cluster: NodeCluster | undefined,
  answers: NodeAnswers,
  size: number,
): ReadonlyArray<Finding> => {
  if (cluster === undefined) {
    return known(answers.statistics)?.["cluster_key"] === "0"
      ? [finding("Membership", pod, "has not joined the cluster yet")]
      : [finding("NodeUnknown", pod, "did not tell what cluster it is in")]
  }
  if (!cluster.isMember) return [finding("Membership", pod, "is not a member of a whole cluster")]
  if (cluster.size !== size) return [finding("Membership", pod, `sees ${cluster.size} of ${size} nodes`)]
  return []
}

/** `migrate_partitions_remaining` lies for 20–40 ms after a re-form; the namespaces do not, so both are read (S3). */
const aboutMigrations = (pod: string, answers: NodeAnswers): ReadonlyArray<Finding> => {
  const statistics = known(answers.statistics)
  const remaining = count(statistics, "migrate_partitions_remaining")
  if (remaining === undefined) return [finding("NodeUnknown", pod, "did not tell its remaining migrations")]
  if (remaining > 0) return [finding("Migration", pod, `has ${remaining} partitions to migrate`, remaining)]
  if (truth(statistics, "migrate_allowed") === false) {
    return [finding("Migration", pod, "may not migrate yet: the cluster is re-forming")]
  }
  return []
}

const aboutNamespace = (pod: string, name: string, answers: NodeAnswers): ReadonlyArray<Finding> => {
  const answer = answers.namespaces[name]
  // The server names an unknown namespace without an error code: one that is only being added holds nothing that could be lost.
  if (answer?._tag === "ServerError" && answer.code === undefined) return []
  const statistics = answer === undefined ? undefined : known(answer)
  if (statistics === undefined) return [finding("NodeUnknown", pod, `told nothing about namespace ${name}`)]
  const unavailable = count(statistics, "unavailable_partitions")
  const dead = count(statistics, "dead_partitions")
  if (unavailable === undefined || dead === undefined) {
    return [finding("NodeUnknown", pod, `did not tell the unavailable partitions of namespace ${name}`)]
  }
  if (unavailable + dead > 0) {
    return [finding("Membership", pod, `has ${unavailable} unavailable and ${dead} dead partitions in ${name}`)]
  }
  const moving =
    (count(statistics, "migrate_tx_partitions_remaining") ?? 0) +
    (count(statistics, "migrate_rx_partitions_remaining") ?? 0)
  return moving > 0 ? [finding("Migration", pod, `has ${moving} partitions of ${name} to migrate`, moving)] : []
}

/** The node's own verdict, given size and finished migrations (W34). */
const aboutStability = (pod: string, answers: NodeAnswers, key: string | undefined): ReadonlyArray<Finding> => {
  const stable = answers.stableKey
  switch (stable._tag) {
    case "Absent":
      return [finding("NodeUnknown", pod, "did not tell whether the cluster is stable")]
    case "ServerError":
      return [finding("Membership", pod, `does not call the cluster stable (${stable.message.slice(0, 80)})`)]
    case "Value":
      return stable.value.toUpperCase() === key
        ? []
        : [finding("Membership", pod, "names another cluster key than its statistics")]
  }
}

const aboutNode = (
  pod: PodView,
  answers: NodeAnswers,
  effective: EffectiveCluster,
  size: number,
): ReadonlyArray<Finding> => {
  const cluster = clusterOf(answers)
  const namespaces = new Set(effective.racks.flatMap((rack) => rack.namespaces.map((n) => n.name)))
  const found = [
    ...aboutIdentity(pod.name, answers, effective.clusterName),
    ...aboutMembership(pod.name, cluster, answers, size),
    ...aboutMigrations(pod.name, answers),
    ...[...namespaces].flatMap((name) => aboutNamespace(pod.name, name, answers)),
  ]
  // Migrating nodes call themselves unstable, too; that adds nothing to what is said already.
  return found.length > 0 ? found : aboutStability(pod.name, answers, cluster?.key)
}

/** Members grouped by the cluster key they report, largest group first, then by key. */
export const groupsByKey = (
  collection: Collection | undefined,
  pods: ReadonlyArray<PodView>,
): ReadonlyArray<{ readonly key: string; readonly pods: ReadonlyArray<string>; readonly isSelfContained: boolean }> => {
  const groups = new Map<string, Array<{ readonly pod: string; readonly size: number }>>()
  for (const pod of pods) {
    const reading = readNode(collection, pod)
    const cluster = reading._tag === "Answered" ? clusterOf(reading.answers) : undefined
    if (cluster?.isMember !== true) continue
    groups.set(cluster.key, [...(groups.get(cluster.key) ?? []), { pod: pod.name, size: cluster.size }])
  }
  return [...groups.entries()]
    .map(([key, nodes]) => ({
      key,
      pods: nodes.map((node) => node.pod),
      // Nobody in it expects a node that we saw elsewhere: a cluster of its own, not one that is just re-forming.
      isSelfContained: nodes.every((node) => node.size === nodes.length),
    }))
    .sort((a, b) => b.pods.length - a.pods.length || (a.key < b.key ? -1 : 1))
}

const aboutSplit = (collection: Collection, expected: ReadonlyArray<PodView>): ReadonlyArray<Finding> => {
  const groups = groupsByKey(collection, expected)
  if (groups.length < 2) return []
  return [
    {
      kind: "ClusterSplit",
      pods: groups.slice(1).flatMap((group) => group.pods),
      text: `the nodes are in ${groups.length} clusters: ${groups.map((group) => group.pods.join("+")).join(" | ")}`,
    },
  ]
}

const aboutDuplicates = (nodes: Agreement["nodes"]): ReadonlyArray<Finding> => {
  const seen = new Map<string, string>()
  return Object.entries(nodes).flatMap(([pod, { nodeId }]) => {
    const other = seen.get(nodeId)
    seen.set(nodeId, pod)
    return other === undefined ? [] : [finding("Membership", pod, `has the same node id ${nodeId} as ${other}`)]
  })
}

const severity: ReadonlyArray<Wait["kind"]> = ["ClusterSplit", "NodeUnknown", "Membership", "Migration"]

/** Holds every expected node of `collection` against the conditions for a safe stop. The gravest findings come first. */
export const judge = (
  collection: Collection,
  expected: ReadonlyArray<PodView>,
  effective: EffectiveCluster,
): Judgement => {
  const nodes: Record<string, { nodeId: string; uptime: number }> = {}
  const keys = new Set<string>()
  const findings: Array<Finding> = [...aboutSplit(collection, expected)]
  for (const pod of expected) {
    const reading = readNode(collection, pod)
    if (reading._tag === "Unknown") {
      findings.push(finding("NodeUnknown", pod.name, reading.why))
      continue
    }
    findings.push(...aboutNode(pod, reading.answers, effective, expected.length))
    const key = clusterOf(reading.answers)?.key
    const nodeId = known(reading.answers.nodeId)
    const uptime = count(known(reading.answers.statistics), "uptime")
    if (key !== undefined) keys.add(key)
    if (nodeId !== undefined && uptime !== undefined) nodes[pod.name] = { nodeId, uptime }
  }
  findings.push(...aboutDuplicates(nodes))
  const [first, ...rest] = findings.toSorted((a, b) => severity.indexOf(a.kind) - severity.indexOf(b.kind))
  if (first !== undefined) return { _tag: "Findings", findings: [first, ...rest] }
  const [key] = keys
  return key === undefined || keys.size > 1
    ? {
        _tag: "Findings",
        findings: [{ kind: "NodeUnknown", pods: expected.map((pod) => pod.name), text: "no node told its cluster" }],
      }
    : { _tag: "Agreed", agreement: { key, nodes } }
}
