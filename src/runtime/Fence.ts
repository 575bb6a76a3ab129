/**
 * S4: a {@link KubeWriter} that writes only while this instance leads. Every mutating request, Events too, is refused once the deadline of our
 * own lease has passed on our own monotonic clock, and given up where it passes while the request is on its way (waiting for a connection,
 * for a pause the server asked for, for an answer).
 *
 * *Gotchas.* What has left the process cannot be called back: preconditions make it harmless (S1).
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { guardedWriter, notSent } from "../kube/guardedWriter.js"
import { KubeWriter } from "../kube/KubeClient.js"
import { LeaderElection } from "./LeaderElection.js"

/** `writer`, as long as `election` says that we lead. */
export const fenced = (
  writer: Context.Tag.Service<KubeWriter>,
  election: Pick<Context.Tag.Service<LeaderElection>, "isLeading" | "deposed">,
): Context.Tag.Service<KubeWriter> =>
  guardedWriter(writer, (info, write) => {
    const refuse = Effect.suspend(() => Effect.fail(notSent(info, "another instance may lead")))
    return Effect.flatMap(election.isLeading, (isLeading) =>
      isLeading ? Effect.raceFirst(write, Effect.zipRight(election.deposed, refuse)) : refuse,
    )
  })

/** Put it between the transport's writer and everybody who writes. */
export const layer: Layer.Layer<KubeWriter, never, KubeWriter | LeaderElection> = Layer.effect(
  KubeWriter,
  Effect.zipWith(KubeWriter, LeaderElection, fenced),
)
