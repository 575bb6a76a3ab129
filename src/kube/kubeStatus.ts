/** From an HTTP answer (or an in-stream `ERROR`) to a {@link KubeStatusError}. */
import { withoutConfidential } from "./confidential.js"
import type { KubeRequest } from "./KubeRequest.js"
import { whereOf } from "./KubeRequest.js"
import { KubeStatusError } from "./KubeError.js"

/** Error messages end up in conditions and logs: keep them readable. */
const maxDetailChars = 1024

/**
 * Longest pause believed (ms). Pages for maintenance ask for an hour, and wrong clocks for years: nothing of ours may be blind, or silent, for as
 * long as a header says.
 */
export const longestPauseMs = 120_000

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const reasonOf: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Gone",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
}

/** `Retry-After` in milliseconds: seconds or an HTTP date, never negative; undefined when absent or unreadable. */
export const retryAfterMs = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // Proxies and overload protection answer in plain text: the text itself is the detail.
    return undefined
  }
}

const retryAfterInDetails = (details: unknown): number | undefined =>
  isRecord(details) && typeof details["retryAfterSeconds"] === "number" && details["retryAfterSeconds"] > 0
    ? details["retryAfterSeconds"] * 1000
    : undefined

/** The same JSON with every text changed. */
const eachText = (json: unknown, change: (text: string) => string): unknown => {
  if (typeof json === "string") return change(json)
  if (Array.isArray(json)) return json.map((item) => eachText(item, change))
  if (!isRecord(json)) return json
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, eachText(value, change)]))
}

/** An error from a `Status` object, as answers and in-stream `ERROR`s carry it. It does not repeat what was confidential in the request. */
export const statusError = (
  request: KubeRequest,
  status: unknown,
  fallback: { readonly code: number; readonly text: string; readonly retryAfterMs?: number | undefined },
): KubeStatusError => {
  const fields = isRecord(status) && status["kind"] === "Status" ? status : {}
  // A proxy's answer code and a Status body can differ; inside a stream only the body counts (its fallback code is 500).
  const code = typeof fields["code"] === "number" && fields["code"] >= 300 ? fields["code"] : fallback.code
  const reason = typeof fields["reason"] === "string" && fields["reason"] !== "" ? fields["reason"] : undefined
  const message = typeof fields["message"] === "string" ? fields["message"] : fallback.text
  const silent = withoutConfidential(request.body?.json)
  const details = eachText(fields["details"], silent)
  const wait = fallback.retryAfterMs ?? retryAfterInDetails(details)
  return new KubeStatusError({
    ...whereOf(request),
    status: code,
    reason: reason ?? reasonOf[code] ?? (code < 400 ? "Redirect" : "Unknown"),
    detail: silent(message).trim().slice(0, maxDetailChars),
    ...(wait === undefined ? {} : { retryAfterMs: Math.min(wait, longestPauseMs) }),
    ...(details === undefined ? {} : { details }),
  })
}

/** An error from an HTTP answer that was not 2xx. */
export const answerError = (
  request: KubeRequest,
  answer: { readonly status: number; readonly text: string; readonly retryAfter: string | undefined },
  now: number,
): KubeStatusError =>
  statusError(request, parseJson(answer.text), {
    code: answer.status,
    text: answer.text,
    retryAfterMs: retryAfterMs(answer.retryAfter, now),
  })

const hasCause = (error: KubeStatusError, reason: string): boolean => {
  const causes = isRecord(error.details) ? error.details["causes"] : undefined
  return Array.isArray(causes) && causes.some((cause) => isRecord(cause) && cause["reason"] === reason)
}

/** The server has not reached that version (restored from a backup, or a lagging cache): only a new list helps (R34). */
export const isVersionTooLarge = (error: KubeStatusError): boolean =>
  hasCause(error, "ResourceVersionTooLarge") || /too large resource version/i.test(error.detail)

/** An eviction a PodDisruptionBudget refused; any other 429 speaks of load (R46). */
export const isBudgetRefusal = (error: { readonly _tag: string }): error is KubeStatusError =>
  error instanceof KubeStatusError && error.status === 429 && hasCause(error, "DisruptionBudget")
