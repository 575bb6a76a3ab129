/**
 * Containers that get more of their host than a database needs. They are passed on as asked for; whether they may run is for the Pod Security of
 * the namespace to say. Who may write clusters there should know that they may ask for it (R123).
 */
import type { ClusterSpec } from "../../domain/AerospikeCluster.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import type { RawObject } from "../../domain/schema/fields.js"
import { isObject, listOf } from "./configTree.js"
import { problem } from "./rules/problem.js"

/** What a security context asks for beyond its container. */
const excess = (context: RawObject): string | undefined => {
  if (context["privileged"] === true) return "privileged"
  const { capabilities } = context
  const added = isObject(capabilities) ? listOf(capabilities["add"]) : []
  return added.length === 0
    ? undefined
    : `given the capabilities ${added.slice(0, 8).map(String).join(", ").slice(0, 128)}`
}

const warningOf = (path: string, context: unknown): ReadonlyArray<SpecProblem> => {
  const asked = isObject(context) ? excess(context) : undefined
  return asked === undefined
    ? []
    : [
        problem(
          "privileges",
          `${path}.securityContext`,
          `the container is ${asked}: with it, whoever may write this resource reaches what is beyond the pod`,
          "remove it, or see that the namespace's Pod Security level allows no more than you want",
        ),
      ]
}

/** One warning per container, the server's first. */
export const privilegeWarnings = ({ podSpec }: ClusterSpec): ReadonlyArray<SpecProblem> => [
  ...warningOf("spec.podSpec.aerospikeContainer", podSpec?.aerospikeContainer?.securityContext),
  ...(["sidecars", "initContainers"] as const).flatMap((list) =>
    (podSpec?.[list] ?? []).flatMap((container, index) =>
      warningOf(`spec.podSpec.${list}[${index}]`, container["securityContext"]),
    ),
  ),
]
