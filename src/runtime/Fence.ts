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
import { Kinds, type KubeObject, type ObjectRef, type ResourceKind } from "../domain/Kubernetes.js"
import { KubeWriter } from "../kube/KubeClient.js"
import { type KubeError, NotLeadingError } from "../kube/KubeError.js"
import { LeaderElection } from "./LeaderElection.js"

const refOf = ({ metadata: { namespace, name } }: KubeObject): Partial<ObjectRef> => ({
  ...(namespace === undefined ? {} : { namespace }),
  ...(name === undefined ? {} : { name }),
})

/** `writer`, as long as `election` says that we lead. */
export const fenced = (
  writer: Context.Tag.Service<KubeWriter>,
  election: Pick<Context.Tag.Service<LeaderElection>, "isLeading" | "deposed">,
): Context.Tag.Service<KubeWriter> => {
  const guard = <A>(
    verb: string,
    kind: ResourceKind,
    ref: Partial<ObjectRef>,
    write: Effect.Effect<A, KubeError>,
  ): Effect.Effect<A, KubeError> => {
    const refuse = Effect.suspend(() => Effect.fail(new NotLeadingError({ verb, resource: kind.plural, ...ref })))
    return Effect.flatMap(election.isLeading, (isLeading) =>
      isLeading ? Effect.raceFirst(write, Effect.zipRight(election.deposed, refuse)) : refuse,
    )
  }
  return {
    create: (kind, object) => guard("create", kind, refOf(object), writer.create(kind, object)),
    replace: (kind, object, subresource) =>
      guard("update", kind, refOf(object), writer.replace(kind, object, subresource)),
    apply: (kind, object, options) => guard("apply", kind, refOf(object), writer.apply(kind, object, options)),
    patch: (kind, ref, options) => guard("patch", kind, ref, writer.patch(kind, ref, options)),
    remove: (kind, ref, options) => guard("delete", kind, ref, writer.remove(kind, ref, options)),
    evict: (ref, options) => guard("evict", Kinds.Pod, ref, writer.evict(ref, options)),
    bind: (ref, host) => guard("bind", Kinds.Pod, ref, writer.bind(ref, host)),
  }
}

/** Put it between the transport's writer and everybody who writes. */
export const layer: Layer.Layer<KubeWriter, never, KubeWriter | LeaderElection> = Layer.effect(
  KubeWriter,
  Effect.zipWith(KubeWriter, LeaderElection, fenced),
)
