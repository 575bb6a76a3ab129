/**
 * A {@link KubeWriter} around a {@link KubeWriter}: the API server's answer to each write goes into the stores before the caller sees it.
 * So no pass ever decides from a picture older than its own last write (R19, W52), and nothing has to wait for the watch to catch up.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { KubeObject, ResourceKind } from "../domain/Kubernetes.js"
import { KubeWriter } from "../kube/KubeClient.js"
import { Stores, storeOf } from "./Sources.js"

export const layer: Layer.Layer<KubeWriter, never, KubeWriter | Stores> = Layer.effect(
  KubeWriter,
  Effect.gen(function* () {
    const writer = yield* KubeWriter
    const stores = yield* Stores
    const confirm = (kind: ResourceKind) => (object: KubeObject) =>
      storeOf(stores, kind)?.confirm(object) ?? Effect.void
    return KubeWriter.of({
      create: (kind, object) => Effect.tap(writer.create(kind, object), confirm(kind)),
      replace: (kind, object, subresource) => Effect.tap(writer.replace(kind, object, subresource), confirm(kind)),
      apply: (kind, object, options) => Effect.tap(writer.apply(kind, object, options), confirm(kind)),
      patch: (kind, ref, options) => Effect.tap(writer.patch(kind, ref, options), confirm(kind)),
      remove: (kind, ref, options) =>
        Effect.tap(writer.remove(kind, ref, options), (left) => {
          const uid = options.preconditions?.uid
          if (left !== undefined) return confirm(kind)(left)
          return uid === undefined ? Effect.void : (storeOf(stores, kind)?.confirmGone(ref, uid) ?? Effect.void)
        }),
      evict: writer.evict,
      bind: writer.bind,
    })
  }),
)
