/** What people read when a resource is refused, or accepted with reservations (api.md §6.1). */
import { problemText } from "../decide/admission/review.js"
import type { SpecProblem } from "../domain/SpecProblem.js"

/** Whatever moves a cursor, hides text or turns it around: no value of a resource brings it to a terminal or into a log (R128). */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

const escaped = (char: string): string => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`

/** At most this much text for one finding, and for all of them. */
const maxProblem = 1_000
const maxMessage = 8_000

const cut = (text: string, limit: number): string => (text.length <= limit ? text : `${text.slice(0, limit - 1)}…`)

/** A text from outside as it may be shown. */
export const printable = (text: string): string => cut(text, maxProblem).replace(unprintable, escaped)

/** Findings about the step from the old to the new resource: each stands for itself. */
const updateRules = new Set(["V54", "V55", "V56"])

/** Why a resource is refused: every finding, those that do not fit are counted. */
export const denial = (prefix: string, errors: ReadonlyArray<SpecProblem>): string => {
  const texts = errors.map((error) => printable(problemText(error)))
  let length = 0
  const fitting = texts.filter((text) => (length += text.length + 2) <= maxMessage)
  const left = texts.length - fitting.length
  const all = [...fitting, ...(left === 0 ? [] : [`and ${left} more`])].join("; ")
  return errors.every(({ rule }) => rule !== undefined && updateRules.has(rule)) ? all : `${prefix}: ${all}`
}

const maxWarnings = 32

/** Warnings as API servers accept them: those that do not fit are counted. */
export const warningTexts = (warnings: ReadonlyArray<SpecProblem>): ReadonlyArray<string> => {
  const fitting = warnings.length <= maxWarnings ? warnings : warnings.slice(0, maxWarnings - 1)
  const left = warnings.length - fitting.length
  return [
    ...fitting.map((warning) => cut(printable(problemText(warning)), 512)),
    ...(left === 0 ? [] : [`and ${left} more warnings; \`acko validate\` tells them all`]),
  ]
}
