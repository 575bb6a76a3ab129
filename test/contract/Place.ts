/** A namespace of one case, and the requests a case makes in it. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { expect } from "vitest"
import { apiVersionOf, type ResourceKind } from "../../src/domain/Kubernetes.js"
import { collectionPath } from "../../src/kube/kubePath.js"
import { at, type Line, type OpenWatch, type Reply, type Wire, type WireError } from "./Wire.js"

/** JSON that is sent. */
export type Body = Readonly<Record<string, unknown>>
export type Query = Readonly<Record<string, string>>
type Answer = Effect.Effect<Reply, WireError>

export interface Options {
  readonly query?: Query
  readonly sub?: string
  readonly accept?: string
}

const queryText = (query: Query = {}): string => {
  const text = new URLSearchParams(query).toString()
  return text === "" ? "" : `?${text}`
}

const patchTypes = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
} as const

/** The body of a reply that must be a success. */
export const ok = (answer: Answer): Answer =>
  Effect.tap(answer, (reply) =>
    Effect.sync(() => {
      expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
    }),
  )

/** Type and name of a watch line. */
export const lineText = (line: Line): string => {
  const name = at(line.object, "metadata", "name")
  return line.type === "BOOKMARK" || typeof name !== "string" ? line.type : `${line.type} ${name}`
}

export class Place {
  readonly wire: Wire
  readonly namespace: string
  constructor(wire: Wire, namespace: string) {
    this.wire = wire
    this.namespace = namespace
  }

  /** Path of a kind, of one object, of a subresource; cluster-scoped kinds live outside the namespace. */
  path(kind: ResourceKind, name?: string, sub?: string): string {
    const all = collectionPath(kind, kind.namespaced ? this.namespace : undefined)
    return `${all}${name === undefined ? "" : `/${name}`}${sub === undefined ? "" : `/${sub}`}`
  }

  /** `apiVersion`, `kind`, name and namespace, with `rest` over them. */
  object(kind: ResourceKind, name: string, rest: Body = {}): Body {
    const { metadata, ...more } = rest
    const own = { name, ...(kind.namespaced ? { namespace: this.namespace } : {}) }
    return {
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: typeof metadata === "object" ? { ...own, ...metadata } : own,
      ...more,
    }
  }

  send(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
    const json = body === undefined ? {} : { "content-type": "application/json" }
    return this.wire.send({
      method,
      path,
      headers: { accept: "application/json", ...json, ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    })
  }

  get(kind: ResourceKind, name: string, options: Options = {}): Answer {
    const accept: Readonly<Record<string, string>> = options.accept === undefined ? {} : { accept: options.accept }
    return this.send("GET", this.path(kind, name, options.sub) + queryText(options.query), undefined, accept)
  }

  list(kind: ResourceKind, query: Query = {}, accept = "application/json"): Answer {
    return this.send("GET", this.path(kind) + queryText(query), undefined, { accept })
  }

  /** POST of an object as given. */
  post(kind: ResourceKind, body: unknown, query: Query = {}): Answer {
    return this.send("POST", this.path(kind) + queryText(query), body)
  }

  /** Creates an object that must be accepted. */
  make(kind: ResourceKind, name: string, rest: Body = {}): Answer {
    return ok(this.post(kind, this.object(kind, name, rest)))
  }

  put(kind: ResourceKind, name: string, body: unknown, options: Options = {}): Answer {
    return this.send("PUT", this.path(kind, name, options.sub) + queryText(options.query), body)
  }

  patch(type: keyof typeof patchTypes, kind: ResourceKind, name: string, body: unknown, options: Options = {}): Answer {
    return this.send("PATCH", this.path(kind, name, options.sub) + queryText(options.query), body, {
      "content-type": patchTypes[type],
    })
  }

  merge(kind: ResourceKind, name: string, body: unknown, options: Options = {}): Answer {
    return this.patch("merge", kind, name, body, options)
  }

  /** Server-side apply of an object made by {@link object}. */
  apply(
    kind: ResourceKind,
    name: string,
    rest: Body,
    options: { readonly manager: string; readonly force?: true; readonly sub?: string; readonly query?: Query },
  ): Answer {
    return this.patch("apply", kind, name, this.object(kind, name, rest), {
      ...(options.sub === undefined ? {} : { sub: options.sub }),
      query: {
        fieldManager: options.manager,
        ...(options.force === undefined ? {} : { force: "true" }),
        ...options.query,
      },
    })
  }

  remove(kind: ResourceKind, name: string, body?: Body, query: Query = {}): Answer {
    return this.send("DELETE", this.path(kind, name) + queryText(query), body)
  }

  watch(kind: ResourceKind, query: Query, accept?: string): Effect.Effect<OpenWatch, WireError, Scope.Scope> {
    return this.wire.watch(this.path(kind) + queryText({ watch: "true", timeoutSeconds: "30", ...query }), accept)
  }

  /** The present resourceVersion of a kind in this namespace. */
  version(kind: ResourceKind): Effect.Effect<string, WireError> {
    return Effect.map(ok(this.list(kind)), (reply) => reply.text("metadata", "resourceVersion"))
  }

  /** Waits until a condition of fresh replies holds, at most about ten seconds. */
  until(look: Answer, condition: (reply: Reply) => boolean): Answer {
    return Effect.repeat(Effect.delay(look, "20 millis"), { until: condition, times: 500 })
  }
}

/** The `Status` of a failure, in full. */
export const failure = (code: number, reason: string, message: unknown, details?: unknown): unknown => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  ...(reason === "" ? {} : { reason }),
  ...(details === undefined ? {} : { details }),
  code,
})

/** A 422 with its causes: field, reason (without `FieldValue`), message. */
export const invalid = (
  kind: ResourceKind,
  name: string,
  causes: ReadonlyArray<readonly [field: string, reason: string, message: string]>,
): unknown => {
  const who = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`
  const texts = causes.map(([field, , message]) => (field === "" ? message : `${field}: ${message}`))
  return failure(
    422,
    "Invalid",
    `${who} "${name}" is invalid: ${texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`}`,
    {
      name,
      ...(kind.group === "" ? {} : { group: kind.group }),
      kind: kind.kind,
      causes: causes.map(([field, reason, message]) => ({ reason: `FieldValue${reason}`, message, field })),
    },
  )
}

/** A text that matches, as part of an expected body. */
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

/** An object with at least these members, as part of an expected body. */
export const containing = (members: Body): unknown => expect.objectContaining(members)
