/** Condition `NetworkPolicyApplied`: whether the policy that `networkPolicyConfig` asks for is in force; none without such a wish (B17). */
import type { StatusCondition } from "../../domain/ClusterStatus.js"
import { Kinds } from "../../domain/Kubernetes.js"
import { networkPolicyName } from "../../domain/Names.js"
import { isDeleting, type Outcome } from "./outcome.js"

type Finding = Pick<StatusCondition, "status" | "reason" | "message">

/** Reasons that a person has to do something about. */
export const blockedPolicy: ReadonlySet<string> = new Set(["CiliumNotInstalled", "NameTaken"])

/** Undefined while no policy is wanted. */
export const networkPolicyApplied = (outcome: Outcome): Finding | undefined => {
  const { snapshot, plan, results, effective } = outcome
  const config = effective?.spec.networkPolicyConfig
  if (config?.enabled !== true || isDeleting(outcome)) return undefined
  const stored = snapshot.cluster.status.conditions?.find(({ type }) => type === "NetworkPolicyApplied")
  // A pass that is held looks at no policy.
  if (plan._tag !== "Proceed") return stored
  const isCilium = config.type === "cilium"
  const { kind } = isCilium ? Kinds.CiliumNetworkPolicy : Kinds.NetworkPolicy
  const name = networkPolicyName(snapshot.cluster.name)
  const wait = plan.waits.find((found) => found.kind === "NetworkPolicy")
  if (wait !== undefined) {
    const reason = isCilium && snapshot.ciliumPolicies === undefined ? "CiliumNotInstalled" : "NameTaken"
    return { status: "False", reason, message: wait.message }
  }
  const step = results.steps.find((result) => result.step._tag === "Apply" && result.step.kind.kind === kind)
  const isThere =
    step === undefined
      ? (isCilium ? snapshot.ciliumPolicies : snapshot.networkPolicies)?.some((view) => view.name === name)
      : step._tag === "Done"
  return isThere === true
    ? { status: "True", reason: "Applied", message: `${kind} ${name} is in place` }
    : { status: "False", reason: "Pending", message: `${kind} ${name} is not written yet` }
}
