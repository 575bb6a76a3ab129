/** Every place of the schemas with every hostile text (R117, R118, R121, R122). */
import { reviewTemplate } from "../../src/decide/admission/review.js"
import { payloads } from "../support/payloads.js"
import { type InitAction, initScriptFaults } from "./initScript.js"
import {
  type Baseline,
  baselineOf,
  configurationFiles,
  initArguments,
  isAccepted,
  isReadAsText,
  judgeText,
} from "./judge.js"
import { type Subject, subjects } from "./resources.js"

/** How many of the texts a place gets: one in `every`, another one for each place, so that together the places get them all. */
export interface Depth {
  /** For the verdict of admission. */
  readonly verdicts: number
  /** For what becomes of an accepted text that something reads: the server, the info protocol, the shell, a name. */
  readonly read: number
  /** For what becomes of an accepted text that stays in an object as it is. */
  readonly kept: number
  /** Whether places that repeat others get no fewer texts for that, and are followed like them. */
  readonly repeats: boolean
}

/** In `npm test`: seconds. */
export const part: Depth = { verdicts: 64, read: 32, kept: 256, repeats: false }
/** In `npm run fuzz`: every text in every place, each followed. */
export const full: Depth = { verdicts: 1, read: 1, kept: 1, repeats: true }

export interface MatrixResult {
  /** Places visited; those in which nothing is accepted; those whose text something reads. */
  readonly places: number
  readonly closed: number
  readonly read: number
  /** Texts judged, accepted, and followed into everything the operator makes of them. */
  readonly texts: number
  readonly accepted: number
  readonly followed: number
  readonly faults: ReadonlyArray<string>
}

/**
 * Where no text can be accepted although the schema has a place for one, besides what the server refuses by its own table: whoever adds a
 * field of which nothing is ever accepted has to say why here.
 */
const closedPlaces: ReadonlyArray<readonly [RegExp, string]> = [
  [/\.aerospikeConfig[^ ]*\{unknown\}(\.value)?$/, "a release whose names are known has no others"],
  [/\.(tls|security\.(ldap|log|syslog))\{unknown\}/, "Enterprise-only"],
  [/\.(compression|index-type|sindex-type|rack-id|xdr)\b/, "Enterprise-only"],
  [/\.multicast-group\[\]$/, "mode is always mesh"],
  [/racks\[\]\.aerospikeConfig\.service\.cluster-name/, "racks of one cluster have one cluster name"],
  [/\.replication-factor/, "a number only"],
  [/\.tolerations\[\]\.(operator|effect)$/, "one of the words of Kubernetes"],
]

/** At least one. */
const every = (step: number, offset: number): ReadonlyArray<string> => {
  const stride = Math.min(step, payloads.length)
  return payloads.filter((_, index) => index % stride === offset % stride)
}

/** A text alone, and behind one that is accepted where that has a form of its own: an address, a path, an amount. */
const textsAfter = (harmless: string, chosen: ReadonlyArray<string>): ReadonlyArray<string> =>
  harmless === "zqmarker" ? chosen : [...chosen, ...chosen.map((payload) => harmless + payload)]

interface Tally {
  texts: number
  accepted: number
  followed: number
  read: number
  closed: number
  readonly faults: Array<string>
  readonly lines: Set<string>
  readonly actions: Map<string, InitAction>
}

/** Admission's verdict about the smallest resource that has the place. */
const verdict = (subject: Subject, text: string): boolean => {
  const { clusters, open = clusters[0], template } = subject
  if (template !== undefined && !subject.place.path.includes(".aerospikeConfig"))
    return reviewTemplate({ operation: "CREATE", object: template(text) }).errors.length === 0
  return open !== undefined && isAccepted(subject, open(text), text)
}

