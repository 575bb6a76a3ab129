/**
 * The one predicate for every restart and every removal (S2, S3, W6, W7, W13): may a healthy member be stopped now?
 *
 * Settled means: every pod that should exist is there and ready, nothing is on its way out, and two collections, both begun after the latest
 * change of any pod, at least `safetyReadGapMs` apart and not older than `safetyMaxAgeMs`, show the same whole cluster with the expected size,
 * no migrations, no unavailable partitions and no node restarted in between. Whatever is not known is waited for.
 */
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import type { PodView } from "../../domain/Kubernetes.js"
import type { Collection } from "../../domain/NodeFacts.js"
import type { Evidence, Wait } from "../../domain/Plan.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { type Agreement, type Finding, judge } from "./agreement.js"
import { describeUnavailable, isAvailable, isIgnorable } from "./availability.js"
import { type Members, members as membersOf, type Slot } from "./members.js"

/** What another collection is needed for; `requeue` turns it into a time. */
export interface FactsNeed {
  /** `fresh`: nothing usable yet. `second`: the first safety read is good. `pace`: something is not as it should be, look again. */
  readonly when: "fresh" | "second" | "pace"
  readonly expectedSize: number
  readonly because: string
}

export type Safety =
  | { readonly _tag: "Settled"; readonly evidence: Evidence }
  | {
      readonly _tag: "Wait"
      readonly wait: Wait
      /** Absent: nodes have nothing to say about it (Kubernetes has to move first). */
      readonly facts?: FactsNeed
      /** True: something is known to be wrong, not only unknown. */
      readonly isKnown: boolean
    }

export interface AssessOptions {
  /** Pods that are to be removed and do not serve: the rest is judged without them. */
  readonly without?: ReadonlySet<string>
}

