/** Brings values the API server spells differently to one spelling, so that `1Gi` and `1024Mi` are the same wish. */
import { nanos } from "./effective/quantity.js"

/** Fields whose values are maps from resource to quantity. */
const quantityMaps = new Set(["requests", "limits", "capacity", "hard"])
/** Fields that are a quantity themselves. */
const quantityFields = new Set(["sizeLimit", "storage"])

const quantity = (value: unknown): unknown => {
  const amount = nanos(value)
  return amount === undefined ? value : `${amount}n`
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The value with every quantity in billionths. `field` is the name under which it stands. */
export const normalised = (value: unknown, field = ""): unknown => {
  if (Array.isArray(value)) return value.map((item) => normalised(item))
  if (isMap(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, below]) => [
        key,
        quantityMaps.has(field) ? quantity(below) : normalised(below, key),
      ]),
    )
  return quantityFields.has(field) ? quantity(value) : value
}
