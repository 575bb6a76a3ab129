/** Services, EndpointSlices and NetworkPolicies. */
import { type FieldProblem, invalidField, requiredField, unsupportedField } from "../ApiFailure.js"
import { ensureMap, equalJson, type JsonMap, listAt, mapAt, stringAt, valueAt } from "../json.js"
import type { ServerFacts, Strategy } from "../ResourceRegistry.js"
import { fill, immutable, objectsIn } from "./fill.js"

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
const isExposed = (spec: JsonMap): boolean => spec["type"] === "NodePort" || spec["type"] === "LoadBalancer"

const setDefaults = (service: JsonMap, old: JsonMap | undefined): void => {
  const spec = ensureMap(service, "spec")
  fill(spec, { sessionAffinity: "None", type: "ClusterIP" })
  if (spec["type"] !== "ExternalName") fill(spec, { internalTrafficPolicy: "Cluster" })
  if (isExposed(spec)) fill(spec, { externalTrafficPolicy: "Cluster" })
  if (spec["type"] === "LoadBalancer") fill(spec, { allocateLoadBalancerNodePorts: true })
  if (spec["sessionAffinity"] === "ClientIP") {
    fill(ensureMap(ensureMap(spec, "sessionAffinityConfig"), "clientIP"), { timeoutSeconds: 10800 })
  }
  for (const port of objectsIn(spec, "ports")) fill(port, { protocol: "TCP", targetPort: port["port"] })
  fill(service, { status: { loadBalancer: {} } })
  keepAllocated(spec, mapAt(old, "spec"))
}

/** An update that leaves out what the server allocated keeps it. */
const keepAllocated = (spec: JsonMap, old: JsonMap | undefined): void => {
  if (old === undefined || spec["type"] === "ExternalName") return
  const before = Object.fromEntries(
    ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"].flatMap((field) =>
      old[field] === undefined ? [] : [[field, old[field]]],
    ),
  )
  const isKept = spec["clusterIP"] === undefined || spec["clusterIP"] === old["clusterIP"]
  if (isKept) fill(spec, before)
  // A change of the one address means the list of addresses, which clients rarely write.
  else if (equalJson(spec["clusterIPs"] ?? null, old["clusterIPs"] ?? null))
    spec["clusterIPs"] = [spec["clusterIP"] ?? ""]
  if (!isExposed(spec)) return
  for (const port of objectsIn(spec, "ports")) {
    const same = objectsIn(old, "ports").find((p) => p["port"] === port["port"] && p["protocol"] === port["protocol"])
    if (same?.["nodePort"] !== undefined) fill(port, { nodePort: same["nodePort"] })
  }
}

const allocate = (service: JsonMap, facts: ServerFacts): void => {
  const spec = ensureMap(service, "spec")
  if (spec["type"] === "ExternalName") return
  if (spec["clusterIP"] === undefined) {
    const n = facts.nextNumber()
    spec["clusterIP"] = `10.96.${(n >> 8) & 255}.${n & 255}`
  }
  fill(spec, { clusterIPs: [spec["clusterIP"] ?? "None"], ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" })
  allocateNodePorts(spec, facts)
}

const allocateNodePorts = (spec: JsonMap, facts: ServerFacts): void => {
  if (!isExposed(spec) || spec["allocateLoadBalancerNodePorts"] === false) return
  for (const port of objectsIn(spec, "ports")) {
    if (port["nodePort"] === undefined) port["nodePort"] = 30_000 + (facts.nextNumber() % 2768)
  }
}

const range = "must be between 1 and 65535, inclusive"

const portProblems = (spec: JsonMap): ReadonlyArray<FieldProblem> => {
  const ports = objectsIn(spec, "ports")
  const isHeadless = spec["clusterIP"] === "None"
  if (ports.length === 0 && !isHeadless && spec["type"] !== "ExternalName") return [requiredField("spec.ports")]
  return ports.flatMap((port, i) => {
    const number = port["port"]
    const isPort = typeof number === "number" && number > 0 && number < 65536
    const target = port["targetPort"]
    const isTarget = typeof target !== "number" || (target > 0 && target < 65536)
    return [
      ...(ports.length > 1 && port["name"] === undefined ? [requiredField(`spec.ports[${i}].name`)] : []),
      ...(isPort ? [] : [invalidField(`spec.ports[${i}].port`, number, range)]),
      ...(isTarget ? [] : [invalidField(`spec.ports[${i}].targetPort`, target, range)]),
    ]
  })
}

export const serviceStrategy: Strategy = {
  setDefaults,
  prepareCreate: allocate,
  validate: (service) => {
    const spec = mapAt(service, "spec") ?? {}
    const type = stringAt(spec, "type") ?? ""
    return [...portProblems(spec), ...(types.includes(type) ? [] : [unsupportedField("spec.type", type, types)])]
  },
  validateUpdate: (now, old) => {
    if (stringAt(now, "spec", "type") === "ExternalName" || stringAt(old, "spec", "type") === "ExternalName") return []
    return immutable(
      "spec.clusterIPs[0]",
      listAt(now, "spec", "clusterIPs") ?? null,
      listAt(old, "spec", "clusterIPs") ?? null,
      "may not change once set",
    )
  },
}

export const networkPolicyStrategy: Strategy = {
  setDefaults: (policy) => {
    const spec = ensureMap(policy, "spec")
    const hasEgress = valueAt(spec, "egress") !== undefined
    fill(spec, { podSelector: {}, policyTypes: hasEgress ? ["Ingress", "Egress"] : ["Ingress"] })
    for (const direction of ["ingress", "egress"]) {
      for (const rule of objectsIn(spec, direction)) {
        for (const port of objectsIn(rule, "ports")) fill(port, { protocol: "TCP" })
      }
    }
  },
}
