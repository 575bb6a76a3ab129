/** Talking with one node about its configuration: look, set, take back. Every question has the time limit of a node. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { AerospikeInfo } from "../aerospike/AerospikeInfo.js"
import { OperatorConfig } from "../config/OperatorConfig.js"
import { type Answer, known } from "../domain/NodeFacts.js"
import { type NodeChange, type ParameterChange, type PendingValue, valueSet } from "../domain/RunningConfiguration.js"
import { StaleDecision } from "./verify.js"

/** A node did not answer, or not all of it: whether it did what it was told is unknown. */
export class NodeSilent extends Data.TaggedError("NodeSilent")<{ readonly pod: string; readonly detail: string }> {
  override get message(): string {
    return `${this.pod} did not tell its configuration: ${this.detail}`
  }
}

const ask = (
  { host, pod, port }: NodeChange,
  commands: ReadonlyArray<string>,
): Effect.Effect<ReadonlyArray<Answer<string>>, NodeSilent, AerospikeInfo | OperatorConfig> =>
  Effect.gen(function* () {
    const info = yield* AerospikeInfo
    const { nodeTimeoutMs } = yield* OperatorConfig
    const silent = (detail: string) => new NodeSilent({ pod: pod.name, detail })
    return yield* info.ask({ host, port }, commands).pipe(
      Effect.mapError(({ detail, reason }) => silent(`${reason}: ${detail}`)),
      Effect.timeoutFail({
        duration: nodeTimeoutMs,
        onTimeout: () => silent(`no complete answer within ${nodeTimeoutMs} ms`),
      }),
    )
  })

/** `name=value` pairs; those of sets have a colon between them. */
const pairs = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(/[;:]/).flatMap((pair) => {
      const equals = pair.indexOf("=")
      return equals > 0 ? [[pair.slice(0, equals), pair.slice(equals + 1)] as const] : []
    }),
  )

/** The present value of every parameter of the change, in its order. A node of another cluster is another node (R74). */
export const look = (
  clusterName: string,
  node: NodeChange,
): Effect.Effect<ReadonlyArray<string>, NodeSilent | StaleDecision, AerospikeInfo | OperatorConfig> =>
  Effect.gen(function* () {
    const commands = [...new Set(node.changes.map(({ read }) => read))]
    const [name, ...answers] = yield* ask(node, ["cluster-name", ...commands])
    const cluster = name === undefined ? undefined : known(name)
    if (cluster === undefined) return yield* new NodeSilent({ pod: node.pod.name, detail: "no cluster name" })
    if (cluster !== clusterName)
      return yield* new StaleDecision({ detail: `the node at ${node.pod.name} belongs to cluster "${cluster}"` })
    const values = new Map(
      commands.map((command, index) => {
        const answer = answers[index]
        return [command, pairs(answer === undefined ? "" : (known(answer) ?? ""))] as const
      }),
    )
    return yield* Effect.forEach(node.changes, ({ key, path, read, unshown }) => {
      const value = values.get(read)?.get(key) ?? unshown
      return value === undefined
        ? new NodeSilent({ pod: node.pod.name, detail: `${path} is not among its answers` })
        : Effect.succeed(value)
    })
  })

/** Whether a node that shows `shown` has the value a command sets. */
export const isShown = ({ minusOne }: ParameterChange, command: string, shown: string): boolean => {
  const value = valueSet(command)
  return shown === value || (value === "-1" && minusOne === shown)
}

/** One value of a node that is, or may be, another than before. */
export interface Entry {
  readonly change: ParameterChange
  /** As the node showed it. */
  readonly before: string
  /** False: the node has the new value already. */
  readonly isToSend: boolean
}

const isSameTarget = (a: ParameterChange["target"], b: ParameterChange["target"]): boolean =>
  a.context === b.context && a.name === b.name && a.namespace === b.namespace && a.set === b.set

/** What there is to do on a node that shows these values, and what to undo should it come to that: also what an earlier attempt left behind. */
export const journalOf = ({ changes, pending }: NodeChange, shown: ReadonlyArray<string>): ReadonlyArray<Entry> =>
  changes.flatMap((change, index) => {
    const present = shown[index] ?? ""
    const left: PendingValue | undefined = pending.find(({ target }) => isSameTarget(target, change.target))
    const isToSend = !isShown(change, change.command, present)
    return isToSend || left !== undefined ? [{ change, before: left?.before ?? present, isToSend }] : []
  })