/** Nothing is accepted here: neither the usual nor the hostile. */
const visitClosed = (tally: Tally, subject: Subject, chosen: ReadonlyArray<string>): void => {
  tally.closed++
  if (!isClosed(subject) && !closedPlaces.some(([pattern]) => pattern.test(subject.name)))
    tally.faults.push(`${subject.name}: no text is accepted here; give the resource around it what it needs`)
  for (const text of chosen) {
    tally.texts++
    // An empty text counts as none: defaults take its place.
    if (text !== "" && verdict(subject, text))
      tally.faults.push(`${subject.name}: accepts ${JSON.stringify(text.slice(0, 80))}`)
  }
}

const follow = (tally: Tally, baseline: Baseline, text: string, isCompared: boolean): void => {
  const { outputs, faults } = judgeText(baseline, text, isCompared)
  tally.texts++
  for (const fault of faults)
    tally.faults.push(`${baseline.subject.name} with ${JSON.stringify(text.slice(0, 80))}: ${fault.slice(0, 400)}`)
  if (outputs === undefined) return
  tally.accepted++
  tally.followed++
  for (const file of configurationFiles(outputs)) for (const line of file.split("\n")) tally.lines.add(line)
  for (const argument of initArguments(outputs))
    for (let at = 0; at + 2 < argument.length; at += 3) {
      const action: InitAction = [argument[at] ?? "", argument[at + 1] ?? "", argument[at + 2] ?? ""]
      tally.actions.set(action.join("\n"), action)
    }
}

const isClosed = ({ place, release }: Subject): boolean =>
  place.kind === "number" || place.refused === "always" || (place.refused === "known" && release === "known")

const judgeOnly = (tally: Tally, subject: Subject, texts: ReadonlyArray<string>): void => {
  for (const text of texts) {
    tally.texts++
    if (verdict(subject, text)) tally.accepted++
  }
}

const visit = (tally: Tally, subject: Subject, index: number, depth: Depth): void => {
  if (!depth.repeats && subject.repeats >= 16 && !isClosed(subject))
    return judgeOnly(tally, subject, every(depth.verdicts, index))
  const baseline = isClosed(subject) ? undefined : baselineOf(subject)
  const repeats = depth.repeats ? 1 : subject.repeats
  if (baseline === undefined) return visitClosed(tally, subject, every(depth.verdicts * repeats, index))
  const isRead = isReadAsText(baseline)
  if (isRead) tally.read++
  const step = isRead ? depth.read * repeats : depth.kept
  const followed = new Set(every(step, index))
  textsAfter(baseline.harmless, [...followed]).forEach((text, order) => follow(tally, baseline, text, order % 8 === 0))
  if (isRead) return
  judgeOnly(
    tally,
    subject,
    every(depth.verdicts, index).filter((text) => !followed.has(text)),
  )
}

/** @param share of all places, `of` shares in all */
export const runMatrix = (depth: Depth, share = 0, of = 1, only?: string): MatrixResult => {
  const tally: Tally = {
    texts: 0,
    accepted: 0,
    followed: 0,
    read: 0,
    closed: 0,
    faults: [],
    lines: new Set(),
    actions: new Map(),
  }
  const chosen = subjects()
    .map((subject, index) => ({ subject, index }))
    .filter(({ subject, index }) => index % of === share && (only === undefined || subject.name === only))
  for (const { subject, index } of chosen) {
    try {
      visit(tally, subject, index, depth)
    } catch (thrown) {
      tally.faults.push(
        `${subject.name}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`,
      )
    }
  }
  const { lines, actions, ...told } = tally
  return { places: chosen.length, ...told, faults: [...tally.faults, ...shellFaults(lines, [...actions.values()])] }
}

/** A file system that cannot hold what the script is asked for is a fault like others. */
const shellFaults = (lines: ReadonlySet<string>, actions: ReadonlyArray<InitAction>): ReadonlyArray<string> => {
  try {
    return initScriptFaults(lines, actions)
  } catch (thrown) {
    return [`the init script: ${String(thrown).slice(0, 400)}`]
  }
}
