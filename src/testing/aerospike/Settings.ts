/**
 * What a simulated node can be told: by annotations of its pod, read once at container start, and by
 * {@link Fault faults}, which can be set and cleared at any time.
 *
 * | Annotation | Meaning | Default |
 * |---|---|---|
 * | `sim.acko.io/start-ms` | ms from container start until the service port answers | 500 |
 * | `sim.acko.io/stop-ms` | ms from SIGTERM until the process is gone | 100 |
 * | `sim.acko.io/migrate-ms` | ms one whole round of migrations takes, whatever its size | by size |
 * | `sim.acko.io/migrate-ms-per-gib` | ms per GiB a node receives, when `migrate-ms` is absent | 10000 |
 * | `sim.acko.io/data-mib` | MiB of unique data per Aerospike namespace, written when the cluster first forms | 0 |
 * | `sim.acko.io/fault` | a fault in the form of {@link parseFault}, in force from the start on | none |
 */

/** What is wrong with a node. `None` and `Slow` nodes give correct answers. */
export type Fault =
  | { readonly _tag: "None" }
  /** Accepts connections and requests, never answers; stays a member. */
  | { readonly _tag: "Hang" }
  /** Correct answers, `ms` late. */
  | { readonly _tag: "Slow"; readonly ms: number }
  /** The service port is closed; stays a member. */
  | { readonly _tag: "Refuse" }
  /** Connections break when a request arrives. */
  | { readonly _tag: "Reset" }
  /** Answers bytes that are not the info protocol. */
  | { readonly _tag: "Garbage" }
  /** Sends half of the answer, then nothing. */
  | { readonly _tag: "MidAnswer" }
  /** Sends half of the answer, then closes. */
  | { readonly _tag: "Truncate" }
  /** Announces and sends `mib` MiB. */
  | { readonly _tag: "Huge"; readonly mib: number }
  /** Sends one byte of the answer every `ms`. */
  | { readonly _tag: "Drip"; readonly ms: number }
  /** SIGSTOP: no answers, no heartbeats; goes on when the fault is cleared. */
  | { readonly _tag: "Freeze" }
  /** The process ends now with that code; applies once. */
  | { readonly _tag: "Crash"; readonly code: number }
  /** Every start ends after the start-up time with that code. */
  | { readonly _tag: "CrashOnStart"; readonly code: number }
  /** Text to give instead of the real answer, by command: a missing statistic, an error, an empty answer (R69–R71). */
  | { readonly _tag: "Answers"; readonly byCommand: Readonly<Record<string, string>> }

export const noFault: Fault = { _tag: "None" }

export interface Settings {
  readonly startMs: number
  readonly stopMs: number
  /** Undefined: by the data that has to move. */
  readonly migrateMs: number | undefined
  readonly migrateMsPerGib: number
  readonly dataMib: number
  readonly fault: Fault
}

export const defaultSettings: Settings = {
  startMs: 500,
  stopMs: 100,
  migrateMs: undefined,
  migrateMsPerGib: 10_000,
  dataMib: 0,
  fault: noFault,
}

const prefix = "sim.acko.io/"

/** Annotation keys, for those who write pods. */
export const annotationKeys = {
  startMs: `${prefix}start-ms`,
  stopMs: `${prefix}stop-ms`,
  migrateMs: `${prefix}migrate-ms`,
  migrateMsPerGib: `${prefix}migrate-ms-per-gib`,
  dataMib: `${prefix}data-mib`,
  fault: `${prefix}fault`,
} as const

/** A number of the annotation, or the fallback when it is absent or no number of at least 0. */
const number = <A>(text: string | undefined, fallback: A): number | A => {
  const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text)
  return Number.isFinite(value) && value >= 0 ? value : fallback
}

/**
 * A fault from text: its name in lower case, with its number behind a colon (`slow:250`, `huge:64`, `drip:10`, `crash:1`,
 * `crash-on-start:1`, `hang`, `freeze` …). Unknown text is no fault.
 */
export const parseFault = (text: string | undefined): Fault => {
  const [word = "", figure] = (text ?? "").trim().toLowerCase().split(":")
  switch (word) {
    case "hang":
      return { _tag: "Hang" }
    case "slow":
      return { _tag: "Slow", ms: number(figure, 1000) }
    case "refuse":
      return { _tag: "Refuse" }
    case "reset":
      return { _tag: "Reset" }
    case "garbage":
      return { _tag: "Garbage" }
    case "mid-answer":
      return { _tag: "MidAnswer" }
    case "truncate":
      return { _tag: "Truncate" }
    case "huge":
      return { _tag: "Huge", mib: number(figure, 64) }
    case "drip":
      return { _tag: "Drip", ms: number(figure, 10) }
    case "freeze":
      return { _tag: "Freeze" }
    case "crash":
      return { _tag: "Crash", code: number(figure, 1) }
    case "crash-on-start":
      return { _tag: "CrashOnStart", code: number(figure, 1) }
    default:
      return noFault
  }
}

/** Settings of a pod. A value that cannot be read counts as absent. */
export const settingsFrom = (annotations: Readonly<Record<string, string>>): Settings => ({
  startMs: number(annotations[annotationKeys.startMs], defaultSettings.startMs),
  stopMs: number(annotations[annotationKeys.stopMs], defaultSettings.stopMs),
  migrateMs: number(annotations[annotationKeys.migrateMs], undefined),
  migrateMsPerGib: number(annotations[annotationKeys.migrateMsPerGib], defaultSettings.migrateMsPerGib),
  dataMib: number(annotations[annotationKeys.dataMib], defaultSettings.dataMib),
  fault: parseFault(annotations[annotationKeys.fault]),
})
