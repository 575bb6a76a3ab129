/** Readers of JSON nobody promised to be well formed: each answers undefined or empty instead of throwing (R36). */

export type Fields = Readonly<Record<string, unknown>>

/** The object, or undefined for anything else (arrays included). */
export const fields = (value: unknown): Fields | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined

/** The object at `name`, or an empty one. */
export const at = (value: Fields | undefined, name: string): Fields => fields(value?.[name]) ?? {}

/** The objects in the array at `name`; entries that are no objects are left out. */
export const entries = (value: Fields | undefined, name: string): ReadonlyArray<Fields> => {
  const list = value?.[name]
  return Array.isArray(list) ? list.map(fields).filter((entry) => entry !== undefined) : []
}

/** The strings in the array at `name`. */
export const strings = (value: Fields | undefined, name: string): ReadonlyArray<string> => {
  const list = value?.[name]
  return Array.isArray(list) ? list.filter((entry) => typeof entry === "string") : []
}

/** The string at `name`, unless it is empty. */
export const text = (value: Fields | undefined, name: string): string | undefined => {
  const found = value?.[name]
  return typeof found === "string" && found !== "" ? found : undefined
}

/** The finite number at `name`. */
export const numeric = (value: Fields | undefined, name: string): number | undefined => {
  const found = value?.[name]
  return typeof found === "number" && Number.isFinite(found) ? found : undefined
}

/** The boolean at `name`. */
export const flag = (value: Fields | undefined, name: string): boolean | undefined => {
  const found = value?.[name]
  return typeof found === "boolean" ? found : undefined
}

/** The RFC 3339 time at `name` in epoch ms. */
export const instant = (value: Fields | undefined, name: string): number | undefined => {
  const found = text(value, name)
  const ms = found === undefined ? Number.NaN : Date.parse(found)
  return Number.isNaN(ms) ? undefined : ms
}

/** The map of strings at `name` (labels, annotations); other values are left out. */
export const stringMap = (value: Fields | undefined, name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(at(value, name)).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  )

/** The value, when it is one of `allowed`. */
export const oneOf = <A extends string>(value: unknown, allowed: ReadonlyArray<A>): A | undefined =>
  allowed.find((candidate) => candidate === value)

/** Without the entries that are undefined: what `exactOptionalPropertyTypes` asks for. */
export const defined = <A extends object>(values: A): { [K in keyof A]: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter((entry) => entry[1] !== undefined)) as {
    [K in keyof A]: Exclude<A[K], undefined>
  }
