/** Why a node could not be asked. The causes are told apart because people act differently on them; decisions treat all as unknown. */
import * as Data from "effect/Data"
import type { UnreachableReason } from "../domain/NodeFacts.js"

export class InfoError extends Data.TaggedError("InfoError")<{
  readonly reason: UnreachableReason
  /** `host:port` asked. */
  readonly address: string
  readonly detail: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `info ${this.address}: ${this.reason}: ${this.detail}`
  }
}
