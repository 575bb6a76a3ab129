/** `aerospikeConfig` of a server's file: what a user would write in a resource to get it. */
import type { Json, JsonObject } from "../../src/domain/Json.js"
import { type ConfNode, parseConf } from "./aerospikeConf.js"

const asList = (value: Json | undefined): ReadonlyArray<Json> =>
  value === undefined ? [] : Array.isArray(value) ? (value as ReadonlyArray<Json>) : [value]

/** Numbers stay text, except where the resource asks for a number. */
const scalar = (key: string, text: string): Json =>
  key === "replication-factor" && /^\d+$/.test(text) ? Number(text) : text

const add = (tree: Record<string, Json>, key: string, value: Json, merges: boolean): void => {
  const present = tree[key]
  if (present === undefined) tree[key] = value
  else if (merges) tree[key] = { ...(present as JsonObject), ...(value as JsonObject) }
  else tree[key] = [...asList(present), value]
}

const sink = ({ words, children = [] }: ConfNode): JsonObject => ({
  name: words[0] === "file" ? (words[1] ?? "") : (words[0] ?? ""),
  ...treeOf(children),
})

const treeOf = (nodes: ReadonlyArray<ConfNode>, isTop = false): Record<string, Json> => {
  const tree: Record<string, Json> = {}
  for (const { words, children } of nodes) {
    const [key = "", ...rest] = words
    if (children === undefined) add(tree, key, scalar(key, rest.join(" ")), false)
    else if (key === "logging" && isTop) tree[key] = [...asList(tree[key]), ...children.map(sink)]
    else if (key === "storage-engine") add(tree, key, { type: rest[0] ?? null, ...treeOf(children) }, false)
    else if (key === "namespace" || key === "set") {
      const list = key === "namespace" ? "namespaces" : key
      tree[list] = [...asList(tree[list]), { name: rest[0] ?? null, ...treeOf(children) }]
    } else add(tree, key, treeOf(children), true)
  }
  return tree
}

export const configTreeOf = (text: string): JsonObject => treeOf(parseConf(text), true)
