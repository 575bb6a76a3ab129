/** A change without restart that nodes refused: not tried again for this spec, unless somebody asks for it. */
import type { StepResult } from "../../../domain/Report.js"
import type { PassMemory, Snapshot } from "../../../domain/Snapshot.js"
import { isForced } from "../../requeue.js"

/** Type of the condition that tells of it; after a restart of the operator it is what remembers. */
export const refusalCondition = "DynamicConfigDegraded"

/** Reasons of that condition: everything is as it was before, resp. some nodes kept new values. */
export const refusalReason = (isUndone: boolean): string => (isUndone ? "ApplyFailed" : "RollbackFailed")

type Refusal = NonNullable<PassMemory["refusedChange"]>

const stored = ({ cluster }: Snapshot): Refusal | undefined => {
  const condition = cluster.status.conditions?.find(({ type }) => type === refusalCondition)
  if (condition?.status !== "True" || condition.observedGeneration !== cluster.generation) return undefined
  const { message, observedGeneration: generation, reason } = condition
  return { generation, message, isUndone: reason === refusalReason(true) }
}

/** The refusal that still counts. */
export const refusalOf = (snapshot: Snapshot): Refusal | undefined => {
  const { memory, cluster } = snapshot
  if (isForced(snapshot) && memory.generation !== 0) return undefined
  if (memory.refusedChange?.generation === cluster.generation) return memory.refusedChange
  return memory.generation === 0 ? stored(snapshot) : undefined
}

/** What to remember after a pass. */
export const refusalAfter = (snapshot: Snapshot, results: ReadonlyArray<StepResult>): Refusal | undefined => {
  for (const result of results) {
    if (result._tag !== "Refused") continue
    const { isUndone, message } = result
    return { generation: snapshot.cluster.generation, message, isUndone }
  }
  return refusalOf(snapshot)
}
