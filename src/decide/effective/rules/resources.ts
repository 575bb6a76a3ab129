/** Amounts of CPU, memory and the like, and tolerations: with wrong ones the API server refuses the StatefulSet, long after the resource. */
import type { Json } from "../../../domain/Json.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import type { RawObject } from "../../../domain/schema/fields.js"
import { isObject, section } from "../configTree.js"
import { nanos } from "../quantity.js"
import { problem, when } from "./problem.js"

const shown = (value: Json | undefined): string => JSON.stringify(value)?.slice(0, 80) ?? ""

/** `4GB` is a common slip: Kubernetes has `4G` and `4Gi`. */
const quantityFix = (value: Json): string => {
  const [, digits, unit] = /^(\d+)([kKMGTPE])[bB]$/.exec(typeof value === "string" ? value : "") ?? []
  return digits === undefined || unit === undefined
    ? "write a quantity such as 500m or 2Gi"
    : `write ${digits}${unit.toUpperCase()}i, without the B`
}

const amountProblems = (name: string, value: Json, at: string): ReadonlyArray<SpecProblem> => {
  const amount = nanos(value)
  if (amount === undefined)
    return [problem("resources", at, `${name}: ${shown(value)} is no Kubernetes quantity`, quantityFix(value))]
  return when(
    amount < 0n,
    "resources",
    at,
    `${name}: ${shown(value)} is below zero`,
    "write a quantity such as 500m or 2Gi",
  )
}

/** `resources` of a container at `path`. */
export const resourceProblems = (resources: unknown, path: string): ReadonlyArray<SpecProblem> => {
  if (!isObject(resources)) return []
  const requests = section(resources, "requests")
  const limits = section(resources, "limits")
  return [
    ...Object.entries(requests).flatMap(([name, value]) => amountProblems(name, value, `${path}.requests.${name}`)),
    ...Object.entries(limits).flatMap(([name, value]) => amountProblems(name, value, `${path}.limits.${name}`)),
    ...Object.entries(requests).flatMap(([name, value]) => {
      const limit = Object.hasOwn(limits, name) ? limits[name] : undefined
      const wanted = nanos(value)
      const most = nanos(limit)
      return when(
        wanted !== undefined && most !== undefined && wanted > most,
        "resources",
        `${path}.requests.${name}`,
        `${name}: the request ${shown(value)} exceeds the limit ${shown(limit)}`,
        "lower the request, or raise the limit",
      )
    }),
  ]
}

/** Words of Kubernetes; an empty one counts as absent. The last two operators are those of newer releases. */
const operators = ["Equal", "Exists", "Lt", "Gt"]
const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

const text = (toleration: RawObject, key: string): string =>
  typeof toleration[key] === "string" ? toleration[key] : ""

/** `tolerations` at `path`. */
export const tolerationProblems = (
  tolerations: ReadonlyArray<RawObject> | undefined,
  path: string,
): ReadonlyArray<SpecProblem> =>
  (tolerations ?? []).flatMap((toleration, index) => {
    const at = `${path}[${index}]`
    const operator = text(toleration, "operator")
    const effect = text(toleration, "effect")
    return [
      ...when(
        operator !== "" && !operators.includes(operator),
        "toleration",
        `${at}.operator`,
        `${shown(operator)} is no operator of a toleration`,
        "use Exists, or Equal with a value",
      ),
      ...when(
        effect !== "" && !effects.includes(effect),
        "toleration",
        `${at}.effect`,
        `${shown(effect)} is no effect of a taint`,
        `use one of ${effects.join(", ")}, or remove effect to tolerate all`,
      ),
      ...when(
        operator === "Exists" && text(toleration, "value") !== "",
        "toleration",
        `${at}.value`,
        "with operator Exists there is no value to compare",
        "remove value, or use operator Equal",
      ),
      ...when(
        text(toleration, "key") === "" && operator !== "Exists" && (operator === "" || operators.includes(operator)),
        "toleration",
        `${at}.key`,
        "without a key only operator Exists has a meaning",
        "name the key of the taint, or use operator Exists to tolerate all taints",
      ),
    ]
  })
