/**
 * The on-demand operation of a cluster, as it stands now. Its progress is derived from what is observed, never from what was done (R15): the
 * status holds the UID of every pod from before, so a pod with another one has been restarted, whoever did it. Nothing is restarted before the
 * status holds its UID: an operator that dies between a restart and its report, or starts with a blank memory, restarts no pod twice (R14).
 */
import type { OperationStatus } from "../../domain/ClusterStatus.js"
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import { isPodReady } from "../../domain/Kubernetes.js"
import { podName } from "../../domain/Names.js"
import type { OperationRun, Wait } from "../../domain/Plan.js"
import type { Operation } from "../../domain/schema/features.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { troubleOf } from "../rollout/availability.js"
import type { Members, Slot } from "../rollout/members.js"

/** A restarted pod that is in trouble for so long has failed (ms). One that merely takes its time is waited for (R77). */
const patienceMs = 600_000

/** The operation a spec asks for; one at a time (V50). */
export const operationOf = (effective: EffectiveCluster): Operation | undefined => effective.spec.operations?.[0]

/** Why a restarted pod will not come back by itself; undefined while that is not said. */
const failureOf = (snapshot: Snapshot, { name, pod }: Slot): string | undefined => {
  const since = Date.parse(snapshot.cluster.status.pods?.[name]?.unstableSince ?? "")
  if (Number.isNaN(since) || snapshot.now - since < patienceMs) return undefined
  return pod === undefined ? "no pod was made in its place" : troubleOf(pod)
}

/** Every pod there is or shall be, by name. One that is still to come is younger than the operation, and needs no restart. */
const slotsOf = (snapshot: Snapshot, { racks, slots }: Members): ReadonlyMap<string, Slot> => {
  const expected = racks.flatMap(({ id, wanted }) =>
    Array.from({ length: wanted }, (_, ordinal): Slot => {
      return { name: podName(snapshot.cluster.name, id, ordinal), rack: id, ordinal, pod: undefined }
    }),
  )
  return new Map([...expected, ...slots].map((slot) => [slot.name, slot]))
}

/** Names the run is about: those given, each once; without any, all pods there were when it began. */
const namesOf = (
  { podList = [] }: Operation,
  stored: OperationStatus | undefined,
  slots: ReadonlyMap<string, Slot>,
): ReadonlyArray<string> => {
  if (podList.length > 0) return [...new Set(podList)]
  return stored?.targets === undefined ? [...slots.keys()] : Object.keys(stored.targets)
}

type State = "completed" | "pending" | "coming" | "gone" | { readonly why: string; readonly isFinal: boolean }

interface Known {
  readonly snapshot: Snapshot
  readonly stored: OperationStatus | undefined
}

const stateOf = ({ snapshot, stored }: Known, name: string, slot: Slot | undefined): State => {
  if (stored?.completedPods?.includes(name) === true) return "completed"
  const target = stored?.targets?.[name]
  // Scaled away meanwhile: nothing is left to restart.
  if (slot === undefined) return target === undefined ? { why: "there is no such pod", isFinal: false } : "gone"
  if (stored?.failedPods?.includes(name) === true) return { why: "there was no such pod", isFinal: false }
  const { pod } = slot
  if (pod !== undefined && pod.uid === (target ?? pod.uid)) return "pending"
  if (pod !== undefined && isPodReady(pod)) return "completed"
  const why = failureOf(snapshot, slot)
  return why === undefined ? "coming" : { why, isFinal: true }
}

/** Undefined when no operation is asked for, or when it has ended: the same id does nothing more. */
export const operationRun = (
  snapshot: Snapshot,
  effective: EffectiveCluster,
  members: Members,
): OperationRun | undefined => {
  const operation = operationOf(effective)
  const { operationStatus } = snapshot.cluster.status
  const stored = operationStatus?.id === operation?.id ? operationStatus : undefined
  if (operation === undefined || (stored !== undefined && stored.phase !== "InProgress")) return undefined
  const { id, kind } = operation
  const slots = slotsOf(snapshot, members)
  const names = kind === "WarmRestart" ? [] : namesOf(operation, stored, slots)
  const states = names.map((name) => [name, stateOf({ snapshot, stored }, name, slots.get(name))] as const)
  const all = (wanted: State): ReadonlyArray<string> =>
    states.flatMap(([name, state]) => (state === wanted ? [name] : []))
  const failed = states.flatMap(([pod, state]) => (typeof state === "string" ? [] : [{ pod, ...state }]))
  const pending = all("pending")
  const isOver = failed.some(({ isFinal }) => isFinal)
  return {
    id,
    kind,
    targets: Object.fromEntries(
      states.flatMap(([name]) => {
        const slot = slots.get(name)
        return slot === undefined ? [] : [[name, stored?.targets?.[name] ?? slot.pod?.uid ?? ""] as const]
      }),
    ),
    completed: all("completed"),
    failed,
    pending,
    coming: all("coming"),
    released: new Set(isOver ? [] : pending.filter((name) => stored?.targets?.[name] !== undefined)),
  }
}

/** With the reason, when the roll-out found that no healthy pod may be restarted. */
export const orDenied = (run: OperationRun, waits: ReadonlyArray<Wait>): OperationRun => {
  const denial = waits.find(({ kind, pods }) => kind === "UnsafeRestart" && pods.some((pod) => run.released.has(pod)))
  return denial === undefined ? run : { ...run, denied: denial.message }
}
