/** What differs between the configuration a node runs and the one it should run: commands where those are enough, else why it must restart. */
import * as Either from "effect/Either"
import type { Json, JsonObject } from "../../../domain/Json.js"
import type { ParameterTable } from "../../../domain/serverParameters/ParameterTable.js"
import { type ParameterChange, type ParameterTarget, valueSet } from "../../../domain/RunningConfiguration.js"
import { isObject, listOf, namespaceEntries } from "../../effective/configTree.js"
import { engineKind } from "../check/entries.js"
import { minusOne, rangeOf } from "../check/amounts.js"
import { canonicalValue, isDynamic, setConfigCommand, shownAt } from "./setConfig.js"

export interface ConfigurationChange {
  /** In the order in which they must be sent. */
  readonly dynamic: ReadonlyArray<ParameterChange>
  /** Paths that only a restart changes; empty: `dynamic` is all there is. */
  readonly static: ReadonlyArray<string>
}

interface Leaf {
  readonly target: ParameterTarget
  readonly value: Json
}

type Leaves = Map<string, Leaf>

const pathOf = ({ context, name, namespace, set }: ParameterTarget): string => {
  const owner = namespace === undefined ? "" : `namespace ${namespace}${set === undefined ? "" : ` set ${set}`}`
  const section = namespace === undefined ? context : context.replace(/^namespace(?:\.set)?\.?/, "")
  return [owner, section, name].filter((part) => part !== "").join(".")
}

const isNamed = (item: Json): item is JsonObject & { readonly name: string } =>
  isObject(item) && typeof item["name"] === "string"

const addSection = (leaves: Leaves, tree: JsonObject, place: Omit<ParameterTarget, "name">): void => {
  for (const [name, value] of Object.entries(tree)) {
    if (value === null) continue
    if (isObject(value)) addSection(leaves, value, { ...place, context: `${place.context}.${name}` })
    else leaves.set(pathOf({ ...place, name }), { target: { ...place, name }, value })
  }
}

const addNamespace = (
  leaves: Leaves,
  { name: namespace, ...entries }: JsonObject & { readonly name: string },
): void => {
  const { "storage-engine": engine = null, set = null, sets = null, ...rest } = entries
  addSection(leaves, rest, { context: "namespace", namespace })
  const variant = engineKind(engine) ?? ""
  leaves.set(`namespace ${namespace}`, {
    target: { context: "namespace", name: "storage-engine", namespace },
    value: variant,
  })
  if (isObject(engine)) {
    const { type: _type, ...inside } = engine
    addSection(leaves, inside, { context: "namespace.storage-engine", namespace, variant })
  }
  for (const item of [...listOf(set), ...listOf(sets)].filter(isNamed)) {
    const { name, ...inside } = item
    addSection(leaves, inside, { context: "namespace.set", namespace, set: name })
  }
}

/** Every value of a tree by its path. Log sinks are one value; `security` is never written and counts for nothing. */
const leavesOf = (config: JsonObject): Leaves => {
  const leaves: Leaves = new Map()
  for (const [name, value] of Object.entries(config)) {
    if (value === null || name === "namespaces" || name === "security") continue
    if (isObject(value)) addSection(leaves, value, { context: name })
    else leaves.set(name, { target: { context: "(top)", name }, value })
  }
  for (const namespace of namespaceEntries(config).filter(isNamed)) addNamespace(leaves, namespace)
  return leaves
}

/** What is in force when the name is absent, where that is a value and not a rule. */
const defaultOf = (table: ParameterTable, { context, name, variant }: ParameterTarget): Json | undefined => {
  const parameter = table.find(context, name, variant)
  const value = parameter?.default
  return parameter === undefined || value === undefined || canonicalValue(parameter, value) === undefined
    ? undefined
    : value
}

const isSame = (table: ParameterTable, { context, name, variant }: ParameterTarget, a: Json, b: Json): boolean => {
  const parameter = table.find(context, name, variant)
  const canonical = parameter === undefined ? undefined : canonicalValue(parameter, a)
  return canonical === undefined || parameter === undefined
    ? JSON.stringify(a) === JSON.stringify(b)
    : canonical === canonicalValue(parameter, b)
}

const changeOf = (
  table: ParameterTable,
  target: ParameterTarget,
  from: Json,
  to: Json,
): ParameterChange | undefined => {
  const command = setConfigCommand(table, target, to)
  const undo = setConfigCommand(table, target, from)
  const shown = shownAt(table, target)
  const parameter = table.find(target.context, target.name, target.variant)
  if (Either.isLeft(command) || Either.isLeft(undo) || shown === undefined || parameter === undefined) return undefined
  return {
    path: pathOf(target),
    target,
    command: command.right,
    undo: undo.right,
    ...shown,
    // A set that nobody has written to is shown nowhere.
    ...(target.set === undefined ? {} : { unshown: valueSet(undo.right) }),
    ...(rangeOf(parameter).hasMinusOne ? { minusOne: String(minusOne) } : {}),
  }
}

/**
 * When to send a change, as the node checks every step against the others' present values: `connect-timeout-ms` may never exceed a third of
 * interval × timeout (whatever of the two grows goes before what shrinks), `default-ttl` needs a removal period, histograms in microseconds
 * need all benchmarks off. Lower goes first.
 */
const order = ({ path, command, undo }: ParameterChange): number => {
  const name = path.slice(path.lastIndexOf(".") + 1)
  const isLess = Number(valueSet(command)) < Number(valueSet(undo))
  if (name === "connect-timeout-ms") return isLess ? -2 : 2
  if (path === "network.heartbeat.interval" || path === "network.heartbeat.timeout") return isLess ? 1 : -1
  if (name === "default-ttl") return valueSet(command) === "0" ? -1 : 1
  if (name.startsWith("enable-benchmarks-")) return valueSet(command) === "false" ? -1 : 1
  return 0
}

const isChanged = (table: ParameterTable, target: ParameterTarget, from: Json | undefined, to: Json | undefined) =>
  from === undefined || to === undefined || !isSame(table, target, from, to)

/**
 * Compares two trees for one release. A value that is only spelled otherwise (`1Gi`, `1073741824`) is no change.
 *
 * @param told parameters whose present values may be others than `from` says: they are set whether they differ or not
 */
export const configurationChange = (
  table: ParameterTable,
  from: JsonObject,
  to: JsonObject,
  told: ReadonlyArray<ParameterTarget> = [],
): ConfigurationChange => {
  const before = leavesOf(from)
  const after = leavesOf(to)
  const others = new Map(told.map((target) => [pathOf(target), target]))
  const dynamic: Array<ParameterChange> = []
  const restarts: Array<string> = []
  for (const path of [...new Set([...before.keys(), ...after.keys(), ...others.keys()])].sort()) {
    const target = (after.get(path) ?? before.get(path))?.target ?? others.get(path)
    if (target === undefined) continue
    const old = before.get(path)?.value ?? defaultOf(table, target)
    const wanted = after.get(path)?.value ?? defaultOf(table, target)
    if (!others.has(path) && !isChanged(table, target, old, wanted)) continue
    const change =
      old === undefined || wanted === undefined || !isDynamic(table, target)
        ? undefined
        : changeOf(table, target, old, wanted)
    if (change === undefined) restarts.push(path)
    else dynamic.push(change)
  }
  return { dynamic: dynamic.toSorted((a, b) => order(a) - order(b)), static: restarts }
}
