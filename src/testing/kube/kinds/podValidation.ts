/** What the server refuses in pod specs: the rules an operator can break by mistake. */
import { type FieldProblem, invalidField, requiredField, unsupportedField } from "../ApiFailure.js"
import { isMap, type JsonMap, mapAt, stringAt } from "../json.js"
import { quantityValue } from "../quantity.js"
import { objectsIn } from "./fill.js"

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** An RFC 1123 label of at most 63 characters. */
export const validateLabelName = (field: string, name: string): ReadonlyArray<FieldProblem> => {
  if (name === "") return [requiredField(field)]
  return [
    ...(name.length > 63 ? [invalidField(field, name, "must be no more than 63 characters")] : []),
    ...(labelPattern.test(name) ? [] : [invalidField(field, name, label)]),
  ]
}

/** A name that an earlier item has. */
const duplicate = (field: string, items: ReadonlyArray<JsonMap>, i: number): ReadonlyArray<FieldProblem> => {
  const name = stringAt(items[i], "name")
  const isTwice = name !== undefined && items.findIndex((item) => item["name"] === name) < i
  return isTwice
    ? [
        {
          reason: "FieldValueDuplicate",
          field: `${field}[${i}].name`,
          message: `Duplicate value: ${JSON.stringify(name)}`,
        },
      ]
    : []
}

const resourceProblems = (field: string, container: JsonMap): ReadonlyArray<FieldProblem> => {
  const requests = mapAt(container, "resources", "requests") ?? {}
  const limits = mapAt(container, "resources", "limits") ?? {}
  return Object.entries(requests).flatMap(([name, request]) => {
    const limit = limits[name]
    if (typeof limit !== "string" || typeof request !== "string" || quantityValue(request) <= quantityValue(limit))
      return []
    return [
      invalidField(`${field}.resources.requests`, request, `must be less than or equal to ${name} limit of ${limit}`),
    ]
  })
}

const portProblems = (field: string, container: JsonMap): ReadonlyArray<FieldProblem> =>
  objectsIn(container, "ports").flatMap((port, i) => {
    const value = port["containerPort"]
    if (typeof value === "number" && value > 0 && value < 65536) return []
    if (value === undefined || value === 0) return [requiredField(`${field}.ports[${i}].containerPort`)]
    return [invalidField(`${field}.ports[${i}].containerPort`, value, "must be between 1 and 65535, inclusive")]
  })

const mountProblems = (field: string, container: JsonMap, volumes: ReadonlySet<string>): ReadonlyArray<FieldProblem> =>
  [
    ...objectsIn(container, "volumeMounts").map((m, i) => [`volumeMounts[${i}]`, m] as const),
    ...objectsIn(container, "volumeDevices").map((m, i) => [`volumeDevices[${i}]`, m] as const),
  ].flatMap(([at, mount]) => {
    const name = stringAt(mount, "name") ?? ""
    if (volumes.has(name)) return []
    return [
      {
        reason: "FieldValueNotFound" as const,
        field: `${field}.${at}.name`,
        message: `Not found: ${JSON.stringify(name)}`,
      },
    ]
  })

const containerProblems = (
  field: string,
  container: JsonMap,
  volumes: ReadonlySet<string>,
): ReadonlyArray<FieldProblem> => {
  const policy = stringAt(container, "imagePullPolicy")
  const policies = ["Always", "IfNotPresent", "Never"]
  return [
    ...validateLabelName(`${field}.name`, stringAt(container, "name") ?? ""),
    ...((stringAt(container, "image") ?? "") === "" ? [requiredField(`${field}.image`)] : []),
    ...portProblems(field, container),
    ...objectsIn(container, "env").flatMap((v, i) =>
      (stringAt(v, "name") ?? "") === "" ? [requiredField(`${field}.env[${i}].name`)] : [],
    ),
    ...mountProblems(field, container, volumes),
    ...(policy !== undefined && !policies.includes(policy)
      ? [unsupportedField(`${field}.imagePullPolicy`, policy, policies)]
      : []),
    ...resourceProblems(field, container),
  ]
}

const dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]

/** Problems of a pod spec at `field`. `claims`: volumes that come from claim templates. */
export const validatePodSpec = (
  field: string,
  spec: unknown,
  claims: ReadonlyArray<string> = [],
): ReadonlyArray<FieldProblem> => {
  if (!isMap(spec)) return [requiredField(field)]
  const volumes = objectsIn(spec, "volumes")
  const names = new Set([...volumes.map((v) => stringAt(v, "name") ?? ""), ...claims])
  const containers = objectsIn(spec, "containers")
  const inits = objectsIn(spec, "initContainers")
  const restart = stringAt(spec, "restartPolicy")
  const dns = stringAt(spec, "dnsPolicy")
  return [
    ...volumes.flatMap((v, i) => [
      ...validateLabelName(`${field}.volumes[${i}].name`, stringAt(v, "name") ?? ""),
      ...duplicate(`${field}.volumes`, volumes, i),
    ]),
    ...(containers.length === 0 ? [requiredField(`${field}.containers`)] : []),
    ...containers.flatMap((c, i) => [
      ...containerProblems(`${field}.containers[${i}]`, c, names),
      ...duplicate(`${field}.containers`, containers, i),
    ]),
    ...inits.flatMap((c, i) => containerProblems(`${field}.initContainers[${i}]`, c, names)),
    ...(restart !== undefined && !["Always", "OnFailure", "Never"].includes(restart)
      ? [unsupportedField(`${field}.restartPolicy`, restart, ["Always", "OnFailure", "Never"])]
      : []),
    ...(dns !== undefined && !dnsPolicies.includes(dns)
      ? [unsupportedField(`${field}.dnsPolicy`, dns, dnsPolicies)]
      : []),
  ]
}
