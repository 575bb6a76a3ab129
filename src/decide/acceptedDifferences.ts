/**
 * Differences another controller insists on (R55): what was still different right after our own apply is not applied again. Remembered
 * together with what we had asked for, so that a new wish is applied even where the field in dispute is the same.
 */
import type { KubeObject } from "../domain/Kubernetes.js"
import { Annotation } from "../domain/Labels.js"
import type { StepResult } from "../domain/Report.js"
import type { PassMemory } from "../domain/Snapshot.js"

/** The first difference between what we want and what is there; undefined when there is none. */
export type Difference = (desired: KubeObject, live: KubeObject) => string | undefined

/** `Kind/name`: under which an object is remembered. */
export const objectKey = (object: KubeObject): string => `${object.kind}/${object.metadata.name ?? ""}`

const valueOf = (object: KubeObject, difference: string): string =>
  `${object.metadata.annotations?.[Annotation.appliedHash] ?? ""} ${difference}`

/** Whether `difference` stayed after we applied exactly this object. */
export const isAccepted = (memory: PassMemory, object: KubeObject, difference: string): boolean =>
  memory.acceptedDifferences[objectKey(object)] === valueOf(object, difference)

/** The memory after these results: a difference that an apply left behind is remembered, one that it removed is forgotten. */
export const acceptedAfter = (
  memory: PassMemory,
  results: ReadonlyArray<StepResult>,
  differs: Difference,
): PassMemory["acceptedDifferences"] => {
  const accepted: Record<string, string> = { ...memory.acceptedDifferences }
  for (const result of results) {
    if (result._tag !== "Done" || result.step._tag !== "Apply" || result.object === undefined) continue
    const { object } = result.step
    const difference = differs(object, result.object)
    if (difference === undefined) delete accepted[objectKey(object)]
    else accepted[objectKey(object)] = valueOf(object, difference)
  }
  return accepted
}