/** The command that brings the value back. What a node shows is sent only if it can be nothing but a value (R121). */
const commandBack = ({ before, change }: Entry): string => {
  if (isShown(change, change.undo, before) || !/^[0-9A-Za-z-]{1,64}$/.test(before)) return change.undo
  const value = before === change.minusOne ? "-1" : before
  return `${change.undo.slice(0, -valueSet(change.undo).length)}${value}`
}

/** How far a node went. */
export type Fate =
  | { readonly _tag: "Taken" }
  | { readonly _tag: "Refused"; readonly why: string }
  | { readonly _tag: "Unknown"; readonly error: NodeSilent | StaleDecision }

const taken: Fate = { _tag: "Taken" }
const refused = (why: string): Fate => ({ _tag: "Refused", why })

const orUnknown = <R>(fate: Effect.Effect<Fate, NodeSilent | StaleDecision, R>): Effect.Effect<Fate, never, R> =>
  Effect.catchAll(fate, (error) => Effect.succeed<Fate>({ _tag: "Unknown", error }))

/**
 * Sends one command after the other and stops at the first that does not succeed, or when it is late: who slept meanwhile may have been
 * replaced, and nodes do not know who leads (S4).
 */
const sendAll = (
  node: NodeChange,
  commands: ReadonlyArray<{ readonly path: string; readonly command: string }>,
  until: number,
): Effect.Effect<Fate, never, AerospikeInfo | OperatorConfig> =>
  orUnknown(
    Effect.gen(function* () {
      for (const { command, path } of commands) {
        if ((yield* Clock.currentTimeMillis) > until)
          return yield* new NodeSilent({ pod: node.pod.name, detail: `too slow to set ${path} in this attempt` })
        const [answer] = yield* ask(node, [command])
        if (answer?._tag === "Value" && answer.value === "ok") continue
        if (answer === undefined || answer._tag === "Absent")
          return yield* new NodeSilent({ pod: node.pod.name, detail: `no answer to ${path}` })
        const text = answer._tag === "ServerError" ? answer.message : JSON.stringify(answer.value.slice(0, 64))
        return refused(`${node.pod.name} refused ${path} = ${valueSet(command)}: ${text}`)
      }
      return taken
    }),
  )

/** Sends what is new, nothing of it after `until` (epoch ms), and reads it back: what a node says it did does not count before. A lost answer is found out the same way. */
export const tell = (clusterName: string, node: NodeChange, journal: ReadonlyArray<Entry>, until: number) =>
  orUnknown(
    Effect.gen(function* () {
      const toSend = journal.filter(({ isToSend }) => isToSend).map(({ change }) => change)
      if (toSend.length === 0) return taken
      const fate = yield* sendAll(node, toSend, until)
      if (fate._tag === "Refused") return fate
      const shown = yield* look(clusterName, node)
      const wrong = node.changes.find((change, index) => !isShown(change, change.command, shown[index] ?? ""))
      if (wrong === undefined) return taken
      if (fate._tag === "Unknown") return fate
      return refused(`${node.pod.name} said ok and does not have ${wrong.path} = ${valueSet(wrong.command)}`)
    }),
  )

/** Takes everything back, the latest first, and reads it. True: the node shows again what it showed before. */
export const takeBack = (clusterName: string, node: NodeChange, journal: ReadonlyArray<Entry>, until: number) =>
  Effect.gen(function* () {
    if (journal.length === 0) return true
    for (const entry of journal.toReversed())
      yield* sendAll(node, [{ path: entry.change.path, command: commandBack(entry) }], until)
    const shown = yield* look(clusterName, node)
    return journal.every((entry) => {
      const present = shown[node.changes.indexOf(entry.change)] ?? ""
      return present === entry.before || isShown(entry.change, commandBack(entry), present)
    })
  }).pipe(Effect.catchAll((error) => Effect.as(Effect.logWarning("values were not taken back", error), false)))
