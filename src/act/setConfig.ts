/**
 * One change of the configuration of running nodes, on all of them or on none (D-11, N-03).
 *
 * 1. Every node is asked what it has now. Who does not answer, ends the attempt before anything was touched.
 * 2. What will be new, and what it was, is written into the condition of each pod (see `RunningConfiguration`), for exactly the version of the
 *    pod that was decided upon: two operators, or one that lost its leadership, never both get past this point. Nothing is sent once so much
 *    time has passed since then that somebody else may lead.
 * 3. The values are set, on all nodes at the same time (heartbeat intervals must not differ for long), and read back.
 * 4. All taken: the conditions say so. One refused: everything is taken back, in reverse order. One silent: it stays as it is, and the next
 *    attempt finds out.
 *
 * A crash anywhere in between leaves conditions that make the next pass do the same again; setting a value twice changes nothing.
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { OperatorConfig } from "../config/OperatorConfig.js"
import { Kinds, type KubeObject, type ObjectIdentity } from "../domain/Kubernetes.js"
import { dynamicConfig, FieldManager } from "../domain/Labels.js"
import type { Step } from "../domain/Plan.js"
import { type ConfigurationRecord, type NodeChange, recordText } from "../domain/RunningConfiguration.js"
import type { Snapshot } from "../domain/Snapshot.js"
import { KubeWriter } from "../kube/KubeClient.js"
import { type Entry, type Fate, journalOf, look, takeBack, tell } from "./nodeConversation.js"
import { verifyCluster } from "./verify.js"

/** Nodes did not take a change. */
export class ChangeRefused extends Data.TaggedError("ChangeRefused")<{
  readonly detail: string
  /** Every node has again what it had before. */
  readonly isUndone: boolean
}> {
  override get message(): string {
    const state = this.isUndone ? "no node was changed" : "not every node could take its values back"
    return `${this.detail}; ${state}, the pods are restarted instead`
  }
}

/** Writes what is known about the server of a pod. The answer is the pod as stored. */
const recordOn = (pod: ObjectIdentity, record: ConfigurationRecord) =>
  Effect.gen(function* () {
    const writer = yield* KubeWriter
    const now = yield* Clock.currentTimeMillis
    const isUnderWay = record.pending !== undefined
    return yield* writer.patch(Kinds.Pod, pod, {
      type: "strategic",
      subresource: "status",
      fieldManager: FieldManager.dynamicConfig,
      body: {
        metadata: { uid: pod.uid, resourceVersion: pod.resourceVersion },
        status: {
          conditions: [
            {
              type: dynamicConfig,
              status: isUnderWay ? "False" : "True",
              reason: isUnderWay ? "Pending" : "Applied",
              message: recordText(record),
              lastTransitionTime: new Date(now).toISOString().replace(/\.\d+Z$/, "Z"),
            },
          ],
        },
      },
    })
  })

const versionOf = (pod: ObjectIdentity, object: KubeObject): ObjectIdentity => ({
  namespace: pod.namespace,
  name: pod.name,
  uid: pod.uid,
  resourceVersion: object.metadata.resourceVersion ?? pod.resourceVersion,
})

/** One node on its way through a change. */
interface Opened {
  readonly node: NodeChange
  readonly journal: ReadonlyArray<Entry>
  /** The pod as last written. */
  readonly pod: ObjectIdentity
}

const open = (node: NodeChange, journal: ReadonlyArray<Entry>) => {
  if (journal.length === 0) return Effect.succeed<Opened>({ node, journal, pod: node.pod })
  const pending = journal.map(({ before, change: { target } }) => ({ target, before }))
  return Effect.map(recordOn(node.pod, { run: node.run, ...node.was, pending }), (object): Opened => ({
    node,
    journal,
    pod: versionOf(node.pod, object),
  }))
}

const all = { concurrency: "unbounded" } as const

const refuse = (clusterName: string, opened: ReadonlyArray<Opened>, detail: string, until: number) =>
  Effect.gen(function* () {
    const undone = yield* Effect.forEach(
      opened,
      ({ journal, node, pod }) =>
        Effect.gen(function* () {
          const isUndone = yield* takeBack(clusterName, node, journal, until)
          if (isUndone && journal.length > 0) yield* recordOn(pod, { run: node.run, ...node.was })
          return isUndone
        }),
      all,
    )
    return yield* new ChangeRefused({ detail, isUndone: undone.every((isUndone) => isUndone) })
  })

const first = <Tag extends Fate["_tag"]>(fates: ReadonlyArray<Fate>, tag: Tag) =>
  fates.find((fate): fate is Extract<Fate, { readonly _tag: Tag }> => fate._tag === tag)

/** See the head of this file. */
export const setConfig = Effect.fn("act.setConfig")(function* (
  snapshot: Snapshot,
  { clusterName, nodes }: Extract<Step, { readonly _tag: "SetConfig" }>,
) {
  yield* verifyCluster(snapshot, { whileDeleting: false })
  const shown = yield* Effect.forEach(nodes, (node) => look(clusterName, node), all)
  const { leaseDurationMs } = yield* OperatorConfig
  const openedAt = yield* Clock.currentTimeMillis
  const opened = yield* Effect.forEach(nodes, (node, index) => open(node, journalOf(node, shown[index] ?? [])), all)
  const fates = yield* Effect.forEach(
    opened,
    ({ journal, node }) => tell(clusterName, node, journal, openedAt + leaseDurationMs / 2),
    all,
  )
  const refused = first(fates, "Refused")
  if (refused !== undefined) return yield* refuse(clusterName, opened, refused.why, openedAt + leaseDurationMs * 0.9)
  const silent = first(fates, "Unknown")
  if (silent !== undefined) return yield* silent.error
  yield* Effect.forEach(opened, ({ node, pod }) => recordOn(pod, { run: node.run, ...node.becomes }), all)
  return { changed: true }
})
