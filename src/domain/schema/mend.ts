/**
 * Takes what a schema refuses out of a value, so that the rest can be judged: all errors are told at once, not those of the schema first.
 * Another spelling of what was meant (`"3"` for 3) is read as meant; what means nothing is taken away; where something must stand, something
 * stands in for it. The result is for judging only: it is never carried out.
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import { type Fault, faultsOf, type Path } from "./faults.js"
import { meantBy, standIn } from "./reading.js"

export interface Mended<A> {
  readonly value: A
  /** Where something was changed. */
  readonly at: ReadonlyArray<Path>
}

/** Taking something away may show that it is required, inside something else that is. */
const maximumRounds = 5

/** A value with more faults is not worth the work. */
const maximumFaults = 100

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((found, key) => (isContainer(found) ? Reflect.get(found, key) : undefined), value)

const own = (value: unknown): PropertyDescriptor => ({ value, enumerable: true, configurable: true, writable: true })

/** Takes away the field at `path`, or the nearest one around it: an item that is missing would move the others of its list. */
const removed = (root: unknown, path: Path): Path | undefined => {
  const key = path.at(-1)
  if (key === undefined) return undefined
  const around = path.slice(0, -1)
  const parent = at(root, around)
  if (!isContainer(parent) || Array.isArray(parent)) return removed(root, around)
  return Reflect.deleteProperty(parent, key) ? path : undefined
}

/** Mends one fault in `root`, which is changed. Where it was changed; undefined: it cannot be mended. */
const mendOne = (root: unknown, { path, expected, isMissing }: Fault, nth: number): Path | undefined => {
  const key = path.at(-1)
  const parent = at(root, path.slice(0, -1))
  if (key === undefined || !isContainer(parent)) return removed(root, path)
  const meant = isMissing ? [] : meantBy(expected, Reflect.get(parent, key))
  const [value] = meant.length > 0 || !(isMissing || Array.isArray(parent)) ? meant : standIn(expected, nth)
  return value !== undefined && Reflect.defineProperty(parent, key, own(value))
    ? path
    : removed(root, isMissing ? path.slice(0, -1) : path)
}

/** The value without its faults; undefined where that takes more than a few rounds. */
export const mend = <A, I>(schema: Schema.Schema<A, I>, value: unknown): Mended<A> | undefined => {
  const root: unknown = structuredClone(value)
  const changed: Array<Path> = []
  for (let round = 0; round < maximumRounds; round += 1) {
    const decoded = ParseResult.decodeUnknownEither(schema)(root, { errors: "all" })
    if (Either.isRight(decoded)) return { value: decoded.right, at: changed }
    const faults = faultsOf(decoded.left)
    if (faults.length + changed.length > maximumFaults) return undefined
    for (const fault of faults) {
      const place = mendOne(root, fault, changed.length)
      if (place === undefined) return undefined
      changed.push(place)
    }
  }
  return undefined
}
