/** The field reference of both kinds, written from their definitions: path, type, default, constraints, meaning. */
import type { KubeObject } from "../domain/Kubernetes.js"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "./crd.js"
import { ruleCoverage } from "./ruleCoverage.js"

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value)
const nodeAt = (value: unknown, ...path: ReadonlyArray<string | number>): Node =>
  path.reduce<Node>((node, key) => (isNode(node[key]) ? node[key] : {}), isNode(value) ? value : {})
const textAt = (node: Node, key: string): string | undefined => (typeof node[key] === "string" ? node[key] : undefined)

/** Described elsewhere: the template's own table, the same type further up, types of Kubernetes, free-form trees. */
const closed = new Set(["spec.overrides", "spec.rackConfig.racks[].storage", "status.conditions[]"])

/** A type of Kubernetes or a free-form tree: what is inside is not ours to describe. */
const isForeign = (node: Node): boolean => node["x-kubernetes-preserve-unknown-fields"] === true

export interface Field {
  /** `spec.rackConfig.racks[].id`; `{}` stands for a key of a map. */
  readonly path: string
  readonly node: Node
  readonly isRequired: boolean
}

/** Every field of our own below a node, in the order of the definition. */
const fieldsBelow = (node: Node, path: string): ReadonlyArray<Field> => {
  if (closed.has(path) || isForeign(node)) return []
  const required = Array.isArray(node["required"]) ? (node["required"] as ReadonlyArray<unknown>) : []
  return [
    ...Object.keys(nodeAt(node, "properties")).flatMap((name): ReadonlyArray<Field> => {
      const field = {
        path: `${path}.${name}`,
        node: nodeAt(node, "properties", name),
        isRequired: required.includes(name),
      }
      return [field, ...fieldsBelow(field.node, field.path)]
    }),
    ...(isNode(node["items"]) ? fieldsBelow(node["items"], `${path}[]`) : []),
    ...(isNode(node["additionalProperties"]) ? fieldsBelow(node["additionalProperties"], `${path}{}`) : []),
  ]
}

/** Every field of a kind below `part`. */
export const fieldsOf = (crd: KubeObject, part: "spec" | "status"): ReadonlyArray<Field> => {
  const versions = nodeAt(crd["spec"])["versions"]
  const version: unknown = Array.isArray(versions) ? versions[0] : undefined
  return fieldsBelow(nodeAt(version, "schema", "openAPIV3Schema", "properties", part), part)
}

const typeOf = (node: Node): string => {
  if (node["x-kubernetes-int-or-string"] === true) return "integer or string"
  if (isNode(node["items"])) return `list of ${typeOf(node["items"])}`
  if (isNode(node["additionalProperties"])) return `map of ${typeOf(node["additionalProperties"])}`
  return textAt(node, "format") ?? textAt(node, "type") ?? "any"
}

const bounds: ReadonlyArray<readonly [string, string]> = [
  ["minimum", "at least"],
  ["maximum", "at most"],
  ["minLength", "min. length"],
  ["maxLength", "max. length"],
  ["minItems", "min. entries"],
  ["maxItems", "max. entries"],
  ["maxProperties", "max. entries"],
]

const constraintsOf = ({ node, isRequired }: Field): string => {
  const values = Array.isArray(node["enum"]) ? (node["enum"] as ReadonlyArray<unknown>) : []
  const keys = Array.isArray(node["x-kubernetes-list-map-keys"]) ? node["x-kubernetes-list-map-keys"].join() : ""
  return [
    ...(isRequired ? ["required"] : []),
    ...(values.length > 0 ? [values.map((value) => `\`${value === "" ? '""' : String(value)}\``).join(" ")] : []),
    ...bounds.flatMap(([key, says]) =>
      // The largest 32-bit number says nothing.
      typeof node[key] === "number" && node[key] !== 2_147_483_647 ? [`${says} ${node[key]}`] : [],
    ),
    ...(keys === "" ? [] : [`unique ${keys}`]),
  ].join(", ")
}

const cell = (text: string): string => text.replaceAll("|", "\\|")

const table = (heads: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n")

const fieldTable = (fields: ReadonlyArray<Field>): string =>
  table(
    ["Field", "Type", "Default", "Constraints", "Meaning"],
    fields.map((field) => [
      `\`${field.path}\``,
      typeOf(field.node),
      field.node["default"] === undefined ? "" : `\`${JSON.stringify(field.node["default"])}\``,
      constraintsOf(field),
      textAt(field.node, "description") ?? "",
    ]),
  )

const rules = (): string =>
  table(
    ["Rules", "Enforced by", "How, or why not by the definition"],
    ruleCoverage.map(({ ids, by, how }) => [ids.join(", "), by, how]),
  )

/** The whole document, as Markdown. */
export const fieldReference = (): string => {
  const [cluster, template] = [aerospikeClusterCrd(), aerospikeClusterTemplateCrd()]
  return [
    "<!-- Generated from the schemas by `npm run generate`. Do not edit. -->",
    "# Field reference of `acko.io/v1alpha1`",
    "Types of Kubernetes inside a resource are checked field by field; fields this version does not know are kept there. `kubectl explain` tells the same.",
    "## AerospikeCluster: spec",
    fieldTable(fieldsOf(cluster, "spec")),
    "`spec.overrides` takes the fields of a template; `spec.rackConfig.racks[].storage` those of `spec.storage`.",
    "## AerospikeCluster: status",
    fieldTable(fieldsOf(cluster, "status")),
    "## AerospikeClusterTemplate: spec",
    fieldTable(fieldsOf(template, "spec")),
    "## AerospikeClusterTemplate: status",
    fieldTable(fieldsOf(template, "status")),
    "## Who enforces the rules",
    "What the definitions cannot say, the webhook says at admission, and the operator before it acts.",
    rules(),
    "",
  ].join("\n\n")
}
