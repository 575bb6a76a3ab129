/** The audit log of the API server: who asked for what, and what the answer was. */
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"

/** The part of an `audit.k8s.io/v1` event that tests look at. */
const AuditEvent = Schema.Struct({
  auditID: Schema.String,
  stage: Schema.Literal("ResponseStarted", "ResponseComplete", "Panic"),
  verb: Schema.String,
  requestURI: Schema.String,
  /** No name: the credentials were refused. */
  user: Schema.Struct({
    username: Schema.optional(Schema.String),
    extra: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Array(Schema.String) })),
  }),
  userAgent: Schema.optional(Schema.String),
  objectRef: Schema.optional(
    Schema.Struct({
      apiGroup: Schema.optional(Schema.String),
      resource: Schema.optional(Schema.String),
      subresource: Schema.optional(Schema.String),
      namespace: Schema.optional(Schema.String),
      name: Schema.optional(Schema.String),
    }),
  ),
  responseStatus: Schema.optional(Schema.Struct({ code: Schema.optional(Schema.Number) })),
  /** `authorization.k8s.io/decision`: `allow` or `forbid`. */
  annotations: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })),
  requestReceivedTimestamp: Schema.String,
  /** When the stage was reached: of `ResponseComplete`, when the answer was out. */
  stageTimestamp: Schema.String,
})
export type AuditEvent = typeof AuditEvent.Type

const decode = Schema.decodeSync(Schema.parseJson(AuditEvent))

/** All events so far, in the order the API server wrote them; of one user if one is named. A line it is still writing is left out. */
export const readAuditLog = (file: string, username?: string): ReadonlyArray<AuditEvent> => {
  const text = readFileSync(file, "utf8")
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n")
  return lines
    .filter((line) => line !== "")
    .map((line) => decode(line))
    .filter(({ user }) => username === undefined || user.username === username)
}
