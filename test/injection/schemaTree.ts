/**
 * The schema of a resource's `spec` as one tree: the definition as it is published, and where that says nothing about the inside of the server's
 * configuration, the names the server knows. Whatever is added to a schema or to the parameter tables is in the tree by itself.
 */
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../src/decide/crd.js"
import { childContext, parameterTable } from "../../src/domain/serverParameters/ParameterTable.js"
import type { KubeObject } from "../../src/domain/Kubernetes.js"
import type { Parameter } from "../../src/domain/serverParameters/Parameter.js"

/** What the walk needs of an OpenAPI schema. */
export interface Node {
  readonly type: "object" | "array" | "string" | "number" | "boolean"
  /** A text may stand where a number can. */
  readonly isIntOrString: boolean
  /** Texts that may be taken here: all there are, or some. */
  readonly samples: ReadonlyArray<string>
  /** Refused whatever the value: by every release (Enterprise-only), or by the known ones (obsolete). */
  readonly refused: "never" | "known" | "always"
  readonly minimum: number
  readonly minItems: number
  readonly properties: Readonly<Record<string, Node>>
  readonly required: ReadonlyArray<string>
  /** Values of a map. */
  readonly values?: Node
  /** Any other field of any type is kept. */
  readonly isOpen: boolean
  readonly items?: Node
}

type Raw = Readonly<Record<string, unknown>>
const isRaw = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value)
const raw = (value: unknown): Raw => (isRaw(value) ? value : {})
const strings = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : []

const types = { object: "object", array: "array", string: "string", boolean: "boolean" } as const
const typeOf = (schema: Raw): Node["type"] => {
  const type = schema["type"]
  if (schema["x-kubernetes-int-or-string"] === true) return "string"
  if (type === "integer" || type === "number") return "number"
  // A field of any type: what it may hold most is a map.
  return typeof type === "string" && Object.hasOwn(types, type) ? types[type as keyof typeof types] : "object"
}

const read = (value: unknown): Node => {
  const schema = raw(value)
  return {
    type: typeOf(schema),
    isIntOrString: schema["x-kubernetes-int-or-string"] === true,
    samples: strings(schema["enum"]),
    refused: "never",
    minimum: typeof schema["minimum"] === "number" ? schema["minimum"] : 0,
    minItems: typeof schema["minItems"] === "number" ? schema["minItems"] : 0,
    properties: Object.fromEntries(Object.entries(raw(schema["properties"])).map(([key, below]) => [key, read(below)])),
    required: strings(schema["required"]),
    isOpen: schema["x-kubernetes-preserve-unknown-fields"] === true,
    ...(isRaw(schema["additionalProperties"]) ? { values: read(schema["additionalProperties"]) } : {}),
    ...(isRaw(schema["items"]) ? { items: read(schema["items"]) } : {}),
  }
}

const text: Node = {
  type: "string",
  isIntOrString: false,
  samples: [],
  refused: "never",
  minimum: 0,
  minItems: 0,
  properties: {},
  required: [],
  isOpen: false,
}
const listOf = (items: Node): Node => ({ ...text, type: "array", items })
const map = (properties: Node["properties"], required: ReadonlyArray<string> = []): Node => ({
  ...text,
  type: "object",
  properties,
  required,
  isOpen: true,
})

/** Values the server takes, by kind of parameter. */
const samplesOf = ({ kind, enum: words = [], min = 0, max, default: usual }: Parameter): ReadonlyArray<string> => [
  ...words,
  ...(usual === undefined ? [] : [usual]),
  ...(samples[kind] ?? []),
  String(Math.max(min, 1)),
  ...(max === undefined ? [] : [String(max)]),
]

const samples: Readonly<Partial<Record<Parameter["kind"], ReadonlyArray<string>>>> = {
  bool: ["true", "false"],
  size: ["1G"],
  seconds: ["120"],
  port: ["3456"],
  addressPort: ["10.1.2.3 3002"],
  hex64: ["a1"],
}

/** `security` is accepted without effect: it is never written. */
const refusedBy = ({ refused, name }: Parameter): Node["refused"] =>
  refused === undefined || name === "security" ? "never" : refused === "enterprise" ? "always" : "known"

/** One parameter: its line, or several. */
const parameterNode = (parameter: Parameter): Node => {
  const line = { ...text, samples: samplesOf(parameter), refused: refusedBy(parameter) }
  return parameter.repeated === true ? listOf(line) : line
}

/** Sections of which there can be several, each with a name. */
const named = new Set(["namespace", "set"])

