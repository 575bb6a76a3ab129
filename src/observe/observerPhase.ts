/**
 * The states of an observer and what moves it between them. Pure.
 *
 *     listing ──listed──▶ watching ──two failures, or watch refused──▶ polling ⇄ returning ──first line of a watch──▶ watching
 *        any ──list refused──▶ refused ──a list works again──▶ polling or watching
 *
 * In `polling` and `returning` the poll feeds the store; `returning` says that a watch is being tried right now.
 */

/** As published: `stopped` before `run` and after its end, `absent` while the API server does not know an optional kind. */
export type ObserverMode = "listing" | "watching" | "polling" | "returning" | "refused" | "absent" | "stopped"

export type Phase = Exclude<ObserverMode, "absent" | "stopped">

export type Signal =
  /** The watcher completed a list. */
  | { readonly _tag: "Listed" }
  /** A watch connection delivered something. */
  | { readonly _tag: "Heard" }
  /**
   * The watcher's list or watch failed; `failures` in a row. `isRefused`: only a person can help (403, 404, 405). `isLong`: its next try is
   * too far away to wait for (a watch that keeps breaking after a line or two never fails twice in a row).
   */
  | {
      readonly _tag: "Failed"
      readonly during: "list" | "watch"
      readonly isRefused: boolean
      readonly failures: number
      readonly isLong: boolean
    }
  /** A poll succeeded. */
  | { readonly _tag: "Polled" }
  /** A poll was refused. */
  | { readonly _tag: "PollRefused" }
  /** The pause of the watcher is over: it tries again now. */
  | { readonly _tag: "AttemptDue" }
  /** Nothing at all came from the watcher for too long. */
  | { readonly _tag: "Silent" }

/** Failures in a row after which the poll takes over. */
const patience = 2

const afterFailure = (phase: Phase, signal: Extract<Signal, { readonly _tag: "Failed" }>): Phase => {
  if (signal.during === "list" && signal.isRefused) return "refused"
  if (signal.during === "watch" && phase === "refused") return phase
  if (signal.isRefused || signal.isLong || signal.failures >= patience) return "polling"
  return phase === "returning" ? "polling" : phase
}

export const nextPhase = (phase: Phase, signal: Signal): Phase => {
  switch (signal._tag) {
    case "Listed":
      return phase === "polling" ? "returning" : phase === "returning" ? phase : "watching"
    case "Heard":
      return "watching"
    case "Failed":
      return afterFailure(phase, signal)
    case "Polled":
      return phase === "refused" ? "polling" : phase
    case "PollRefused":
      return phase === "polling" || phase === "returning" ? "refused" : phase
    case "AttemptDue":
      return phase === "polling" ? "returning" : phase
    case "Silent":
      return phase === "refused" ? phase : "polling"
  }
}

/** Whether the poll lists: instead of a watch, or slowly, to see whether a refusal has been lifted. */
export const isPolling = (phase: Phase): boolean => phase === "polling" || phase === "returning" || phase === "refused"
