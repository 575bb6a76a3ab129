/** Errors an API server may answer at any time. */
import { ApiFailure } from "../kube/ApiFailure.js"

/** One of them, by a uniform number in [0, 1): overload (with and without advice), crash of a backend, a lost race. */
export const apiFailure = (draw: number): ApiFailure => {
  if (draw < 0.25) return new ApiFailure(429, "TooManyRequests", "too many requests", { retryAfterSeconds: 1 })
  if (draw < 0.5) return new ApiFailure(500, "InternalError", "etcdserver: leader changed")
  if (draw < 0.75) return new ApiFailure(503, "ServiceUnavailable", "apiserver not ready")
  return new ApiFailure(504, "Timeout", "request did not complete within the allotted timeout")
}
