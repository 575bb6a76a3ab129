/**
 * What the server process in a pod runs: the file it read at its start, and what it was told since. Nothing told survives the process, so all
 * of it is bound to one run of the container: after a crash in place the pod runs its old file again (W11).
 *
 * The file is known by annotations that the pod got from its template and that nobody changes. The rest is recorded in a condition of the pod,
 * which needs no right beyond the one for readiness gates. It is written *before* the first value is sent and again when all of them have been
 * read back, so that whoever comes after a crash knows which values may be new and what they were (R5, W16).
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { PodView } from "./Kubernetes.js"
import { Annotation, dynamicConfig } from "./Labels.js"
import { Container } from "./Names.js"

/** A parameter of a node. */
export const ParameterTarget = Schema.Struct({
  /** Section of the parameter table: `service`, `network.heartbeat`, `namespace.storage-engine`, `namespace.set` … */
  context: Schema.String,
  name: Schema.String,
  /** Word behind `storage-engine`. */
  variant: Schema.optionalWith(Schema.String, { exact: true }),
  /** Aerospike namespace; for contexts that begin with `namespace`. */
  namespace: Schema.optionalWith(Schema.String, { exact: true }),
  /** For `namespace.set`. */
  set: Schema.optionalWith(Schema.String, { exact: true }),
})
export type ParameterTarget = typeof ParameterTarget.Type

const hashes = { templateHash: Schema.String, configHash: Schema.String }

/** A configuration that a process runs as a whole. */
export interface SettledConfiguration {
  /** Hash of the pod template and configuration that it equals. */
  readonly templateHash: string
  readonly configHash: string
  /** Values the process was told, so that they may differ from its file. */
  readonly told: ReadonlyArray<ParameterTarget>
}

/** A value that is new, or still what it was. */
const PendingValue = Schema.Struct({ target: ParameterTarget, before: Schema.String })
export type PendingValue = typeof PendingValue.Type

const Recorded = Schema.Struct({
  run: Schema.String,
  ...hashes,
  told: Schema.Array(ParameterTarget),
  pending: Schema.optionalWith(Schema.Array(PendingValue), { exact: true }),
})

/** What the condition says: the last configuration in force as a whole, and a change under way, if there is one. */
export type ConfigurationRecord = typeof Recorded.Type

const Text = Schema.parseJson(Recorded)
const read = Schema.decodeUnknownOption(Text)

/** The text of a record. */
export const recordText: (record: ConfigurationRecord) => string = Schema.encodeSync(Text)

/** Names one run of the server container; undefined while it does not run. */
export const runOf = (pod: PodView): string | undefined => {
  const server = pod.containers.find(({ name }) => name === Container.server)
  return server?.startedAt === undefined ? undefined : `${server.restartCount}/${server.startedAt}`
}

/** The record of the present run; that of an earlier one tells nothing any more. */
export const recordOf = (pod: PodView): ConfigurationRecord | undefined => {
  const text = pod.conditions.find(({ type }) => type === dynamicConfig)?.message
  const record = text === undefined ? undefined : Option.getOrUndefined(read(text))
  return record !== undefined && record.run === runOf(pod) ? record : undefined
}

/** What the process runs, a change under way left aside; undefined for a pod that does not say what file it has. */
export const settledOf = (pod: PodView): SettledConfiguration | undefined => {
  const record = recordOf(pod)
  if (record !== undefined) return record
  const { [Annotation.templateHash]: templateHash, [Annotation.configHash]: configHash } = pod.annotations
  return templateHash === undefined || configHash === undefined ? undefined : { templateHash, configHash, told: [] }
}

/** One value that changes on a running node, ready to be sent, read back and taken back. */
export interface ParameterChange {
  /** Key path for people: `service.migrate-threads`, `namespace test.defrag-sleep`. */
  readonly path: string
  readonly target: ParameterTarget
  readonly command: string
  /** Sets the value again that the pod's configuration says, for a present one that cannot be sent. */
  readonly undo: string
  /** Info command whose answer shows the value, and its name there. */
  readonly read: string
  readonly key: string
  /** The value while the answer does not show it; absent: then nothing is known. */
  readonly unshown?: string
  /** How the node shows a -1, where that is legal. */
  readonly minusOne?: string
}

/** The value a command sets. */
export const valueSet = (command: string): string => command.slice(command.lastIndexOf("=") + 1)

/** The change of one node, as one step decides it. */
export interface NodeChange {
  readonly pod: PodView
  readonly host: string
  /** Service port. */
  readonly port: number
  readonly run: string
  readonly was: SettledConfiguration
  /** Left behind by an attempt that ended half-way. */
  readonly pending: ReadonlyArray<PendingValue>
  readonly becomes: SettledConfiguration
  /** In the order in which they must be sent; empty: the node runs it already, which is only recorded. */
  readonly changes: ReadonlyArray<ParameterChange>
}
