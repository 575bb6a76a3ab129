/** One instance and its Lease: a single try to take or renew it, and giving it back. When to try is decided by `LeaderElection`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { keyString, Kinds, type KubeObject } from "../domain/Kubernetes.js"
import { KubeReader, KubeWriter } from "../kube/KubeClient.js"
import { isAlreadyExists, isConflict, isNotFound, type KubeError } from "../kube/KubeError.js"
import { type Claim, claimed, leaseView, newLease, released } from "../kube/Lease.js"

export interface CandidateOptions {
  readonly ref: { readonly namespace: string; readonly name: string }
  readonly identity: string
  /** How long somebody else's Lease is respected after we saw it change (ms). */
  readonly leaseMs: number
}

/** How a try ended. */
export type Attempt =
  /** The Lease is ours, renewed by this try. */
  | { readonly _tag: "Held" }
  /** Somebody else's, until `freeAt` (ms on the clock that `attempt` was given) unless it changes. */
  | { readonly _tag: "Taken"; readonly holder: string; readonly freeAt: number }
  | { readonly _tag: "Failed"; readonly detail: string }

export interface Candidate {
  /** `namespace/name` of the Lease. */
  readonly place: string
  /** Reads if necessary, takes or renews if allowed. `now`: monotonic ms. Never fails; bound it from outside. */
  readonly attempt: (now: number) => Effect.Effect<Attempt>
  /** Gives the Lease back if it is ours. */
  readonly release: Effect.Effect<void, KubeError>
}

/** A holder may ask for more patience than ours, up to this: a wrong number must not lock everybody out (R62). */
const longestRespectMs = 45_000

export const makeCandidate = (options: CandidateOptions): Effect.Effect<Candidate, never, KubeReader | KubeWriter> =>
  Effect.gen(function* () {
    const reader = yield* KubeReader
    const writer = yield* KubeWriter
    const { ref, identity, leaseMs } = options
    /** The Lease as we wrote it last, while nobody else is known to have written. */
    let known: KubeObject | undefined
    /** From the first success on: a holder renews, or finds that it is one no more; it never takes the Lease a second time. */
    let isHolder = false
    /** The last change of somebody else's Lease that we saw, and when. */
    let seen: { readonly resourceVersion: string; readonly holder: string; readonly freeAt: number } | undefined

    const claim: Effect.Effect<Claim> = Effect.map(Clock.currentTimeMillis, (at) => ({
      holder: identity,
      durationSeconds: Math.max(1, Math.round(leaseMs / 1000)),
      at,
    }))

    const keep = (lease: KubeObject): Attempt => {
      known = lease
      isHolder = true
      return { _tag: "Held" }
    }

    const create = Effect.gen(function* () {
      return keep(yield* writer.create(Kinds.Lease, newLease(ref, yield* claim)))
    })

    const put = (lease: KubeObject) =>
      Effect.gen(function* () {
        return keep(yield* writer.replace(Kinds.Lease, claimed(lease, yield* claim)))
      })

    const respect = (lease: KubeObject, now: number): Extract<Attempt, { readonly _tag: "Taken" }> => {
      const { holder, resourceVersion, durationSeconds } = leaseView(lease)
      if (seen?.resourceVersion !== resourceVersion) {
        const patienceMs = Math.max(leaseMs, Math.min(durationSeconds * 1000, longestRespectMs))
        seen = { resourceVersion, holder, freeAt: now + patienceMs }
      }
      return { _tag: "Taken", holder, freeAt: seen.freeAt }
    }

    /** Looks, and takes what nobody holds any more. Times count from the answer: a slow one must not shorten anybody's lease. */
    const look = (now: number): Effect.Effect<Attempt, KubeError> =>
      Effect.gen(function* () {
        const before = yield* Clock.currentTimeNanos
        const lease = yield* Effect.catchIf(reader.get(Kinds.Lease, ref), isNotFound, () => Effect.succeed(undefined))
        const answeredAt = now + Number((yield* Clock.currentTimeNanos) - before) / 1e6
        if (lease === undefined) {
          // Deleted under a holder we know of: the holder may go on for as long as its lease.
          if (seen !== undefined && answeredAt < seen.freeAt) return { _tag: "Taken", ...seen }
          return yield* create
        }
        const { holder } = leaseView(lease)
        if (holder === identity || holder === "") return yield* put(lease)
        const taken = respect(lease, answeredAt)
        return answeredAt < taken.freeAt ? taken : yield* put(lease)
      })

    /** Any answer but success may mean that our picture is old; a PUT to a deleted Lease, for one, is a 500 (a Lease can be created by PUT). */
    const renew = (lease: KubeObject, now: number): Effect.Effect<Attempt, KubeError> =>
      Effect.catchTag(put(lease), "KubeStatusError", () => {
        known = undefined
        return lookAsHolder(now)
      })

    /** Somebody wrote: a label, or a claim. A claim, even an empty one, means that others may lead already. */
    const lookAsHolder = (now: number): Effect.Effect<Attempt, KubeError> =>
      Effect.gen(function* () {
        const lease = yield* Effect.catchIf(reader.get(Kinds.Lease, ref), isNotFound, () => Effect.succeed(undefined))
        if (lease === undefined) return yield* create
        return leaseView(lease).holder === identity ? yield* put(lease) : respect(lease, now)
      })

    return {
      place: keyString(ref),
      attempt: (now) =>
        Effect.suspend(() => {
          if (!isHolder) return look(now)
          return known === undefined ? lookAsHolder(now) : renew(known, now)
        }).pipe(
          Effect.catchAll((error): Effect.Effect<Attempt> => {
            // Somebody was faster; the next look tells who.
            const detail = isConflict(error) || isAlreadyExists(error) ? "somebody else was faster" : error.message
            return Effect.succeed({ _tag: "Failed", detail })
          }),
        ),
      release: Effect.gen(function* () {
        const at = yield* Clock.currentTimeMillis
        const write = (lease: KubeObject) => writer.replace(Kinds.Lease, released(lease, at))
        const again = Effect.flatMap(reader.get(Kinds.Lease, ref), (lease) =>
          leaseView(lease).holder === identity ? write(lease) : Effect.void,
        )
        // An answer of ours may still be on its way, so the version we know may be old.
        if (known === undefined) yield* again
        else yield* Effect.catchIf(write(known), isConflict, () => again)
      }),
    }
  })
