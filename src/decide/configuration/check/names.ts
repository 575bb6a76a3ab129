/** Names the server does not know, or no longer. */
import type { Parameter } from "../../../domain/serverParameters/Parameter.js"
import type { ParameterTable } from "../../../domain/serverParameters/ParameterTable.js"
import { type Finding, type Place, refused, type Rules } from "./Finding.js"
import { nearestOf } from "./nearest.js"

/** Variants of sections that have any. */
const variantsOf = (context: string): ReadonlyArray<string> =>
  context === "namespace.storage-engine" ? ["device", "memory"] : [""]

/** The resource spells some sections otherwise than the server's file. */
const spelled = (place: Place, name: string): string =>
  place.context === "(top)" && name === "namespace" ? "namespaces" : name

const isAccepted = (parameter: Parameter): boolean => parameter.refused === undefined

/** Names that may stand in a section. */
const namesOf = (table: ParameterTable, place: Place): ReadonlyArray<string> =>
  table
    .of(place.context, place.variant)
    .filter(isAccepted)
    .map(({ name }) => spelled(place, name))

/** Where a section stands in the resource. */
const sectionName = (context: string, variant: string): string => {
  const path = context === "(top)" ? "aerospikeConfig" : context.replace(/^namespace/, "namespaces[]")
  return variant === "" ? path : `${path} of type ${variant}`
}

/** Other sections that know the name, those of the same family first. */
const elsewhere = (table: ParameterTable, place: Place, name: string): ReadonlyArray<string> => {
  const family = place.context.split(".")[0] ?? ""
  const isRelated = (context: string): boolean => context.split(".")[0] === family
  return table.contexts
    .filter((context) => !context.startsWith("logging"))
    .toSorted((a, b) => Number(isRelated(b)) - Number(isRelated(a)))
    .flatMap((context) =>
      variantsOf(context)
        .filter((variant) => context !== place.context || variant !== place.variant)
        .filter((variant) => {
          const found = table.find(context, name, variant)
          return found !== undefined && isAccepted(found) && !found.kind.startsWith("section")
        })
        .map((variant) => sectionName(context, variant)),
    )
}

/** Finds what may have been meant. */
const suggestion = (table: ParameterTable, place: Place, name: string): string => {
  const [home] = elsewhere(table, place, name)
  if (home !== undefined) return `move it to ${home}, where ${name} belongs`
  const nearest = nearestOf(name, namesOf(table, place))
  if (nearest === undefined) return "remove it"
  return nearest.isLikely
    ? `write ${nearest.name}, the nearest name, or remove it`
    : `remove it; the nearest name is ${nearest.name}`
}

/** A name that is not in the table. */
export const unknownName = ({ table, server }: Rules, place: Place, name: string): Finding => ({
  ...refused(
    "config.name",
    `${place.path}.${name}`,
    `${place.words}: ${server} knows no ${JSON.stringify(name.slice(0, 80))} here and would not start`,
    "remove it",
  ),
  suggest: () => suggestion(table, place, name),
})

/** A name the server has given up. */
export const obsoleteName = ({ server }: Rules, place: Place, { name, advice }: Parameter): Finding =>
  refused(
    "config.obsolete",
    `${place.path}.${name}`,
    `${place.words}: ${name} is obsolete; ${server} would not start`,
    `remove it${advice === undefined ? "" : ` (the server's advice: ${advice})`}`,
  )
