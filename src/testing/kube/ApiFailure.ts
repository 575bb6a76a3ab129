/** Errors of the API server: a `Status` as the real one sends it, thrown by the synchronous core and translated by the faces. */

/** One entry of `details.causes`. */
export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field?: string
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: ReadonlyArray<StatusCause>
  readonly retryAfterSeconds?: number
}

/** `meta/v1` Status of a failure. */
export interface FailureStatus {
  readonly kind: "Status"
  readonly apiVersion: "v1"
  /** `continue`: where an expired list may go on. */
  readonly metadata: { readonly continue?: string }
  readonly status: "Failure"
  readonly message: string
  readonly reason?: string
  readonly details?: StatusDetails
  readonly code: number
}

/** What the real server would answer instead of doing what was asked. */
export class ApiFailure extends Error {
  readonly status: FailureStatus
  constructor(
    code: number,
    reason: string,
    message: string,
    details?: StatusDetails,
    metadata: FailureStatus["metadata"] = {},
  ) {
    super(message)
    this.name = "ApiFailure"
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata,
      status: "Failure",
      message,
      ...(reason === "" ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    }
  }
}

/** Group and plural as messages name them: `pods`, `statefulsets.apps`. */
export interface ResourceName {
  readonly group: string
  readonly plural: string
}
const qualified = (resource: ResourceName): string =>
  resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`

const about = (resource: ResourceName, name: string): StatusDetails => ({
  name,
  ...(resource.group === "" ? {} : { group: resource.group }),
  kind: resource.plural,
})

export const notFound = (resource: ResourceName, name: string): ApiFailure =>
  new ApiFailure(404, "NotFound", `${qualified(resource)} "${name}" not found`, about(resource, name))

/** No such kind (or version, or subresource). */
export const noSuchResource = (): ApiFailure =>
  new ApiFailure(404, "NotFound", "the server could not find the requested resource", {})

export const alreadyExists = (resource: ResourceName, name: string): ApiFailure =>
  new ApiFailure(409, "AlreadyExists", `${qualified(resource)} "${name}" already exists`, about(resource, name))

export const conflict = (resource: ResourceName, name: string, why: string): ApiFailure =>
  new ApiFailure(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    about(resource, name),
  )

/** The resourceVersion in the request is not the present one. */
export const staleVersion = (resource: ResourceName, name: string): ApiFailure =>
  conflict(
    resource,
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  )

export const badRequest = (message: string): ApiFailure => new ApiFailure(400, "BadRequest", message)

export const forbidden = (
  resource: ResourceName,
  name: string,
  why: string,
  causes?: ReadonlyArray<StatusCause>,
): ApiFailure =>
  new ApiFailure(403, "Forbidden", `${qualified(resource)} "${name}" is forbidden: ${why}`, {
    ...about(resource, name),
    ...(causes === undefined ? {} : { causes }),
  })

/** One finding of a validation, in the wording of the real server. */
export interface FieldProblem {
  readonly reason:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueForbidden"
    | "FieldValueNotSupported"
    | "FieldValueTypeInvalid"
    | "FieldValueDuplicate"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueNotFound"
  readonly field: string
  /** With its prefix: `Required value: must be …`. */
  readonly message: string
}

export const requiredField = (field: string, detail = ""): FieldProblem => ({
  reason: "FieldValueRequired",
  field,
  message: detail === "" ? "Required value" : `Required value: ${detail}`,
})
export const invalidField = (field: string, value: unknown, detail: string): FieldProblem => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${JSON.stringify(value) ?? "null"}: ${detail}`,
})
export const forbiddenField = (field: string, detail: string): FieldProblem => ({
  reason: "FieldValueForbidden",
  field,
  message: `Forbidden: ${detail}`,
})
export const unsupportedField = (field: string, value: unknown, supported: ReadonlyArray<string>): FieldProblem => ({
  reason: "FieldValueNotSupported",
  field,
  message: `Unsupported value: ${JSON.stringify(value) ?? "null"}: supported values: ${supported.map((s) => JSON.stringify(s)).join(", ")}`,
})

/** 422 with one cause per problem. */
export const invalid = (
  kind: { readonly group: string; readonly kind: string },
  name: string,
  problems: ReadonlyArray<FieldProblem>,
): ApiFailure => {
  const texts = [...new Set(problems.map((p) => (p.field === "" ? p.message : `${p.field}: ${p.message}`)))]
  const text = texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`
  const who = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`
  return new ApiFailure(422, "Invalid", `${who} "${name}" is invalid: ${text}`, {
    ...(name === "" ? {} : { name }),
    ...(kind.group === "" ? {} : { group: kind.group }),
    kind: kind.kind,
    causes: problems.map((p) => ({ reason: p.reason, message: p.message, field: p.field })),
  })
}

/** 422 for wrong options of a request: `CreateOptions`, `ListOptions` and so on. */
export const invalidOptions = (kind: string, problems: ReadonlyArray<FieldProblem>): ApiFailure =>
  invalid({ group: "meta.k8s.io", kind }, "", problems)

/** 422 for a patch that does not make an object of the kind. */
export const invalidPatch = (why: string, patched: unknown): ApiFailure => {
  const problem = invalidField("patch", JSON.stringify(patched), why)
  return new ApiFailure(422, "Invalid", ` "" is invalid: patch: ${problem.message}`, { causes: [problem] })
}

/** 500 for a resourceVersion that is no number. */
export const unreadableVersion = (text: string): ApiFailure =>
  new ApiFailure(500, "", `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`)

/** 410 for a watch or continue token outside the history window. */
export const expired = (message: string): ApiFailure => new ApiFailure(410, "Expired", message)

/** 504 for a list that asks for a version the server has not reached. */
export const tooLargeVersion = (asked: string, current: string): ApiFailure =>
  new ApiFailure(504, "Timeout", `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  })

export const unsupportedMediaType = (accepted: ReadonlyArray<string>): ApiFailure =>
  new ApiFailure(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  )

export const unprocessable = (message: string): ApiFailure => new ApiFailure(422, "Invalid", message, {})

export const methodNotAllowed = (): ApiFailure =>
  new ApiFailure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})

export const internalError = (message: string): ApiFailure =>
  new ApiFailure(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ reason: "", message }] })
