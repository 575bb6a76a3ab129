/** Asking one Aerospike node over the info protocol (behaviour.md A.1): several commands in one request over TCP. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type { Answer, NodeAddress } from "../domain/NodeFacts.js"
import { InfoError } from "./AerospikeError.js"
import { type InfoConnectionsOptions, makeInfoConnections } from "./infoConnections.js"
import { encodeRequest } from "./infoProtocol.js"

/** See {@link AerospikeInfo}. */
export type Ask = (
  address: NodeAddress,
  commands: ReadonlyArray<string>,
) => Effect.Effect<ReadonlyArray<Answer<string>>, InfoError>

/**
 * One request, all commands, one answer per command in order.
 *
 * Interrupting closes the socket. Answers are bounded (8 MiB) and complete or an error; an `ERROR:`/`FAIL:` text is a
 * `ServerError`, a command without a line in the answer is `Absent`. A command that contains a newline is refused before anything
 * is sent (R121): exactly the given commands go over the wire.
 *
 * *Gotchas*: there is no timeout in here; callers bound the effect (`Enrichment` does, per node).
 */
export class AerospikeInfo extends Context.Tag("acko/AerospikeInfo")<AerospikeInfo, { readonly ask: Ask }>() {
  /** Over TCP; connections are kept per address (see `makeInfoConnections`) and closed with the layer. */
  static readonly layer: Layer.Layer<AerospikeInfo> = Layer.scoped(AerospikeInfo, makeInfoConnections())

  /** As {@link AerospikeInfo.layer}, with other limits. */
  static readonly layerWith = (options: InfoConnectionsOptions): Layer.Layer<AerospikeInfo> =>
    Layer.scoped(AerospikeInfo, makeInfoConnections(options))

  /** Answers from a function instead of the network; commands are refused as over the wire. */
  static readonly layerMemory = (answer: Ask): Layer.Layer<AerospikeInfo> =>
    Layer.succeed(AerospikeInfo, {
      ask: (address, commands) =>
        Either.match(encodeRequest(commands), {
          onLeft: (fault) => Effect.fail(new InfoError({ address: `${address.host}:${address.port}`, ...fault })),
          onRight: () => answer(address, commands),
        }),
    })
}
