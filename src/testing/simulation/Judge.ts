/**
 * Watches a simulated world and says when an invariant of reliability is broken. It looks at what is true (the API server's objects, the
 * model of the Aerospike nodes), never at what the operator believes.
 *
 * - S1: destructive requests carry identity, follow quorum reads of the cluster and the victim, and hit only what belongs to the living
 *   cluster; nothing is created while it is deleted.
 * - S2: members down plus the one taken down stay within the budget, unless the victim is itself the broken one.
 * - S3: no healthy member is stopped unless the cluster was whole within the last 10 s; no acknowledged record is ever lost.
 * - S4: no request of a dead incarnation; where instances campaign, no write by anybody but the holder of a Lease that has not run out.
 * - S5: never more than 8 members.
 * - S9: no write in steady state; never more than one write a second for a minute, Events aside.
 * - S10: `observedGeneration` never decreases; `Completed` only if the world matched that generation a moment ago.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Kinds, type KubeObject, type ObjectRef, type ResourceKind } from "../../domain/Kubernetes.js"
import { Label } from "../../domain/Labels.js"
import { KubeReader, KubeWriter, type RemoveOptions } from "../../kube/KubeClient.js"
import type { World as Aerospike } from "../aerospike/AerospikeWorld.js"
import type { ApiServer, Commit } from "../kube/ApiServer.js"
import type { RequestInfo } from "../kube/RequestGate.js"
import { controllerOf, isUp, makeTruth, numberOf, type Truth } from "./Truth.js"

export interface Violation {
  readonly invariant: "S1" | "S2" | "S3" | "S4" | "S5" | "S9" | "S10" | "S11" | "L1" | "L3" | "L4"
  /** Virtual ms since the start. */
  readonly at: number
  readonly detail: string
}

/** What is counted on the way. */
export interface Tally {
  /** Writes of operators. */
  writes: number
  /** Writes while the world was expected to be at rest. */
  writesAtRest: number
  /** Most members ever missing after an act of the operator that stops a healthy one. */
  mostDown: number
}

export interface Judge {
  readonly truth: Truth
  readonly tally: Readonly<Tally>
  readonly violations: ReadonlyArray<Violation>
  readonly report: (invariant: Violation["invariant"], detail: string) => void
  /** Wraps the operator's client: every destructive request is judged before it is sent, every look at the server is remembered. */
  readonly around: Layer.Layer<KubeReader | KubeWriter, never, KubeReader | KubeWriter>
  /** Looks at the nodes; to be called every few seconds (it is called before every destructive request anyway). */
  readonly look: Effect.Effect<void>
  /** From now on any write is a violation. */
  readonly expectQuiet: (isQuiet: boolean) => void
  /** The incarnation that may write; undefined while none lives. */
  readonly setLiving: (user: string | undefined) => void
  /** From now on several instances campaign: who may write is told by the Lease. Their identities are their users. */
  readonly expectElection: () => void
  /** Who holds the Lease now. */
  readonly holder: () => string | undefined
  /** Who has held the Lease so far. */
  readonly leaders: () => ReadonlySet<string>
  /** Identities of the pods an operator deleted so far. */
  readonly restarted: () => ReadonlySet<string>
}

/** The parts of the world that are looked at. */
export interface Judged {
  readonly server: ApiServer
  readonly aerospike: Pick<Aerospike, "lostRecords" | "members" | "settledAt">
}

export interface JudgeOptions {
  readonly namespace: string
  readonly cluster: string
  readonly maxUnavailable: number
  readonly now: () => number
}

/** Whether a request changes anything. */
export const isWrite = (request: RequestInfo): boolean => !["get", "list", "watch"].includes(request.verb)

const isOperator = (user: string): boolean => user.startsWith("operator-")

/** A Lease that was not renewed for so long may be taken by others (ms). */
const leaseMs = 15_000
/** More writes than this within as many seconds are no longer quiet (S9). */
const mostWrites = 60
/** Evidence may be this old (S1, S3). */
const evidenceMs = 10_000
/** A status may describe a moment this long ago (S10). */
const honestyMs = 5_000
/** A broken world stays broken: more than this is noise. */
const mostViolations = 20

