/** The question and the answer of `admission.k8s.io/v1`, as far as the webhook reads and writes them. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { isObject } from "../decide/effective/configTree.js"

/** A resource as sent, with every field. */
const Resource = Schema.declare(isObject, {
  identifier: "Resource",
  message: () => "must be a resource (a JSON object)",
})

const Request = Schema.Struct({
  uid: Schema.NonEmptyString,
  operation: Schema.Literal("CREATE", "UPDATE", "DELETE", "CONNECT"),
  subResource: Schema.optional(Schema.NullOr(Schema.String)),
  object: Schema.optional(Schema.NullOr(Resource)),
  oldObject: Schema.optional(Schema.NullOr(Resource)),
})
/** The call to judge one write. */
export type AdmissionRequest = typeof Request.Type

const Review = Schema.Struct({
  apiVersion: Schema.Literal("admission.k8s.io/v1"),
  kind: Schema.Literal("AdmissionReview"),
  request: Request,
})

export interface AdmissionResponse {
  readonly uid: string
  readonly allowed: boolean
  readonly status?: { readonly code: number; readonly reason: string; readonly message: string }
  readonly warnings?: ReadonlyArray<string>
  readonly patchType?: "JSONPatch"
  /** Base64 of the patch as JSON. */
  readonly patch?: string
}

/** The answer as it is sent. */
export const reviewOf = (response: AdmissionResponse) => ({
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  response,
})

/** What nests deeper is refused before anything recursive sees it; no resource of ours needs a tenth. */
const maxDepth = 256

/** Index of the closing quote of the string that begins at `start`. */
const endOfString = (text: string, start: number): number => {
  let i = start + 1
  while (i < text.length && text[i] !== '"') i += text[i] === "\\" ? 2 : 1
  return i
}

/** Told from the text, without recursion. */
const isTooDeep = (text: string): boolean => {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '"') i = endOfString(text, i)
    else if (char === "{" || char === "[") depth++
    else if (char === "}" || char === "]") depth--
    if (depth > maxDepth) return true
  }
  return false
}

const describe = (error: ParseResult.ParseError): string =>
  ParseResult.ArrayFormatter.formatErrorSync(error)
    .slice(0, 5)
    .map(({ path, message }) => `${path.length === 0 ? "the body" : path.join(".")}: ${message}`)
    .join("; ")

/** Reads the body of a call. Left: what is wrong with it, for the caller. */
export const decodeReview = (text: string): Either.Either<AdmissionRequest, string> => {
  if (isTooDeep(text)) return Either.left(`the body is nested deeper than ${maxDepth} levels`)
  return Either.try({
    try: (): unknown => JSON.parse(text),
    catch: (cause) => `the body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
  }).pipe(
    Either.flatMap((json) =>
      Either.mapLeft(
        Schema.decodeUnknownEither(Review)(json, { errors: "all" }),
        (error) => `not an AdmissionReview of admission.k8s.io/v1: ${describe(error)}`,
      ),
    ),
    Either.map(({ request }) => request),
  )
}
