/** Verdicts as people and programs read them. */
import { stringify } from "yaml"
import { printable } from "../../admission/messages.js"
import type { Unreadable } from "./documents.js"
import type { Finding, Judgement, Judgements, Note } from "./judge.js"

/** Everything a run of `acko validate` found. */
export interface Findings extends Judgements {
  readonly unreadable: ReadonlyArray<Unreadable>
}

/** Values are shown to be recognised, not to be read. */
const shortValue = (value: unknown): string => {
  const text = JSON.stringify(value) ?? ""
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`
}

const findingLines = (file: string, severity: "error" | "warning", finding: Finding): ReadonlyArray<string> =>
  [
    `  ${severity} ${finding.rule === undefined ? "" : `${finding.rule} `}${finding.path}: ${finding.message}`,
    `    at    ${file}:${finding.line}`,
    ...(finding.value === undefined ? [] : [`    value ${shortValue(finding.value)}`]),
    `    fix   ${finding.fix}`,
  ].map(printable)

const title = ({ file, line, kind, namespace, name, accepted }: Judgement): string =>
  printable(
    `${file}:${line}: ${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}: ${accepted ? "accepted" : "refused"}`,
  )

const placed = ({ file, line, message }: Note | Unreadable): string => printable(`${file}:${line}: ${message}`)

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`

/** For people. */
export const textReport = ({ judgements, notes, unreadable }: Findings): string => {
  const refused = judgements.filter(({ accepted }) => !accepted).length
  const warnings = judgements.reduce((sum, judgement) => sum + judgement.warnings.length, 0)
  return [
    ...judgements.flatMap((judgement) => [
      title(judgement),
      ...judgement.errors.flatMap((finding) => findingLines(judgement.file, "error", finding)),
      ...judgement.warnings.flatMap((finding) => findingLines(judgement.file, "warning", finding)),
    ]),
    ...notes.map((note) => `note: ${placed(note)}`),
    ...unreadable.map((problem) => `unreadable: ${placed(problem)}; fix: ${printable(problem.fix)}`),
    [
      `${count(judgements.length, "resource")}: ${judgements.length - refused} accepted, ${refused} refused`,
      count(warnings, "warning"),
      ...(unreadable.length === 0 ? [] : [`${unreadable.length} unreadable`]),
    ].join(", "),
  ].join("\n")
}

/** For programs, as a value. `withDefaults`: each resource as it would be stored. */
export const reportValue = ({ judgements, notes, unreadable }: Findings, withDefaults: boolean) => ({
  accepted: unreadable.length === 0 && judgements.every(({ accepted }) => accepted),
  resources: judgements.map(({ defaulted, ...judgement }) => ({
    ...judgement,
    ...(withDefaults ? { defaulted } : {}),
  })),
  notes,
  unreadable,
})

/** For programs. */
export const jsonReport = (findings: Findings, withDefaults: boolean): string =>
  JSON.stringify(reportValue(findings, withDefaults), undefined, 2)

/** The resources as they would be stored. */
export const yamlReport = ({ judgements }: Findings): string =>
  judgements
    .map(({ defaulted }) =>
      stringify(defaulted, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false }).trimEnd(),
    )
    .join("\n---\n")