export const makeJudge = (world: Judged, options: JudgeOptions): Judge => {
  const { server } = world
  const { namespace, cluster } = options
  const truth = makeTruth(server, { namespace, name: cluster })
  const startedAt = options.now()
  const violations: Array<Violation> = []
  const reported = new Set<string>()
  const restarted = new Set<string>()
  const tally: Tally = { writes: 0, writesAtRest: 0, mostDown: 0 }
  let isQuiet = false
  let living: string | undefined
  let lease: { readonly holder: string | undefined; readonly at: number } | undefined
  const leaders = new Set<string>()
  /** `pods/name`, or `pods/*` for a list → when it was last read from the API server itself. */
  const readAt = new Map<string, number>()
  /** Times of the latest writes of the living incarnation. */
  const writtenAt: Array<number> = []
  let wholeAt = Number.NEGATIVE_INFINITY
  let wholeSize = -1
  let observed = 0
  /** Generation the world matches right now. */
  let matched: number | undefined
  /** Generation → when the world last matched it. */
  const matchedAt = new Map<number, number>()
  /** Generation → the resource as it asked then. */
  const asked = new Map<number, KubeObject>()

  const report: Judge["report"] = (invariant, detail) => {
    if (reported.has(`${invariant}${detail}`) || violations.length >= mostViolations) return
    reported.add(`${invariant}${detail}`)
    violations.push({ invariant, at: options.now() - startedAt, detail })
  }

  server.gate.onRequest((request) => {
    if (!isOperator(request.user) || request.resource === Kinds.Lease.plural) return undefined
    const { user, verb, resource } = request
    if (lease === undefined && user !== living) report("S4", `${verb} ${resource} by the dead ${user}`)
    if (!isWrite(request)) return undefined
    tally.writes++
    judgeAuthority(request)
    // Events have a limit of their own, and are told again while the API server refuses them.
    if (resource !== "events") judgeRate()
    if (isQuiet) {
      tally.writesAtRest++
      report("S9", `${request.verb} ${request.resource} ${request.name ?? ""} in steady state`)
    }
    return undefined
  })

  const judgeAuthority = ({ user, verb, resource }: RequestInfo): void => {
    if (lease === undefined) return
    const what = `${verb} ${resource} by ${user}`
    if (lease.holder !== user) report("S4", `${what} while ${lease.holder ?? "nobody"} holds the lease`)
    else if (options.now() - lease.at > leaseMs) report("S4", `${what}, whose lease ran out`)
  }

  const judgeRate = (): void => {
    writtenAt.push(options.now())
    if (writtenAt.length > mostWrites && options.now() - (writtenAt.shift() ?? 0) < mostWrites * 1_000)
      report("S9", `more than ${mostWrites} writes within ${mostWrites} s`)
  }

  /** The world matched until this instant, and perhaps does again from it. */
  const noteMatch = (): void => {
    if (matched !== undefined) matchedAt.set(matched, options.now())
    const object = truth.custom()
    matched = object !== undefined && truth.matches() ? numberOf(object.metadata.generation) : undefined
    if (matched !== undefined) matchedAt.set(matched, options.now())
  }

  const judgeStatus = ({ object, previous }: Commit): void => {
    if (previous === undefined || previous.metadata.uid !== object.metadata.uid) {
      observed = 0
      asked.clear()
    }
    asked.set(numberOf(object.metadata.generation), object)
    if (JSON.stringify(previous?.["status"]) === JSON.stringify(object["status"])) return
    const status = object["status"] as { observedGeneration?: unknown; phase?: unknown } | undefined
    const generation = numberOf(status?.observedGeneration)
    if (generation < observed) report("S10", `observedGeneration fell from ${observed} to ${generation}`)
    observed = generation
    if (status?.phase !== "Completed" || generation === 0) return
    // Who has not heard of a newer wish may speak of the older one, as long as that is still fulfilled.
    const older = asked.get(generation)
    const isTrue = matched === generation || (older !== undefined && truth.matches(older))
    const at = isTrue ? options.now() : matchedAt.get(generation)
    if (at === undefined || options.now() - at > honestyMs)
      report("S10", `Completed for generation ${generation}, which the world does not match`)
  }

  const noteLease = ({ object, type }: Commit): void => {
    if (lease === undefined) return
    const { holderIdentity } = object["spec"] as { readonly holderIdentity?: unknown }
    const isHeld = type !== "DELETED" && typeof holderIdentity === "string" && holderIdentity !== ""
    lease = { holder: isHeld ? holderIdentity : undefined, at: options.now() }
    if (isHeld) leaders.add(holderIdentity)
  }

  server.onCommit((commit) => {
    const { kind, object, type } = commit
    if (kind.kind === "Lease") return noteLease(commit)
    if (object.metadata.namespace !== namespace) return
    switch (kind.kind) {
      case "AerospikeCluster":
        if (object.metadata.name !== cluster) return
        noteMatch()
        return judgeStatus(commit)
      case "Pod":
        noteMatch()
        // What was seen before a member went says nothing about the cluster without it.
        if (commit.previous !== undefined && isUp(commit.previous) && (type === "DELETED" || !isUp(object)))
          wholeAt = Number.NEGATIVE_INFINITY
        if (type === "ADDED" && truth.pods().length > 8) report("S5", `${truth.pods().length} members`)
        return
      case "StatefulSet":
      case "ConfigMap":
        return noteMatch()
    }
  })

  const isWhole = (): boolean => options.now() - wholeAt <= evidenceMs && wholeSize === truth.replicas()

  /** Why stopping these members now would break S2 or S3. */
  const judgeStop = (victims: ReadonlyArray<KubeObject>): void => {
    const names = new Set(victims.map((pod) => pod.metadata.name))
    if (!victims.some(isUp)) return
    const up = truth.pods().filter((pod) => isUp(pod) && !names.has(pod.metadata.name)).length
    const size = truth.replicas()
    const down = size - up
    tally.mostDown = Math.max(tally.mostDown, down)
    if (down > options.maxUnavailable)
      report("S2", `stopping ${[...names].join(", ")} leaves ${down} of ${size} members down`)
    if (!isWhole()) report("S3", `stopping ${[...names].join(", ")} while the cluster was not whole`)
  }

  const ownerOf = (kind: ResourceKind, object: KubeObject): string | undefined => {
    if (kind.kind === "PersistentVolumeClaim") return object.metadata.labels?.[Label.clusterUid]
    const owner = controllerOf(object)
    if (kind.kind === "StatefulSet") return owner
    const set = truth.sets().find(({ metadata }) => metadata.uid === owner)
    return set === undefined ? undefined : controllerOf(set)
  }

  /** Caches lie: what is destroyed was looked at just before, and so was the cluster it belongs to. */
  const judgeReading = (kind: ResourceKind, name: string): void => {
    const isFresh = (what: string): boolean => options.now() - (readAt.get(what) ?? -Infinity) <= evidenceMs
    const { plural } = Kinds.AerospikeCluster
    if (!isFresh(`${plural}/${cluster}`))
      report("S1", `${kind.kind} ${name} is destroyed without a look at its cluster`)
    if (!isFresh(`${kind.plural}/${name}`) && !isFresh(`${kind.plural}/*`))
      report("S1", `${kind.kind} ${name} is destroyed without a look at it`)
  }

  const judgeRemoval = (kind: ResourceKind, ref: ObjectRef, removal: RemoveOptions): void => {
    if (kind.kind !== "Pod" && kind.kind !== "PersistentVolumeClaim" && kind.kind !== "StatefulSet") return
    judgeReading(kind, ref.name)
    const { uid, resourceVersion } = removal.preconditions ?? {}
    const what = `${kind.kind} ${ref.name}`
    if (uid === undefined || resourceVersion === undefined) report("S1", `delete of ${what} without preconditions`)
    const victim = server.find(kind, ref)
    // With another identity the API server refuses; nothing is destroyed.
    if (victim === undefined || (uid !== undefined && victim.metadata.uid !== uid)) return
    if (resourceVersion !== undefined && victim.metadata.resourceVersion !== resourceVersion) return
    const owner = truth.custom()?.metadata.uid
    if (owner === undefined || ownerOf(kind, victim) !== owner)
      report("S1", `delete of ${what}, which is not this cluster's`)
    if (kind.kind === "PersistentVolumeClaim") judgeClaim(victim)
    if (kind.kind !== "Pod") return
    restarted.add(victim.metadata.uid ?? "")
    judgeStop([victim])
  }

  /** A claim may go only after the pod that would use it. */
  const judgeClaim = (claim: KubeObject): void => {
    const user = truth
      .pods()
      .find(
        ({ metadata }) => metadata.name !== undefined && claim.metadata.name?.endsWith(`-${metadata.name}`) === true,
      )
    if (user !== undefined && user.metadata.deletionTimestamp === undefined && !isDeleting())
      report("S3", `delete of the claim ${claim.metadata.name ?? ""} of a living member`)
  }

  const isDeleting = (): boolean => truth.custom()?.metadata.deletionTimestamp !== undefined

  const judgeApply = (kind: ResourceKind, object: KubeObject): void => {
    if (kind.kind !== "StatefulSet") return
    const live = server.find(kind, { namespace, name: object.metadata.name ?? "" })
    if (live === undefined) {
      if (isDeleting() || truth.custom() === undefined)
        report("S1", `${object.metadata.name ?? ""} is created for a cluster that is deleted`)
      return
    }
    const sizeOf = (set: KubeObject) => numberOf((set["spec"] as { replicas?: unknown } | undefined)?.replicas)
    const after = sizeOf(object)
    if (after >= sizeOf(live)) return
    const { uid, resourceVersion } = object.metadata
    if (uid !== live.metadata.uid || resourceVersion !== live.metadata.resourceVersion) {
      if (uid === undefined || resourceVersion === undefined)
        report("S1", `${live.metadata.name ?? ""} is shrunk without preconditions`)
      return
    }
    // Deleted clusters go as a whole: there is nobody left to serve.
    if (isDeleting()) return
    judgeReading(kind, live.metadata.name ?? "")
    const ordinal = (pod: KubeObject): number => Number(/-(\d+)$/.exec(pod.metadata.name ?? "")?.[1] ?? -1)
    judgeStop(truth.pods().filter((pod) => controllerOf(pod) === live.metadata.uid && ordinal(pod) >= after))
  }

  /** Only what the API server answered from its own store counts as a look: no version, or a continued list. */
  const remembering = (reader: KubeReader["Type"]): KubeReader["Type"] => {
    const note = (what: string) => Effect.sync(() => void readAt.set(what, options.now()))
    return {
      ...reader,
      get: (kind, ref) => Effect.tap(reader.get(kind, ref), () => note(`${kind.plural}/${ref.name}`)),
      list: (kind, listing) =>
        Effect.tap(reader.list(kind, listing), () =>
          (listing.resourceVersion ?? "") === "" ? note(`${kind.plural}/*`) : Effect.void,
        ),
    }
  }

  const look = Effect.gen(function* () {
    const lost = yield* world.aerospike.lostRecords
    if (lost > 0) report("S3", "acknowledged records are lost")
    const size = truth.replicas()
    const members = yield* world.aerospike.members(cluster)
    if (members.length !== size || (yield* world.aerospike.settledAt(cluster)) === undefined) return
    wholeAt = options.now()
    wholeSize = size
  })

  return {
    truth,
    tally,
    violations,
    report,
    look,
    around: Layer.merge(
      Layer.effect(KubeReader, Effect.map(KubeReader, remembering)),
      Layer.effect(
        KubeWriter,
        Effect.map(KubeWriter, (writer) => ({
          ...writer,
          apply: (kind, object, applyOptions) =>
            kind.kind !== "StatefulSet"
              ? writer.apply(kind, object, applyOptions)
              : Effect.flatMap(look, () => {
                  judgeApply(kind, object)
                  return writer.apply(kind, object, applyOptions)
                }),
          remove: (kind, ref, removal) =>
            Effect.flatMap(look, () => {
              judgeRemoval(kind, ref, removal)
              return writer.remove(kind, ref, removal)
            }),
        })),
      ),
    ),
    expectQuiet: (quiet) => {
      isQuiet = quiet
    },
    setLiving: (user) => {
      living = user
      readAt.clear()
      writtenAt.length = 0
    },
    restarted: () => restarted,
    expectElection: () => {
      lease = { holder: undefined, at: options.now() }
    },
    holder: () => lease?.holder,
    leaders: () => leaders,
  }
}
