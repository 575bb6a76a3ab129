/** Size rules V1 and V2, the reference to a template, and `spec.overrides` without one (V53). */
import { maximumSize, type ClusterSpec } from "../../../domain/AerospikeCluster.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
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

/** A name no template can have is not looked up: it becomes part of a request's path. */
export const templateNameProblems = ({ templateRef }: ClusterSpec): ReadonlyArray<SpecProblem> =>
  when(
    templateRef !== undefined && !/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(templateRef.name),
    "templateRef.name",
    "spec.templateRef.name",
    `${JSON.stringify(templateRef?.name.slice(0, 80))} cannot be the name of a template`,
    "use lower-case letters, digits, - and . only (`kubectl get asct` lists the templates)",
  )
