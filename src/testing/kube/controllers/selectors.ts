/** Label and node selectors, evaluated like the API machinery does. */
import type { LabelRequirement, LabelSelector } from "./objects.js"

type Labels = Readonly<Record<string, string>>

const compare = (operator: string, found: string | undefined, wanted: string | undefined): boolean => {
  const [a, b] = [Number(found), Number(wanted)]
  if (found === undefined || Number.isNaN(a) || Number.isNaN(b)) return false
  return operator === "Gt" ? a > b : a < b
}

/** One requirement against the labels. An operator the API does not know matches nothing. */
export const meetsRequirement = (labels: Labels, requirement: LabelRequirement): boolean => {
  const found = labels[requirement.key]
  switch (requirement.operator) {
    case "In":
      return found !== undefined && (requirement.values ?? []).includes(found)
    case "NotIn":
      return found === undefined || !(requirement.values ?? []).includes(found)
    case "Exists":
      return found !== undefined
    case "DoesNotExist":
      return found === undefined
    case "Gt":
    case "Lt":
      return compare(requirement.operator, found, requirement.values?.[0])
    default:
      return false
  }
}

/** An absent selector matches nothing, an empty one everything (as in the API). */
export const matchesSelector = (labels: Labels | undefined, selector: LabelSelector | undefined): boolean =>
  selector !== undefined &&
  Object.entries(selector.matchLabels ?? {}).every(([key, wanted]) => labels?.[key] === wanted) &&
  (selector.matchExpressions ?? []).every((requirement) => meetsRequirement(labels ?? {}, requirement))
