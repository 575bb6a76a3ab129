/** Bodies of calls, bounded each and all together (R125). */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { IncomingMessage } from "node:http"

/** Largest body: what the API server itself accepts as an object, and more than etcd stores. */
export const maxBodyBytes = 3 * 1024 * 1024

/** The call cannot be answered with a review. `status`: of the HTTP answer. */
export class BadCall extends Data.TaggedError("BadCall")<{ readonly status: number; readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

/** Bytes of bodies in memory at a time. */
export interface BodyBudget {
  /** False: there is no room for so many more. */
  readonly take: (bytes: number) => boolean
  readonly giveBack: (bytes: number) => void
}

export const makeBodyBudget = (limit: number): BodyBudget => {
  let used = 0
  return {
    take: (bytes) => {
      if (used + bytes > limit) return false
      used += bytes
      return true
    },
    giveBack: (bytes) => void (used -= bytes),
  }
}

const tooLarge = () => new BadCall({ status: 413, detail: `the body is larger than ${maxBodyBytes} bytes` })
const busy = () => new BadCall({ status: 503, detail: "too many calls at the same time, try again" })
const broken = () => new BadCall({ status: 400, detail: "the body ended before it was complete" })
const notUtf8 = () => new BadCall({ status: 400, detail: "the body is not UTF-8" })

/** The whole body. What is too large or finds no room is not read to its end: close the connection after the answer. */
const collect = (request: IncomingMessage, claim: (bytes: number) => boolean): Effect.Effect<Buffer, BadCall> =>
  Effect.async((resume) => {
    const chunks: Array<Buffer> = []
    let size = 0
    const forget = () => {
      request.pause()
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose)
    }
    const settle = (result: Effect.Effect<Buffer, BadCall>) => {
      forget()
      resume(result)
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBodyBytes) return settle(Effect.fail(tooLarge()))
      if (!claim(chunk.length)) return settle(Effect.fail(busy()))
      chunks.push(chunk)
    }
    const onEnd = () => settle(Effect.succeed(Buffer.concat(chunks)))
    const onClose = () => settle(Effect.fail(broken()))
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose)
    return Effect.sync(forget)
  })

/** Reads the body as text and hands it to `use`; its bytes count against the budget until `use` is done. */
export const withBody = <A>(
  request: IncomingMessage,
  budget: BodyBudget,
  use: (text: string) => Effect.Effect<A, BadCall>,
): Effect.Effect<A, BadCall> =>
  Effect.suspend(() => {
    if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) return Effect.fail(tooLarge())
    let held = 0
    const claim = (bytes: number): boolean => {
      const isGranted = budget.take(bytes)
      if (isGranted) held += bytes
      return isGranted
    }
    return collect(request, claim).pipe(
      Effect.flatMap((bytes) =>
        Effect.try({ try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes), catch: notUtf8 }),
      ),
      Effect.flatMap(use),
      Effect.ensuring(Effect.sync(() => budget.giveBack(held))),
    )
  })
