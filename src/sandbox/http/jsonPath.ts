/** The JSONPath of printer columns: members, indices, `[*]` and filters `[?(@.type=='Ready')]`. */
import { isMap, type Json } from "../../testing/kube/json.js"

type Step =
  | { readonly _tag: "Member"; readonly name: string }
  | { readonly _tag: "Index"; readonly index: number }
  | { readonly _tag: "All" }
  | { readonly _tag: "Filter"; readonly path: ReadonlyArray<string>; readonly operator: string; readonly value: Json }

const token =
  /\.?([A-Za-z_$][\w/-]*(?:\\\.[\w/-]+)*)|\[(\d+)\]|\[\*\]|\.\*|\[\?\(@\.([\w.]+)\s*(==|!=)\s*(?:'([^']*)'|"([^"]*)"|([\w.-]+))\)\]|\['([^']*)'\]|\["([^"]*)"\]/gy

const literal = (text: string): Json =>
  text === "true" ? true : text === "false" ? false : Number.isNaN(Number(text)) ? text : Number(text)

const stepOf = (match: RegExpExecArray): Step => {
  const [, member, index, filterPath, operator, single, double, bare, quoted, doubleQuoted] = match
  const name = member ?? quoted ?? doubleQuoted
  if (name !== undefined) return { _tag: "Member", name: name.replaceAll("\\.", ".") }
  if (index !== undefined) return { _tag: "Index", index: Number(index) }
  if (filterPath === undefined) return { _tag: "All" }
  const value: Json = single ?? double ?? literal(bare ?? "")
  return { _tag: "Filter", path: filterPath.split("."), operator: operator ?? "==", value }
}

const parse = (path: string): ReadonlyArray<Step> => {
  const text = path.replace(/^\$/, "")
  const steps: Array<Step> = []
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const match = token.exec(text)
    if (match === null) return []
    steps.push(stepOf(match))
  }
  return steps
}

const member = (value: Json | undefined, name: string): Json | undefined => (isMap(value) ? value[name] : undefined)

const follow = (values: ReadonlyArray<Json>, step: Step): ReadonlyArray<Json> =>
  values.flatMap((value): ReadonlyArray<Json> => {
    const present = (found: Json | undefined) => (found === undefined ? [] : [found])
    switch (step._tag) {
      case "Member":
        return present(member(value, step.name))
      case "Index":
        return Array.isArray(value) ? present(value[step.index]) : []
      case "All":
        return Array.isArray(value) ? value : isMap(value) ? Object.values(value).flatMap(present) : []
      case "Filter":
        return (Array.isArray(value) ? value : []).filter((item) => {
          const found = step.path.reduce<Json | undefined>(member, item)
          return step.operator === "==" ? found === step.value : found !== step.value
        })
    }
  })

const parsed = new Map<string, ReadonlyArray<Step>>()

/** Every value at `path`; nothing for a path we cannot read. */
export const valuesAt = (object: unknown, path: string): ReadonlyArray<Json> => {
  const steps = parsed.get(path) ?? parse(path)
  parsed.set(path, steps)
  return steps.length === 0 ? [] : steps.reduce(follow, [object as Json])
}
