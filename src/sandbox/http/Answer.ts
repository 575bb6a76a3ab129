/** An HTTP answer before it is sent. */
import type { FailureStatus } from "../../testing/kube/ApiFailure.js"

export interface Answer {
  readonly status: number
  /** JSON, unless it is text or bytes. */
  readonly body: unknown
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
}

export const json = (body: unknown, status = 200): Answer => ({
  status,
  body,
  contentType: "application/json",
  headers: {},
})

export const text = (body: string, status = 200): Answer => ({ status, body, contentType: "text/plain", headers: {} })

export const bytes = (body: Buffer, contentType: string): Answer => ({ status: 200, body, contentType, headers: {} })

/** What no group of the API answers. */
export const pageNotFound: Answer = text("404 page not found\n", 404)

/** An error as the API sends it, with `Retry-After` where it has one. */
export const failure = (status: FailureStatus): Answer => {
  const seconds = status.details?.retryAfterSeconds
  return {
    ...json(status, status.code),
    headers: seconds === undefined ? {} : { "retry-after": String(seconds) },
  }
}
