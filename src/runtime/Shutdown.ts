/**
 * R12: a {@link KubeWriter} that begins no write once the queue is closed, which is the first thing an ending operator does. What is on its way
 * may finish; Events may still tell what has been done.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Kinds } from "../domain/Kubernetes.js"
import { guardedWriter, notSent } from "../kube/guardedWriter.js"
import { KubeWriter } from "../kube/KubeClient.js"
import { Triggers } from "./Triggers.js"

/** Put it between the writer and everybody who writes. */
export const layer: Layer.Layer<KubeWriter, never, KubeWriter | Triggers> = Layer.effect(
  KubeWriter,
  Effect.zipWith(KubeWriter, Triggers, (writer, queue) =>
    guardedWriter(writer, (info, write) =>
      info.kind.plural === Kinds.CoreEvent.plural
        ? write
        : Effect.flatMap(queue.isClosed, (isClosed) =>
            isClosed ? Effect.fail(notSent(info, "the operator is ending")) : write,
          ),
    ),
  ),
)