/** A section of the server's configuration with every name it has on Community Edition. */
const section = (context: string): Node => {
  const entries = parameterTable().contexts.includes(context) ? allOf(context) : []
  return map(
    Object.fromEntries(
      entries.flatMap((entry): ReadonlyArray<readonly [string, Node]> => {
        if (entry.kind === "section" || entry.kind === "sectionEnum") {
          const inside = { ...section(childContext(context, entry.name)), refused: refusedBy(entry) }
          return named.has(entry.name)
            ? [
                [
                  entry.name,
                  listOf({ ...inside, properties: { name: text, ...inside.properties }, required: ["name"] }),
                ],
              ]
            : [[entry.name, inside]]
        }
        return [[entry.name, parameterNode(entry)]]
      }),
    ),
  )
}

const storageVariants = ["memory", "device", "pmem"]
const allOf = (context: string) => {
  const table = parameterTable()
  return context === "namespace.storage-engine"
    ? storageVariants.flatMap((variant) => table.of(context, variant))
    : table.of(context)
}

const namespaces = (): Node => {
  const inside = section("namespace")
  const engine = inside.properties["storage-engine"] ?? text
  return listOf({
    ...inside,
    properties: {
      ...inside.properties,
      name: text,
      "storage-engine": {
        ...engine,
        properties: { type: { ...text, samples: ["memory", "device"] }, ...engine.properties },
      },
    },
    required: ["name"],
  })
}

/** Natural ways to write a log sink: contexts as keys, as a map, as a list. */
const logging = (): Node => {
  const sink = section("logging.syslog")
  return listOf({
    ...sink,
    properties: {
      ...sink.properties,
      name: text,
      any: { ...text, samples: ["info"] },
      context: map({ any: { ...text, samples: ["info"] } }),
    },
    required: ["name"],
  })
}

/** The whole tree under `aerospikeConfig`. */
const configuration = (): Node => {
  const top = section("(top)")
  const { namespace: _one, ...sections } = top.properties
  return { ...top, properties: { ...sections, namespaces: namespaces(), logging: logging() } }
}

/** Where a schema leaves the inside of a server's configuration open: path in the schema → what can stand there. */
const openTrees: Readonly<Record<string, () => Node>> = {
  "spec.aerospikeConfig": configuration,
  "spec.rackConfig.racks[].aerospikeConfig": configuration,
  "spec.overrides.aerospikeConfig.service": () => section("service"),
  "spec.overrides.aerospikeConfig.namespaceDefaults": () => namespaces().items ?? text,
  "template spec.aerospikeConfig.service": () => section("service"),
  "template spec.aerospikeConfig.namespaceDefaults": () => namespaces().items ?? text,
}

/** The published names and those of the server; where both know one, its inside is put together, too. */
const joined = (published: Node, known: Node): Node => ({
  ...known,
  ...published,
  samples: [...published.samples, ...known.samples],
  refused: published.refused === "never" ? known.refused : published.refused,
  properties: Object.fromEntries(
    [...new Set([...Object.keys(published.properties), ...Object.keys(known.properties)])].map((key) => {
      const [own, other] = [published.properties[key], known.properties[key]]
      return [key, own === undefined ? (other ?? text) : other === undefined ? own : joined(own, other)]
    }),
  ),
  ...(published.items !== undefined && known.items !== undefined
    ? { items: joined(published.items, known.items) }
    : {}),
})

const completed = (node: Node, path: string, used: Set<string>): Node => {
  const tree = openTrees[path]
  if (tree !== undefined) {
    used.add(path)
    return joined(node, tree())
  }
  return {
    ...node,
    properties: Object.fromEntries(
      Object.entries(node.properties).map(([key, below]) => [key, completed(below, `${path}.${key}`, used)]),
    ),
    ...(node.items === undefined ? {} : { items: completed(node.items, `${path}[]`, used) }),
    ...(node.values === undefined ? {} : { values: completed(node.values, `${path}{}`, used) }),
  }
}

const specOf = (definition: KubeObject): unknown => {
  const versions = raw(definition["spec"])["versions"]
  const [version] = Array.isArray(versions) ? (versions as ReadonlyArray<unknown>) : []
  return raw(raw(raw(raw(version)["schema"])["openAPIV3Schema"])["properties"])["spec"]
}

/** Trees of both kinds. Throws when an open tree is no longer where it was: its names would silently be missing. */
export const schemaTrees = (): { readonly cluster: Node; readonly template: Node } => {
  const used = new Set<string>()
  const trees = {
    cluster: completed(read(specOf(aerospikeClusterCrd())), "spec", used),
    template: completed(read(specOf(aerospikeClusterTemplateCrd())), "template spec", used),
  }
  const unused = Object.keys(openTrees).filter((path) => !used.has(path))
  if (unused.length > 0) throw new Error(`no longer in the schema: ${unused.join(", ")}`)
  return trees
}
