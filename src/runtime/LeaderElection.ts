/**
 * One of several instances works, the others wait with warm stores. Whoever renews a Lease leads; who cannot renew it stops by itself before
 * anybody else may take it.
 *
 *     waiting ──Lease free, given back, or unchanged for 15 s──▶ leading ──10 s without a successful renewal, or somebody else holds it──▶ deposed
 *
 * *Guarantees.* Times count on our own monotonic clock only: others' renewals by when *we* saw the Lease change, ours from before the request
 * left. So wrong or jumping wall clocks do nothing (R60), and clocks that run at different speed keep their order up to 15:10 (R61). A
 * frozen instance that wakes up finds its deadline passed and writes nothing (R58, `Fence`). Deposed is for ever: the process ends and a fresh
 * one campaigns. The Lease is renewed until everything that uses this layer has ended, then given back.
 *
 * *Gotchas.* An identity must never be used twice, not even by the next process of the same pod.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import { defaults } from "../config/OperatorConfig.js"
import type { KubeReader, KubeWriter } from "../kube/KubeClient.js"
import { type Attempt, makeCandidate } from "./Candidate.js"

/** This instance must not work any more; the process ends with it. */
export class LeadershipLost extends Data.TaggedError("LeadershipLost")<{ readonly detail: string }> {
  override get message(): string {
    return `leadership lost: ${this.detail}`
  }
}

export interface LeaderElectionOptions {
  readonly namespace: string
  /** Of the Lease. Default {@link defaultLeaseName}. */
  readonly name?: string
  /** Ours alone, ever. */
  readonly identity: string
  /** How long others wait after a renewal they saw (ms). Default 15 000. */
  readonly leaseMs?: number
  /** How long we go on after a renewal that succeeded (ms); less than `leaseMs` by what clocks may differ. Default 10 000. */
  readonly renewDeadlineMs?: number
  /** Pause between renewals, and between looks at somebody else's Lease (ms). Default 2 000. */
  readonly retryMs?: number
}

/** The name ACKO's operator has always used, so that an old and a new one never work side by side. */
export const defaultLeaseName = defaults.leaseName

/** `leader_election_master_status{name}`, as client-go calls it. */
const masterStatus = Metric.gauge("leader_election_master_status", {
  description: "1 while this instance leads, else 0, by name of the Lease",
})
const tellStatus = (lease: string, isLeading: boolean) =>
  Metric.set(Metric.tagged(masterStatus, "name", lease), Number(isLeading))

export class LeaderElection extends Context.Tag("acko/LeaderElection")<
  LeaderElection,
  {
    /** Campaigns, then works, and fails when leadership is lost: `work` is interrupted first. */
    readonly lead: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E | LeadershipLost, R>
    /** Whether we lead now: false before, and from our own deadline on, noticed or not. */
    readonly isLeading: Effect.Effect<boolean>
    /** Completes when leadership was lost or our deadline passed; not before we led. */
    readonly deposed: Effect.Effect<void>
  }
>() {
  /** Leads at once and for ever: the only instance. */
  static readonly layerNoop: Layer.Layer<LeaderElection> = Layer.succeed(LeaderElection, {
    lead: (work) => Effect.zipRight(tellStatus(defaultLeaseName, true), work),
    isLeading: Effect.succeed(true),
    deposed: Effect.never,
  })

  /** By a Lease. Nothing is sent before `lead` runs. */
  static readonly layer = (
    options: LeaderElectionOptions,
  ): Layer.Layer<LeaderElection, never, KubeReader | KubeWriter> =>
    Layer.scoped(
      LeaderElection,
      Effect.suspend(() => make(options)),
    )
}

/** Milliseconds that no wall clock moves. */
const monotonic: Effect.Effect<number> = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1_000n) / 1_000)

