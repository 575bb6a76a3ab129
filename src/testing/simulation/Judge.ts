/**
 * Watches a simulated world and says when an invariant of reliability is broken. It looks at what is true (the API server's objects, the
 * model of the Aerospike nodes), never at what the operator believes.
 *
 * - S1: destructive requests carry identity and hit only what belongs to the living cluster.
 * - S2: members down plus the one taken down stay within the budget, unless the victim is itself the broken one.
 * - S3: no healthy member is stopped unless the cluster was whole within the last 10 s; no acknowledged record is ever lost.
 * - S4: no request of a dead incarnation.
 * - S9: no write in steady state.
 * - S10: `observedGeneration` never decreases; `Completed` only if the world matched that generation a moment ago.
 * - S11: the operator does not end by itself.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Kinds, type KubeObject, type ObjectRef, type ResourceKind } from "../../domain/Kubernetes.js"
import { Annotation, Label } from "../../domain/Labels.js"
import { KubeWriter, type RemoveOptions } from "../../kube/KubeClient.js"
import type { EmbeddedWorld } from "../kube/controllers/EmbeddedWorld.js"
import type { RequestInfo } from "../kube/RequestGate.js"

export interface Violation {
  readonly invariant: "S1" | "S2" | "S3" | "S4" | "S9" | "S10" | "S11" | "L1" | "L3"
  /** Virtual ms since the start. */
  readonly at: number
  readonly detail: string
}

export interface Judge {
  readonly violations: ReadonlyArray<Violation>
  readonly report: (invariant: Violation["invariant"], detail: string) => void
  /** Wraps the operator's writer: every destructive request is judged before it is sent. */
  readonly around: Layer.Layer<KubeWriter, never, KubeWriter>
  /** Looks at the whole world; to be called now and then (it is called before every destructive request anyway). */
  readonly look: Effect.Effect<void>
  /** What a user would call done: everything the spec asks for is there and whole. */
  readonly isConverged: () => boolean
  /** Writes of operators so far. */
  readonly writes: () => number
  /** From now on any write is a violation. */
  readonly expectQuiet: (isQuiet: boolean) => void
  readonly isQuiet: () => boolean
  /** The incarnation that may write; undefined while none lives. */
  readonly setLiving: (user: string | undefined) => void
  /** Restarts accepted so far. */
  readonly restarts: () => number
}

export interface JudgeOptions {
  readonly namespace: string
  readonly cluster: string
  readonly maxUnavailable: number
  readonly now: () => number
}

const writeVerbs: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"])

/** Evidence may be this old (S3). */
const evidenceMs = 10_000
/** A status may describe a moment this long ago (S10). */
const honestyMs = 5_000

interface Conditions {
  readonly conditions?: ReadonlyArray<{ readonly type?: unknown; readonly status?: unknown }>
}

const hasCondition = (object: KubeObject, type: string): boolean =>
  ((object["status"] as Conditions | undefined)?.conditions ?? []).some((c) => c.type === type && c.status === "True")

const number = (value: unknown): number => (typeof value === "number" ? value : 0)

const controllerOf = (object: KubeObject): string | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid

export const makeJudge = (world: EmbeddedWorld, options: JudgeOptions): Judge => {
  const { server } = world
  const { namespace, cluster } = options
  const startedAt = options.now()
  const violations: Array<Violation> = []
  const reported = new Set<string>()
  let isQuiet = false
  let living: string | undefined
  let writes = 0
  let restarts = 0
  let wholeAt = Number.NEGATIVE_INFINITY
  let wholeSize = -1
  let observed = 0
  /** Generation → when the world last matched it. */
  const matchedAt = new Map<number, number>()

  const report: Judge["report"] = (invariant, detail) => {
    // One world that is broken stays broken: the first time is what counts.
    if (reported.has(`${invariant}${detail}`) || violations.length >= 20) return
    reported.add(`${invariant}${detail}`)
    violations.push({ invariant, at: options.now() - startedAt, detail })
  }

  const selector = `${Label.instance}=${cluster}`
  const custom = (): KubeObject | undefined => server.find(Kinds.AerospikeCluster, { namespace, name: cluster })
  const pods = (): ReadonlyArray<KubeObject> => server.list(Kinds.Pod, { namespace, labelSelector: selector }).items
  const sets = (): ReadonlyArray<KubeObject> =>
    server.list(Kinds.StatefulSet, { namespace, labelSelector: selector }).items
  const replicas = (): number =>
    sets().reduce((sum, set) => sum + number((set["spec"] as { replicas?: unknown } | undefined)?.replicas), 0)
  const isUp = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp === undefined && hasCondition(pod, "Ready")

  server.gate.onRequest((request: RequestInfo) => {
    if (!request.user.startsWith("operator-")) return undefined
    if (request.user !== living) report("S4", `${request.verb} ${request.resource} by the dead ${request.user}`)
    if (!writeVerbs.has(request.verb)) return undefined
    writes++
    if (isQuiet) report("S9", `${request.verb} ${request.resource} ${request.name ?? ""} in steady state`)
    return undefined
  })

  server.onCommit(({ kind, object, previous }) => {
    if (kind.kind !== "AerospikeCluster" || object.metadata.name !== cluster) return
    if (JSON.stringify(previous?.["status"]) === JSON.stringify(object["status"])) return
    const status = object["status"] as { observedGeneration?: unknown; phase?: unknown } | undefined
    const generation = number(status?.observedGeneration)
    if (generation < observed) report("S10", `observedGeneration fell from ${observed} to ${generation}`)
    observed = generation
    if (status?.phase !== "Completed" || generation === 0) return
    noteMatch()
    const at = matchedAt.get(generation)
    if (at === undefined || options.now() - at > honestyMs)
      report("S10", `Completed for generation ${generation}, which the world does not match`)
  })

  /** Everything the spec asks for is there: sizes, revisions, readiness. */
  const matches = (): boolean => {
    const object = custom()
    if (object === undefined) return pods().length === 0
    const size = number((object["spec"] as { size?: unknown } | undefined)?.size)
    const present = pods()
    const wanted = new Map(
      sets().map((set) => {
        const template = (set["spec"] as { template?: { metadata?: { annotations?: Record<string, string> } } })
          .template
        return [set.metadata.uid, template?.metadata?.annotations?.[Annotation.templateHash]]
      }),
    )
    return (
      present.length === size &&
      replicas() === size &&
      present.every(
        (pod) =>
          isUp(pod) && pod.metadata.annotations?.[Annotation.templateHash] === wanted.get(controllerOf(pod) ?? ""),
      )
    )
  }

  const noteMatch = (): void => {
    const object = custom()
    if (object !== undefined && matches()) matchedAt.set(number(object.metadata.generation), options.now())
  }

  const isWhole = (): boolean => options.now() - wholeAt <= evidenceMs && wholeSize === replicas()

  /** Why stopping these members now would break S2 or S3. */
  const judgeStop = (victims: ReadonlyArray<KubeObject>): void => {
    const names = new Set(victims.map((pod) => pod.metadata.name))
    const healthy = victims.filter(isUp)
    if (healthy.length === 0) return
    const up = pods().filter((pod) => isUp(pod) && !names.has(pod.metadata.name)).length
    const down = replicas() - up
    if (down > options.maxUnavailable)
      report("S2", `stopping ${[...names].join(", ")} leaves ${down} of ${replicas()} members down`)
    if (!isWhole()) report("S3", `stopping ${[...names].join(", ")} while the cluster was not whole`)
  }

  const judgeRemoval = (kind: ResourceKind, ref: ObjectRef, removal: RemoveOptions): void => {
    if (kind.kind !== "Pod" && kind.kind !== "PersistentVolumeClaim" && kind.kind !== "StatefulSet") return
    const { uid, resourceVersion } = removal.preconditions ?? {}
    const what = `${kind.kind} ${ref.name}`
    if (uid === undefined || resourceVersion === undefined) report("S1", `delete of ${what} without preconditions`)
    const victim = server.find(kind, ref)
    // With another identity the API server refuses; nothing is destroyed.
    if (victim === undefined || (uid !== undefined && victim.metadata.uid !== uid)) return
    if (resourceVersion !== undefined && victim.metadata.resourceVersion !== resourceVersion) return
    const owner = custom()?.metadata.uid
    const belongsTo =
      kind.kind === "PersistentVolumeClaim"
        ? victim.metadata.labels?.[Label.clusterUid]
        : kind.kind === "StatefulSet"
          ? controllerOf(victim)
          : sets()
              .filter((set) => set.metadata.uid === controllerOf(victim))
              .map(controllerOf)[0]
    if (owner === undefined || belongsTo !== owner) report("S1", `delete of ${what}, which is not this cluster's`)
    if (kind.kind === "Pod") {
      restarts++
      judgeStop([victim])
    }
  }

  const judgeApply = (kind: ResourceKind, object: KubeObject): void => {
    const live = server.find(kind, { namespace, name: object.metadata.name ?? "" })
    if (live === undefined) return
    const before = number((live["spec"] as { replicas?: unknown } | undefined)?.replicas)
    const after = number((object["spec"] as { replicas?: unknown } | undefined)?.replicas)
    const { uid, resourceVersion } = object.metadata
    if (after >= before) return
    if (uid !== live.metadata.uid || resourceVersion !== live.metadata.resourceVersion) {
      if (uid === undefined || resourceVersion === undefined)
        report("S1", `${live.metadata.name ?? ""} is shrunk without preconditions`)
      return
    }
    const ordinal = (pod: KubeObject): number => Number(/-(\d+)$/.exec(pod.metadata.name ?? "")?.[1] ?? -1)
    judgeStop(pods().filter((pod) => controllerOf(pod) === live.metadata.uid && ordinal(pod) >= after))
  }

  const look = Effect.gen(function* () {
    const lost = yield* world.aerospike.lostRecords
    if (lost > 0) report("S3", "acknowledged records are lost")
    noteMatch()
    const members = yield* world.aerospike.members(cluster)
    const size = replicas()
    if (members.length === size && (yield* world.aerospike.settledAt(cluster)) !== undefined) {
      wholeAt = options.now()
      wholeSize = size
    }
  })

  return {
    violations,
    report,
    look,
    around: Layer.effect(
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
    isConverged: () => {
      const object = custom()
      if (object === undefined) return pods().length === 0 && sets().length === 0
      const status = object["status"] as { observedGeneration?: unknown; phase?: unknown } | undefined
      return (
        matches() && status?.phase === "Completed" && status.observedGeneration === number(object.metadata.generation)
      )
    },
    writes: () => writes,
    restarts: () => restarts,
    expectQuiet: (quiet) => {
      isQuiet = quiet
    },
    isQuiet: () => isQuiet,
    setLiving: (user) => {
      living = user
    },
  }
}
