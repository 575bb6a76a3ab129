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
  /** Where something was read as it was meant. */
  readonly readAt: ReadonlyArray<Path>
  /** Where something was taken away, or stands in: what is said about it is no news. */
  readonly lostAt: ReadonlyArray<Path>
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

const set = (root: unknown, path: Path, [value]: ReadonlyArray<unknown>): boolean => {
  const key = path.at(-1)
  const parent = at(root, path.slice(0, -1))
  return (
    value !== undefined && key !== undefined && isContainer(parent) && Reflect.defineProperty(parent, key, own(value))
  )
}

/** Reads a value as it was meant, if it was meant as something. `root` is changed. */
const readAsMeant = (root: unknown, { path, expected, isMissing }: Fault): boolean =>
  !isMissing && set(root, path, meantBy(expected, at(root, path)))

/** Puts something else in the place of a fault, or takes the place away. `root` is changed. Where; undefined: neither is possible. */
const replaced = (root: unknown, { path, expected, isMissing }: Fault, nth: number): Path | undefined => {
  const mustStand = isMissing || Array.isArray(at(root, path.slice(0, -1)))
  if (mustStand && set(root, path, standIn(expected, nth))) return path
  return removed(root, isMissing ? path.slice(0, -1) : path)
}

/** The value without its faults; undefined where that takes more than a few rounds. */
export const mend = <A, I>(schema: Schema.Schema<A, I>, value: unknown): Mended<A> | undefined => {
  const root: unknown = structuredClone(value)
  const readAt: Array<Path> = []
  const lostAt: Array<Path> = []
  for (let round = 0; round < maximumRounds; round += 1) {
    const decoded = ParseResult.decodeUnknownEither(schema)(root, { errors: "all" })
    if (Either.isRight(decoded)) return { value: decoded.right, readAt, lostAt }
    const faults = faultsOf(decoded.left)
    if (faults.length + readAt.length + lostAt.length > maximumFaults) return undefined
    for (const fault of faults) {
      if (readAsMeant(root, fault)) readAt.push(fault.path)
      else {
        const place = replaced(root, fault, lostAt.length)
        if (place === undefined) return undefined
        lostAt.push(place)
      }
    }
  }
  return undefined
}