const make = (options: LeaderElectionOptions) =>
  Effect.gen(function* () {
    const { renewDeadlineMs = 10_000, retryMs = 2_000, name: lease = defaultLeaseName } = options
    const candidate = yield* makeCandidate({
      ref: { namespace: options.namespace, name: lease },
      identity: options.identity,
      leaseMs: options.leaseMs ?? 15_000,
    })
    const elected = yield* Deferred.make<void>()
    const lost = yield* Deferred.make<never, LeadershipLost>()
    const scope = yield* Effect.scope
    /** Until when we may write; moved by every renewal. */
    let deadline = -Infinity
    let isStarted = false

    const annotations = { lease: candidate.place, identity: options.identity }
    const left = Effect.map(monotonic, (now) => deadline - now)

    /** One bounded try; a hanging API server must leave time for another one. Answers with when it began. */
    const attempt = (limitMs: number) =>
      Effect.gen(function* () {
        const startedAt = yield* monotonic
        const result: Attempt = yield* candidate.attempt(startedAt).pipe(
          Effect.timeoutTo({
            duration: Math.min(limitMs, renewDeadlineMs / 2),
            onSuccess: (answer) => answer,
            onTimeout: (): Attempt => ({ _tag: "Failed", detail: "no answer in time" }),
          }),
        )
        return { startedAt, result }
      })

    let told = ""
    /** Said once until something else is to be said. */
    const tell = (log: typeof Effect.logInfo, message: string) =>
      Effect.suspend(() => {
        if (told === message) return Effect.void
        told = message
        return Effect.annotateLogs(log(message), annotations)
      })

    const campaign = Effect.gen(function* () {
      while (true) {
        const { startedAt, result } = yield* attempt(renewDeadlineMs)
        if (result._tag === "Held") {
          deadline = startedAt + renewDeadlineMs
          if ((yield* left) > 0) return
          continue
        }
        yield* result._tag === "Taken"
          ? tell(Effect.logInfo, `waits: ${result.holder} leads`)
          : tell(Effect.logWarning, `the lease cannot be read or taken: ${result.detail}`)
        const freeInMs = result._tag === "Taken" ? result.freeAt - (yield* monotonic) : retryMs
        yield* Effect.sleep(Math.max(50, Math.min(retryMs, freeInMs)))
      }
    })

    /** Renews until it is too late. Succeeds with why it ended. */
    const hold = Effect.gen(function* () {
      let problem = "no renewal was tried in time"
      let pauseMs = retryMs
      while (true) {
        yield* Effect.sleep(Math.max(0, Math.min(pauseMs, yield* left)))
        const leftMs = yield* left
        if (leftMs <= 0) return `not renewed within ${renewDeadlineMs} ms: ${problem}`
        const { startedAt, result } = yield* attempt(leftMs)
        // What comes back after the deadline, for one after a freeze, comes too late whatever it says.
        if ((yield* left) <= 0) return `not renewed within ${renewDeadlineMs} ms: ${problem}`
        if (result._tag === "Taken") return `${result.holder === "" ? "nobody" : result.holder} holds the lease`
        if (result._tag === "Held") deadline = startedAt + renewDeadlineMs
        else {
          problem = result.detail
          yield* tell(Effect.logWarning, `the lease cannot be renewed: ${problem}`)
        }
        pauseMs = result._tag === "Held" ? retryMs : retryMs / 2
      }
    })

    const term = Effect.gen(function* () {
      yield* campaign
      yield* tellStatus(lease, true)
      yield* tell(Effect.logInfo, "leads")
      yield* Deferred.succeed(elected, undefined)
      const detail = yield* hold
      deadline = -Infinity
      yield* tellStatus(lease, false)
      yield* Deferred.fail(lost, new LeadershipLost({ detail }))
    }).pipe(
      // A bug here must end the process, not leave an instance that believes to lead (S11).
      Effect.catchAllCause((cause) => Deferred.failCause(lost, cause)),
    )

    const giveBack = Effect.gen(function* () {
      const leftMs = yield* left
      deadline = -Infinity
      yield* tellStatus(lease, false)
      if (leftMs <= 0) return
      yield* candidate.release.pipe(
        Effect.interruptible,
        // Whoever ends because of a bug ends within a second (S11).
        Effect.timeout(Math.min(leftMs, 800)),
        Effect.matchEffect({
          onSuccess: () => tell(Effect.logInfo, "gave the lease back"),
          onFailure: (error) => tell(Effect.logDebug, `the lease was not given back: ${error.message}`),
        }),
      )
    })

    /** The fiber belongs to the layer: it renews while the work that was interrupted is still finishing. */
    const start = Effect.suspend(() => {
      if (isStarted) return Effect.void
      isStarted = true
      return tellStatus(lease, false).pipe(
        Effect.zipRight(Effect.addFinalizer(() => giveBack)),
        Effect.zipRight(Effect.forkScoped(Effect.interruptible(term))),
        Effect.provideService(Scope.Scope, scope),
        Effect.asVoid,
      )
    })

    const expiry: Effect.Effect<void> = Effect.gen(function* () {
      yield* Deferred.await(elected)
      for (let leftMs = yield* left; leftMs > 0; leftMs = yield* left) yield* Effect.sleep(leftMs)
    })
    const deposed = Effect.raceFirst(Effect.asVoid(Effect.exit(Deferred.await(lost))), expiry)

    return LeaderElection.of({
      lead: (work) =>
        Effect.gen(function* () {
          yield* start
          yield* Effect.raceFirst(Deferred.await(elected), Deferred.await(lost))
          return yield* Effect.raceFirst(work, Deferred.await(lost))
        }),
      isLeading: Effect.map(left, (ms) => ms > 0),
      deposed,
    })
  })
