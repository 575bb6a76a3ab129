/** What every request passes before it is executed: a log for "rights equal recorded use", and a switch for faults. */
import type { ApiFailure } from "./ApiFailure.js"

/** One request as authorization would see it. */
export interface RequestInfo {
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection"
  readonly group: string
  /** Plural: `pods`. */
  readonly resource: string
  /** `status`, `scale`, `eviction`, `binding`. */
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly user: string
  readonly dryRun: boolean
}

/**
 * What happens to a request. `DropRequest`: the connection breaks before the server acted; `DropReply`: the server acts, the answer is
 * lost (R11). `Delay` waits `ms` and then goes on with `then` (default: passes).
 */
export type Verdict =
  | { readonly _tag: "Pass" }
  | { readonly _tag: "Fail"; readonly failure: ApiFailure }
  | { readonly _tag: "Delay"; readonly ms: number; readonly then?: Verdict }
  | { readonly _tag: "DropRequest" }
  | { readonly _tag: "DropReply" }

export const pass: Verdict = { _tag: "Pass" }

/** A hook records the request and may decide its fate; undefined leaves the decision to the next hook. */
export type RequestHook = (request: RequestInfo) => Verdict | undefined

export interface RequestGate {
  /** Adds a hook; the first verdict in order of registration wins, all hooks are called. Returns its own removal. */
  readonly onRequest: (hook: RequestHook) => () => void
  /** Records a request and decides its fate. Faces call this once per request. */
  readonly decide: (request: RequestInfo) => Verdict
}

export const makeRequestGate = (): RequestGate => {
  const hooks = new Set<RequestHook>()
  return {
    onRequest: (hook) => {
      hooks.add(hook)
      return () => void hooks.delete(hook)
    },
    decide: (request) => {
      let verdict: Verdict | undefined
      for (const hook of hooks) {
        const answer = hook(request)
        verdict ??= answer
      }
      return verdict ?? pass
    },
  }
}
