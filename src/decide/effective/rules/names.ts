/** Names Kubernetes derives from ours must fit its limits: a name that is too long shows only when the API server refuses a pod (R111). */
import type { ClusterKey } from "../../../domain/Kubernetes.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { statefulSetName } from "../../../domain/Names.js"
import { when } from "./problem.js"

/** A StatefulSet's name plus `-` and a hash of ten characters is a label value of its pods: 63 in all. */
const maximumStatefulSetName = 52

export const nameProblems = (key: ClusterKey, rackIds: ReadonlyArray<number>): ReadonlyArray<SpecProblem> => [
  ...when(
    !/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(key.name),
    "name.characters",
    "metadata.name",
    `${key.name} cannot be the name of a Service: lower-case letters, digits and "-" only, starting with a letter`,
    "create the cluster under another name",
  ),
  ...rackIds.flatMap((id) =>
    when(
      statefulSetName(key.name, id).length > maximumStatefulSetName,
      "name.length",
      "metadata.name",
      `${statefulSetName(key.name, id)} has more than ${maximumStatefulSetName} characters, its pods could not be labelled`,
      "create the cluster under a shorter name",
    ),
  ),
]
