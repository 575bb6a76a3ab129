/** Small steps of defaulting and of update validation. */
import { type FieldProblem, forbiddenField, invalidField } from "../ApiFailure.js"
import { equalJson, isMap, type Json, type JsonMap, listAt } from "../json.js"

/** Sets members that are absent. */
export const fill = (object: JsonMap, defaults: JsonMap): JsonMap => {
  for (const [field, value] of Object.entries(defaults)) if (object[field] === undefined) object[field] = value
  return object
}

/** The objects in a list member; empty when there is no list. */
export const objectsIn = (object: unknown, ...path: ReadonlyArray<string>): ReadonlyArray<JsonMap> =>
  (listAt(object, ...path) ?? []).filter(isMap)

/** A problem when one value differs from the stored one. */
export const immutable = (
  field: string,
  now: Json | undefined,
  old: Json | undefined,
  detail = "field is immutable",
): ReadonlyArray<FieldProblem> =>
  equalJson(now ?? null, old ?? null) ? [] : [invalidField(field, now ?? null, detail)]

/** A problem when `now` differs from `old` in any member but the `mutable` ones. */
export const onlyMutable = (
  now: JsonMap,
  old: JsonMap,
  mutable: ReadonlyArray<string>,
  problem: { readonly field: string; readonly detail: string },
): ReadonlyArray<FieldProblem> => {
  const rest = (spec: JsonMap) => Object.fromEntries(Object.entries(spec).filter(([field]) => !mutable.includes(field)))
  return equalJson(rest(now), rest(old)) ? [] : [forbiddenField(problem.field, problem.detail)]
}
