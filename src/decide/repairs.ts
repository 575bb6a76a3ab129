/**
 * Rivals that keep changing or deleting what we own (R104). The first repairs go out at once, since most differences are accidents; after that
 * one write a minute per object, and a condition that names object and field, until the rival rests (S9).
 */
import type { KubeObject } from "../domain/Kubernetes.js"
import { Annotation } from "../domain/Labels.js"
import type { StepResult } from "../domain/Report.js"
import type { PassMemory, Repair, Snapshot } from "../domain/Snapshot.js"
import { objectKey } from "./acceptedDifferences.js"

/** Writes of one wish that are not delayed: the wish itself and three repairs. */
const freeWrites = 4
/** Afterwards one write per object in this time (ms). */
const slowRepairMs = 60_000
/** A rival that did nothing for this long has gone (ms). */
const forgetMs = 300_000

const hashOf = (object: KubeObject): string => object.metadata.annotations?.[Annotation.appliedHash] ?? ""

const isContested = (repair: Repair): boolean => repair.count > freeWrites

const isRecent = (repair: Repair, now: number): boolean => now < repair.at + forgetMs

/** Whether the repair of this object has to wait: it was put right often, and a moment ago. A new wish never waits. */
export const isRepairPaused = ({ memory, now }: Snapshot, object: KubeObject): boolean => {
  const repair = memory.repairs?.[objectKey(object)]
  return repair !== undefined && repair.hash === hashOf(object) && isContested(repair) && now < repair.at + slowRepairMs
}

/** The memory after these results, without what is too old to matter. */
export const repairsAfter = (
  memory: PassMemory,
  results: ReadonlyArray<StepResult>,
  now: number,
): NonNullable<PassMemory["repairs"]> => {
  const repairs = Object.fromEntries(Object.entries(memory.repairs ?? {}).filter(([, repair]) => isRecent(repair, now)))
  for (const { _tag, step } of results) {
    if (_tag !== "Done" || step._tag !== "Apply" || step.precondition !== undefined) continue
    const key = objectKey(step.object)
    const hash = hashOf(step.object)
    const before = repairs[key]
    const count = before?.hash === hash ? before.count + 1 : 1
    repairs[key] = { hash, field: step.because, count, at: now }
  }
  return repairs
}

/** Objects somebody else keeps changing, with the field in dispute. */
export const contested = (
  repairs: PassMemory["repairs"],
): ReadonlyArray<{ readonly object: string; readonly field: string }> =>
  Object.entries(repairs ?? {}).flatMap(([object, repair]) =>
    isContested(repair) ? [{ object: object.replace("/", " "), field: repair.field }] : [],
  )

/** Time until the next repair may go out, or a rival counts as gone (ms); undefined without a rival. */
export const nextRepairMs = (repairs: PassMemory["repairs"], now: number): number | undefined => {
  const times = Object.values(repairs ?? {})
    .filter(isContested)
    .flatMap((repair) => [repair.at + slowRepairMs, repair.at + forgetMs])
    .filter((time) => time > now)
  return times.length === 0 ? undefined : Math.min(...times) - now
}
