/** Messages between the operator and the process that holds the native client. Plain JSON over the IPC channel of `node:child_process`. */
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { ClientView, NodeAddress } from "../domain/NodeFacts.js"

/** To the process: connect, look, disconnect. */
export interface ViewRequest {
  /** Comes back in the reply: a reply to another request is not taken. */
  readonly id: number
  readonly seeds: ReadonlyArray<NodeAddress>
  readonly clusterName: string
  /** Longest connect to one address, in ms. The native client blocks its process that long per silent seed. */
  readonly connectTimeoutMs: number
}

/** From the process: what came of it. */
export interface ViewReply {
  readonly id: number
  readonly outcome: ClientView["outcome"]
}

const viewReply = Schema.Struct({
  id: Schema.Number,
  outcome: Schema.Union(
    Schema.TaggedStruct("Connected", {
      nodes: Schema.Record({ key: Schema.String, value: Schema.String }),
      unreachable: Schema.Array(Schema.String),
    }),
    Schema.TaggedStruct("Disconnected", { message: Schema.String }),
    Schema.TaggedStruct("Unknown", { message: Schema.String }),
  ),
})

/** A message as a reply, if it is one: what arrives is not trusted. */
export const decodeReply: (message: unknown) => Option.Option<ViewReply> = Schema.decodeUnknownOption(viewReply)
