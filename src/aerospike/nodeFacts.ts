/** Which commands one node is asked, and what its answers mean. One request carries them all (W2). */
import { absent, type Answer, type NodeAnswers, serverError, type Statistics, value } from "../domain/NodeFacts.js"
import { parseClusterKey, parseEndpoints, parseStatistics } from "./infoValues.js"

const stablePrefix = "cluster-stable:"
const namespacePrefix = "namespace/"

/**
 * Whether a name can be an Aerospike namespace and cannot be anything else in a command: 1–31 printable ASCII characters without the
 * separators of the info protocol (R121). The server's limit is 31 bytes.
 */
export const isNamespaceName = (name: string): boolean => /^[!-~]{1,31}$/.test(name) && !/[;:/=,\\]/.test(name)

/**
 * The commands for one node. `cluster-stable` carries the expected size and insists on finished migrations, so that a value means "whole,
 * and as large as it should be" (W34). A namespace that is no valid name is not asked, so nothing is known about it; a size that is not a
 * positive integer leaves `cluster-stable` out for the same reason.
 *
 * *Gotchas*: only commands that exist on CE 8 — no `quiesce`, `racks`, `roster` (R70), no `cluster-size` (W35).
 */
export const factCommands = (expectedSize: number, namespaces: ReadonlyArray<string>): ReadonlyArray<string> => [
  "node",
  "cluster-name",
  "build",
  "service",
  "statistics",
  ...(Number.isSafeInteger(expectedSize) && expectedSize > 0
    ? [`${stablePrefix}size=${expectedSize};ignore-migrations=false`]
    : []),
  ...[...new Set(namespaces)].filter(isNamespaceName).map((name) => `${namespacePrefix}${name}`),
]

const shown = (text: string): string => JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)

/** A value only if `parse` accepts the text. An empty text is nothing; any other refused text is shown as an error, never kept as a value (W36). */
const refine = <A>(answer: Answer<string>, what: string, parse: (text: string) => A | undefined): Answer<A> => {
  if (answer._tag !== "Value") return answer
  const parsed = parse(answer.value)
  if (parsed !== undefined) return value(parsed)
  return answer.value === "" ? absent : serverError(undefined, `not ${what}: ${shown(answer.value)}`)
}

/** Longest cluster name or build taken, in characters. The server allows 63 for a cluster name. */
const mostText = 256

const text = (answer: Answer<string>): Answer<string> =>
  refine(answer, "a short text", (sent) => (sent === "" || sent.length > mostText ? undefined : sent))

/** The server answers `type=unknown` instead of an error for a namespace it does not have. */
const namespaceStatistics = (sent: string): Statistics | undefined => {
  const statistics = parseStatistics(sent)
  return statistics === undefined || statistics["type"] === "unknown" ? undefined : statistics
}

/** Facts from the answers to {@link factCommands}, matched by command. What was not asked or not answered is `Absent`. */
export const readFacts = (commands: ReadonlyArray<string>, answers: ReadonlyArray<Answer<string>>): NodeAnswers => {
  const byCommand = new Map(commands.map((command, index) => [command, answers[index] ?? absent]))
  const answered = (command: string): Answer<string> => byCommand.get(command) ?? absent
  const stable = commands.find((command) => command.startsWith(stablePrefix))
  return {
    nodeId: refine(answered("node"), "a node id", (sent) => (/^[0-9A-Fa-f]{1,16}$/.test(sent) ? sent : undefined)),
    clusterName: text(answered("cluster-name")),
    build: text(answered("build")),
    endpoints: refine(answered("service"), "a list of endpoints", parseEndpoints),
    statistics: refine(answered("statistics"), "statistics", parseStatistics),
    stableKey: stable === undefined ? absent : refine(answered(stable), "a cluster key", parseClusterKey),
    namespaces: Object.fromEntries(
      commands
        .filter((command) => command.startsWith(namespacePrefix))
        .map((command) => [
          command.slice(namespacePrefix.length),
          refine(answered(command), "statistics of a namespace", namespaceStatistics),
        ]),
    ),
  }
}
