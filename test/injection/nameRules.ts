/** The name rules of Kubernetes, read from its documentation and independent of the operator's own: what would be refused by the API server. */
import type { KubeObject } from "../../src/domain/Kubernetes.js"

const isLabelPart = (text: string): boolean =>
  text.length <= 63 && /^[A-Za-z0-9]$|^[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]$/.test(text)
const isSubdomain = (text: string): boolean =>
  text.length <= 253 && text.split(".").every((part) => /^[a-z0-9]$|^[a-z0-9][a-z0-9-]*[a-z0-9]$/.test(part))
const isDnsLabel = (text: string): boolean => text.length <= 63 && !text.includes(".") && isSubdomain(text)
const isKey = (key: string): boolean => {
  const parts = key.split("/")
  const [first = "", second] = parts
  return parts.length === 1 ? isLabelPart(first) : parts.length === 2 && isSubdomain(first) && isLabelPart(second ?? "")
}
const isLabelValue = (value: unknown): boolean => typeof value === "string" && (value === "" || isLabelPart(value))

type Judge = (key: string, value: unknown) => boolean
const label: Judge = (key, value) => isKey(key) && isLabelValue(value)
const annotation: Judge = (key, value) => isKey(key) && typeof value === "string"

/** Maps whose entries obey a rule, by the name of the field. */
const maps: Readonly<Record<string, Judge>> = {
  labels: label,
  nodeSelector: label,
  annotations: annotation,
}

/** Lists whose items have a name that is a DNS label. */
const namedLists = new Set(["containers", "initContainers", "volumes"])

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const nameFaults = (list: ReadonlyArray<unknown>, path: string): ReadonlyArray<string> =>
  list.flatMap((item, index) => {
    const name = isMap(item) ? item["name"] : undefined
    return typeof name === "string" && isDnsLabel(name) ? [] : [`${path}[${index}].name is ${JSON.stringify(name)}`]
  })

const faults = (value: unknown, path: string): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap((item, index) => faults(item, `${path}[${index}]`))
  if (!isMap(value)) return []
  return Object.entries(value).flatMap(([key, below]) => {
    const at = `${path}.${key}`
    const judge = Object.hasOwn(maps, key) ? maps[key] : undefined
    if (judge !== undefined && isMap(below))
      return Object.entries(below)
        .filter(([name, item]) => !judge(name, item))
        .map(([name]) => `${at} has ${JSON.stringify(name)}: ${JSON.stringify(below[name])}`)
    return [...(namedLists.has(key) && Array.isArray(below) ? nameFaults(below, at) : []), ...faults(below, at)]
  })
}

/** Names, labels and annotations that an API server would refuse. */
export const nameRuleFaults = (object: KubeObject): ReadonlyArray<string> => [
  ...(isSubdomain(object.metadata.name ?? "")
    ? []
    : [`${object.kind} is called ${JSON.stringify(object.metadata.name)}`]),
  ...faults(object, object.kind),
]
