/** What can go wrong when talking to the API server, one tag per cause. Each says whether trying again can help. */
import * as Data from "effect/Data"

/** `retry`: the same request may succeed later. `reread`: our picture is old, read again and decide again. `stop`: repeating is useless. */
export type RetryClass = "retry" | "reread" | "stop"

interface Where {
  readonly verb: string
  /** `pods`, `statefulsets/scale`, … */
  readonly resource: string
  readonly namespace?: string
  readonly name?: string
}

/** Without a name of its own, an error's `name` is the one every error has: its class's. */
const place = (e: Where): string => {
  const { namespace, resource, verb } = e
  if (!Object.hasOwn(e, "name")) return `${verb} ${resource}${namespace === undefined ? "" : ` in ${namespace}`}`
  return `${verb} ${resource} ${namespace === undefined ? "" : `${namespace}/`}${e.name ?? ""}`
}

/** No usable HTTP answer: refused, reset, TLS, DNS, timed out. Whether a write took effect is unknown (R11). */
export class KubeTransportError extends Data.TaggedError("KubeTransportError")<
  Where & { readonly reason: "Connect" | "Timeout" | "Broken"; readonly cause: unknown }
> {
  readonly retry: RetryClass = "retry"
  override get message(): string {
    return `${place(this)}: no answer from the API server (${this.reason}): ${String(this.cause)}`
  }
}

/** The API server answered with an error `Status`. */
export class KubeStatusError extends Data.TaggedError("KubeStatusError")<
  Where & {
    readonly status: number
    /** `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Expired`, `Gone`, `TooManyRequests`, … */
    readonly reason: string
    readonly detail: string
    /** From the `Retry-After` header or `details.retryAfterSeconds`; two minutes at most. */
    readonly retryAfterMs?: number
    /** `status.details` as sent, for causes and field paths. */
    readonly details?: unknown
  }
> {
  get retry(): RetryClass {
    if (this.status === 409 || this.status === 404 || this.status === 410 || isOtherUid(this)) return "reread"
    if (this.status === 429 || this.status >= 500 || this.status === 401) return "retry"
    return "stop"
  }
  override get message(): string {
    return `${place(this)}: ${this.status} ${this.reason}: ${this.detail}`
  }
}

/** The answer was not what the API promises (not JSON, no metadata, …). */
export class KubeDecodeError extends Data.TaggedError("KubeDecodeError")<
  Where & { readonly detail: string; readonly cause?: unknown }
> {
  readonly retry: RetryClass = "retry"
  override get message(): string {
    return `${place(this)}: unreadable answer: ${this.detail}`
  }
}

/** A watch said nothing at all for longer than its idle limit (R37, R38). */
export class WatchIdleError extends Data.TaggedError("WatchIdleError")<Where & { readonly idleMs: number }> {
  readonly retry: RetryClass = "retry"
  override get message(): string {
    return `${place(this)}: silent for ${this.idleMs} ms`
  }
}

/** We did not send the write, or gave it up on its way: somebody else may lead (S4), or we are ending (R12). Whoever comes next decides anew. */
export class NotSentError extends Data.TaggedError("NotSentError")<Where & { readonly why: string }> {
  readonly retry: RetryClass = "reread"
  override get message(): string {
    return `${place(this)}: not sent: ${this.why}`
  }
}

export type KubeError = KubeTransportError | KubeStatusError | KubeDecodeError | WatchIdleError | NotSentError

const isStatus =
  (status: number, reason?: string) =>
  (e: { readonly _tag: string }): e is KubeStatusError =>
    e instanceof KubeStatusError && e.status === status && (reason === undefined || e.reason === reason)

export const isNotFound = isStatus(404)

/** A patch or an apply that names another UID than the live object's is told so as an immutable field (R17). */
const isOtherUid = (e: { readonly _tag: string }): boolean =>
  e instanceof KubeStatusError &&
  e.status === 422 &&
  / is invalid: metadata\.uid: .*: field is immutable$/.test(e.detail)

/** The object is not the one, or not in the version, that was meant. */
export const isConflict = (e: { readonly _tag: string }): e is KubeStatusError =>
  e instanceof KubeStatusError && (e.status === 409 || isOtherUid(e))
export const isAlreadyExists = isStatus(409, "AlreadyExists")
export const isForbidden = isStatus(403)
export const isUnauthorized = isStatus(401)
/** The resourceVersion or continue token is too old: list again. As HTTP status and as in-stream `ERROR` (R32). */
export const isGone = (e: { readonly _tag: string }): e is KubeStatusError =>
  e instanceof KubeStatusError && (e.status === 410 || e.reason === "Expired" || e.reason === "Gone")
