/**
 * Fields inside types of Kubernetes that this version does not know. They are passed on, since Kubernetes may have learned them since; a typing
 * mistake among them lets the API server refuse every pod, so people are told when they apply the resource (R113).
 */
import * as Option from "effect/Option"
import * as SchemaAST from "effect/SchemaAST"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { nearestOf } from "../configuration/check/nearest.js"
import { problem } from "./rules/problem.js"

/** Nobody reads more of them. */
const maximum = 8

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isOpen = (ast: SchemaAST.TypeLiteral): boolean =>
  ast.propertySignatures.length > 0 && ast.indexSignatures.some(({ type }) => SchemaAST.isUnknownKeyword(type))

/** `readinessprobe` is compared letter by letter with what it may have been meant to be. */
const meant = (word: string, names: ReadonlyArray<string>): string | undefined => {
  const byLetters = new Map(names.map((name) => [name.toLowerCase(), name]))
  const nearest = nearestOf(word, byLetters.keys())
  return nearest?.isLikely === true ? byLetters.get(nearest.name) : undefined
}

/** A key may be as long as the resource. */
const short = (key: string): string => (key.length <= 64 ? key : `${key.slice(0, 63)}…`)

const unknownField = (type: string, path: string, key: string, names: ReadonlyArray<string>): SpecProblem => {
  const name = meant(key, names)
  return problem(
    "unknown",
    `${path}.${short(key)}`,
    `a ${type} of Kubernetes has no field ${short(key)} that this version knows: where Kubernetes does not know it either, no pod can be made`,
    name === undefined ? "remove it, unless your Kubernetes has it" : `did you mean ${name}?`,
  )
}

const inside = (ast: SchemaAST.TypeLiteral, value: unknown, path: string): ReadonlyArray<SpecProblem> => {
  if (!isMap(value)) return []
  const known = ast.propertySignatures.map(({ name }) => String(name))
  const type = Option.getOrElse(SchemaAST.getTitleAnnotation(ast), () => "object")
  const unknown = isOpen(ast) ? Object.keys(value).filter((key) => !known.includes(key)) : []
  return [
    ...unknown.map((key) => unknownField(type, path, key, known)),
    ...ast.propertySignatures.flatMap((signature) =>
      Object.hasOwn(value, signature.name)
        ? walk(signature.type, value[String(signature.name)], `${path}.${String(signature.name)}`)
        : [],
    ),
  ]
}

const walk = (ast: SchemaAST.AST, value: unknown, path: string): ReadonlyArray<SpecProblem> => {
  switch (ast._tag) {
    case "Refinement":
    case "Transformation":
      return walk(ast.from, value, path)
    case "Union":
      return ast.types.flatMap((type) => walk(type, value, path))
    case "TupleType": {
      const [item] = ast.rest
      return item === undefined || !Array.isArray(value)
        ? []
        : value.flatMap((entry, index) => walk(item.type, entry, `${path}[${index}]`))
    }
    case "TypeLiteral":
      return inside(ast, value, path)
    default:
      return []
  }
}

/** The first of them, in the order of the schema. */
export const unknownFields = (ast: SchemaAST.AST, value: unknown, path: string): ReadonlyArray<SpecProblem> =>
  walk(ast, value, path).slice(0, maximum)
