/** Size rules V1 and V2, and `spec.overrides` without a template (V53). */
import { maximumSize, type ClusterSpec } from "../../../domain/AerospikeCluster.js"
import type { SpecProblem } from "../../../domain/EffectiveCluster.js"
import { when } from "./problem.js"

/** A size that is left to a template which is not known yet cannot be missed. */
export const sizeProblems = ({ size = 0 }: ClusterSpec, isOpen: boolean): ReadonlyArray<SpecProblem> => [
  ...when(
    size > maximumSize,
    "V1",
    "spec.size",
    `size ${size} is above ${maximumSize}, the largest cluster of Community Edition`,
    `set spec.size to a number from 1 to ${maximumSize}`,
  ),
  ...when(
    size === 0 && !isOpen,
    "V2",
    "spec.size",
    "size is 0 or missing, and there is no templateRef to take it from",
    `set spec.size to a number from 1 to ${maximumSize}; to stop a cluster, delete it`,
  ),
]

export const overridesProblems = ({ overrides, templateRef }: ClusterSpec): ReadonlyArray<SpecProblem> =>
  when(
    overrides !== undefined && templateRef === undefined,
    "V53",
    "spec.overrides",
    "spec.overrides without spec.templateRef",
    "name a template in spec.templateRef, or remove spec.overrides",
  )