const first = (names: ReadonlyArray<string>): string =>
  names.length <= 4 ? names.join(", ") : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`

/** Stuck pods that `maxIgnorablePods` of their rack covers; 0 covers none (W10). */
export const ignoredPods = (members: Members, effective: EffectiveCluster): ReadonlySet<string> =>
  new Set(
    members.racks.flatMap((rack) =>
      rack.slots
        .filter(isIgnorable)
        .slice(0, effective.maxIgnorablePods[rack.id] ?? 0)
        .map((slot) => slot.name),
    ),
  )

/** The pods whose nodes must agree: every slot but the ignored and the excluded ones. */
export const expectedSlots = (
  members: Members,
  effective: EffectiveCluster,
  options: AssessOptions = {},
): ReadonlyArray<Slot> => {
  const ignored = ignoredPods(members, effective)
  return members.slots.filter((slot) => !ignored.has(slot.name) && options.without?.has(slot.name) !== true)
}

const waitFor = (
  kind: Wait["kind"],
  pods: ReadonlyArray<string>,
  message: string,
  options: { readonly facts?: FactsNeed; readonly isKnown: boolean },
): Safety => ({ _tag: "Wait", wait: { kind, pods, message }, ...options })

/** What Kubernetes alone can tell: missing, leaving and unready pods (S2). Undefined: nothing of the kind. */
const unavailable = (members: Members, expected: ReadonlyArray<Slot>): Safety | undefined => {
  const missingSets = members.racks.filter((rack) => rack.statefulSet === undefined && rack.wanted > 0)
  if (missingSets.length > 0) {
    const names = missingSets.map((rack) => rack.name)
    return waitFor("StatefulSet", [], `waiting until StatefulSet ${first(names)} exists`, { isKnown: true })
  }
  const down = expected.filter((slot) => !isAvailable(slot))
  if (down.length > 0) {
    const names = down.map((slot) => slot.name)
    return waitFor("PodReady", names, `waiting until ready: ${first(down.map(describeUnavailable))}`, { isKnown: true })
  }
  if (members.leaving.length > 0) {
    const names = members.leaving.map((pod) => pod.name)
    return waitFor("PodGone", names, `waiting until gone: ${first(names)}`, { isKnown: true })
  }
  return undefined
}

const isUsable = (snapshot: Snapshot, collection: Collection, size: number): boolean =>
  collection.startedAt > snapshot.podsChangedAt &&
  collection.expectedSize === size &&
  collection.startedAt >= snapshot.now - snapshot.settings.safetyMaxAgeMs

const describe = (findings: ReadonlyArray<Finding>): string => {
  const [head, ...others] = findings
  const more = new Set(others.flatMap((f) => f.pods).filter((pod) => head?.pods.includes(pod) !== true)).size
  return `${head?.text ?? ""}${more === 0 ? "" : ` (and ${more} more)`}`
}

const words: Readonly<Record<Finding["kind"], string>> = {
  ClusterSplit: "waiting until the cluster is whole",
  NodeUnknown: "waiting until every node answers",
  Membership: "waiting until every node is a member",
  Migration: "waiting until migrations are finished",
}

/** Migrations are summed up: their text changes with progress, the pods stay the same. */
const describeAll = (findings: readonly [Finding, ...Array<Finding>]): string => {
  const kind = findings[0].kind
  const same = findings.filter((f) => f.kind === kind)
  const partitions = same.reduce((sum, f) => sum + (f.partitions ?? 0), 0)
  return partitions > 0 ? `${words[kind]}: ${partitions} partitions remain` : `${words[kind]}: ${describe(same)}`
}

/** A node that restarted, or was replaced, between the reads was not there all the time (R82); another key means the cluster re-formed (R75). */
const isSameCluster = (before: Agreement, after: Agreement): boolean =>
  before.key === after.key &&
  Object.entries(after.nodes).every(([pod, node]) => {
    const earlier = before.nodes[pod]
    return earlier?.nodeId === node.nodeId && node.uptime >= earlier.uptime
  })

const secondRead = (
  snapshot: Snapshot,
  latest: Collection,
  agreement: Agreement,
  pods: ReadonlyArray<PodView>,
  effective: EffectiveCluster,
): Safety => {
  const { previous } = snapshot.facts
  const again = (message: string): Safety =>
    waitFor("SafetyRead", [], message, {
      facts: { when: "second", expectedSize: pods.length, because: "second safety read" },
      isKnown: false,
    })
  if (previous === undefined || !isUsable(snapshot, previous, pods.length)) {
    return again("all nodes agree; waiting for the second safety read")
  }
  // A host may have died since: evidence that merely lies around is asked for again before it is acted upon.
  if (latest.finishedAt < snapshot.now - snapshot.settings.safetyFreshMs) {
    return again("all nodes agreed a moment ago; asking once more")
  }
  if (latest.startedAt - previous.startedAt < snapshot.settings.safetyReadGapMs) {
    return again("all nodes agree; waiting for the second safety read")
  }
  const earlier = judge(previous, pods, effective)
  if (earlier._tag === "Findings" || !isSameCluster(earlier.agreement, agreement)) {
    return again("all nodes agree since the latest safety read; waiting for the second one")
  }
  return {
    _tag: "Settled",
    evidence: {
      clusterKey: agreement.key,
      clusterSize: pods.length,
      reads: [previous.startedAt, latest.startedAt],
      validUntil: previous.startedAt + snapshot.settings.safetyMaxAgeMs,
    },
  }
}

/** Applications that cannot reach the cluster now must not lose another node; a probe that failed itself says nothing (design §2b). */
const clientsCutOff = (snapshot: Snapshot): Safety | undefined => {
  const view = snapshot.clientView
  if (view?.outcome._tag !== "Disconnected") return undefined
  if (view.checkedAt < snapshot.now - snapshot.settings.factsRefreshMs) return undefined
  return waitFor("Client", [], `waiting until applications reach the cluster: ${view.outcome.message}`, {
    isKnown: true,
  })
}

/** May a healthy member be stopped now? See the head of this file. */
export const assess = (
  snapshot: Snapshot,
  effective: EffectiveCluster,
  options: AssessOptions = {},
  members: Members = membersOf(snapshot, effective),
): Safety => {
  const expected = expectedSlots(members, effective, options)
  const excluded = new Set(options.without)
  const hindrance = unavailable(
    { ...members, leaving: members.leaving.filter((pod) => !excluded.has(pod.name)) },
    expected,
  )
  if (hindrance !== undefined) return hindrance
  const pods = expected.flatMap((slot) => (slot.pod === undefined ? [] : [slot.pod]))
  if (pods.length === 0) return waitFor("PodReady", [], "waiting until a member is up", { isKnown: true })
  const { latest } = snapshot.facts
  const need = (when: FactsNeed["when"], because: string) => ({ when, expectedSize: pods.length, because })
  if (latest === undefined || !isUsable(snapshot, latest, pods.length)) {
    return waitFor("SafetyRead", [], "waiting for fresh answers of all nodes", {
      facts: need("fresh", "first safety read"),
      isKnown: false,
    })
  }
  const judgement = judge(latest, pods, effective)
  if (judgement._tag === "Findings") {
    const { findings } = judgement
    const kind = findings[0].kind
    const names = [...new Set(findings.filter((f) => f.kind === kind).flatMap((f) => f.pods))]
    return waitFor(kind, names, describeAll(findings), {
      facts: need("pace", words[kind]),
      isKnown: kind !== "NodeUnknown",
    })
  }
  const verdict = secondRead(snapshot, latest, judgement.agreement, pods, effective)
  return verdict._tag === "Settled" ? (clientsCutOff(snapshot) ?? verdict) : verdict
}
