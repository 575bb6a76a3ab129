/** A {@link KubeWriter} whose every write passes a guard: one place that knows all of them. */
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import { Kinds, type KubeObject, type ObjectRef, type ResourceKind } from "../domain/Kubernetes.js"
import type { KubeWriter } from "./KubeClient.js"
import { type KubeError, NotSentError } from "./KubeError.js"

/** Which write it is. */
export interface WriteInfo {
  readonly verb: string
  readonly kind: ResourceKind
  readonly ref: Partial<ObjectRef>
}

/** Decides about one write: lets it happen, stops it, gives it up on its way. */
export type WriteGuard = <A>(info: WriteInfo, write: Effect.Effect<A, KubeError>) => Effect.Effect<A, KubeError>

/** The error of a guard that does not let `info` happen. */
export const notSent = ({ kind, ref, verb }: WriteInfo, why: string): NotSentError =>
  new NotSentError({ verb, resource: kind.plural, ...ref, why })

const refOf = ({ metadata: { namespace, name } }: KubeObject): Partial<ObjectRef> => ({
  ...(namespace === undefined ? {} : { namespace }),
  ...(name === undefined ? {} : { name }),
})

export const guardedWriter = (
  writer: Context.Tag.Service<KubeWriter>,
  guard: WriteGuard,
): Context.Tag.Service<KubeWriter> => ({
  create: (kind, object) => guard({ verb: "create", kind, ref: refOf(object) }, writer.create(kind, object)),
  replace: (kind, object, subresource) =>
    guard({ verb: "update", kind, ref: refOf(object) }, writer.replace(kind, object, subresource)),
  apply: (kind, object, options) =>
    guard({ verb: "apply", kind, ref: refOf(object) }, writer.apply(kind, object, options)),
  patch: (kind, ref, options) => guard({ verb: "patch", kind, ref }, writer.patch(kind, ref, options)),
  remove: (kind, ref, options) => guard({ verb: "delete", kind, ref }, writer.remove(kind, ref, options)),
  evict: (ref, options) => guard({ verb: "evict", kind: Kinds.Pod, ref }, writer.evict(ref, options)),
  bind: (ref, host) => guard({ verb: "bind", kind: Kinds.Pod, ref }, writer.bind(ref, host)),
})
