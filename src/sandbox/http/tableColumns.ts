/** Columns of `kubectl get`, per kind, as the real server prints them. */
import type { KubeObject } from "../../domain/Kubernetes.js"
import { type Json, listAt, mapAt, numberAt, stringAt, valueAt, textOf } from "../../testing/kube/json.js"
import type { PrinterColumn, ResourceDefinition } from "../../testing/kube/ResourceRegistry.js"
import { valuesAt } from "./jsonPath.js"
import { ageOf, joined, labelsText, podReady, podRestarts, podStatus, since } from "./tableCells.js"

export interface Column {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  /** Above 0: shown with `-o wide` only. */
  readonly priority: number
  readonly cell: (object: KubeObject, now: number) => Json
}

const column = (name: string, cell: Column["cell"], type = "string", priority = 0): Column => ({
  name,
  type,
  format: name === "Name" ? "name" : "",
  description: name,
  priority,
  cell,
})
const wide = (name: string, cell: Column["cell"]): Column => column(name, cell, "string", 1)

const nameColumn = column("Name", (object) => object.metadata.name ?? "")
const ageColumn = column("Age", ageOf)
const whole = (name: string, cell: Column["cell"]): Column => column(name, cell, "integer")

const text =
  (...path: ReadonlyArray<string>) =>
  (object: KubeObject): Json => {
    const value = valueAt(object, ...path)
    return value === undefined || value === null || value === ""
      ? "<none>"
      : typeof value === "object"
        ? ""
        : String(value)
  }
const count =
  (...path: ReadonlyArray<string>) =>
  (object: KubeObject): Json =>
    numberAt(object, ...path) ?? 0
const size =
  (field: string) =>
  (object: KubeObject): Json =>
    Object.keys(mapAt(object, field) ?? {}).length

const portsText = (service: KubeObject): string => {
  const ports = (listAt(service, "spec", "ports") ?? []).map((port) => {
    const node = numberAt(port, "nodePort")
    return `${numberAt(port, "port") ?? 0}${node === undefined ? "" : `:${node}`}/${stringAt(port, "protocol") ?? "TCP"}`
  })
  return ports.length === 0 ? "<none>" : ports.join(",")
}

const externalIp = (service: KubeObject): string => {
  const type = stringAt(service, "spec", "type")
  if (type === "ExternalName") return stringAt(service, "spec", "externalName") ?? "<none>"
  const ingress = listAt(service, "status", "loadBalancer", "ingress")
  if (type === "LoadBalancer") return ingress === undefined ? "<pending>" : joined(ingress, "ip")
  return (listAt(service, "spec", "externalIPs") ?? []).map(textOf).join(",") || "<none>"
}

const nodeStatus = (node: KubeObject): string => {
  const ready = (listAt(node, "status", "conditions") ?? []).find((c) => stringAt(c, "type") === "Ready")
  const state = ready === undefined ? "Unknown" : stringAt(ready, "status") === "True" ? "Ready" : "NotReady"
  return valueAt(node, "spec", "unschedulable") === true ? `${state},SchedulingDisabled` : state
}

const nodeRoles = (node: KubeObject): string => {
  const roles = Object.keys(node.metadata.labels ?? {})
    .filter((label) => label.startsWith("node-role.kubernetes.io/"))
    .map((label) => label.slice("node-role.kubernetes.io/".length))
  return roles.length === 0 ? "<none>" : roles.sort().join(",")
}

const nodeAddress =
  (type: string) =>
  (node: KubeObject): Json => {
    const found = (listAt(node, "status", "addresses") ?? []).find((address) => stringAt(address, "type") === type)
    return stringAt(found, "address") ?? "<none>"
  }
const nodeInfo =
  (field: string) =>
  (node: KubeObject): Json =>
    stringAt(node, "status", "nodeInfo", field) ?? "<unknown>"

const modes: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
}
const accessModes =
  (...path: ReadonlyArray<string>) =>
  (object: KubeObject): Json =>
    (listAt(object, ...path) ?? []).map((mode) => modes[textOf(mode)] ?? "").join(",")

const eventTime = (event: KubeObject): string | undefined =>
  stringAt(event, "lastTimestamp") ??
  stringAt(event, "series", "lastObservedTime") ??
  stringAt(event, "deprecatedLastTimestamp") ??
  stringAt(event, "eventTime") ??
  event.metadata.creationTimestamp

const eventObject = (event: KubeObject): string => {
  const about = mapAt(event, "involvedObject") ?? mapAt(event, "regarding")
  return `${(stringAt(about, "kind") ?? "").toLowerCase()}/${stringAt(about, "name") ?? ""}`
}

const readyOf = (object: KubeObject): Json =>
  `${numberAt(object, "status", "readyReplicas") ?? 0}/${numberAt(object, "spec", "replicas") ?? 0}`
const templateContainers =
  (field: string) =>
  (object: KubeObject): Json =>
    joined(listAt(object, "spec", "template", "spec", "containers"), field)

const selectorText = (object: KubeObject): Json => labelsText(valueAt(object, "spec", "selector", "matchLabels"))

const createdColumn = column("Created At", ({ metadata }) => metadata.creationTimestamp ?? "", "date")

const servedVersions = (definition: KubeObject): Json =>
  (listAt(definition, "spec", "versions") ?? [])
    .map((version) => `${stringAt(version, "name") ?? ""}${valueAt(version, "storage") === true ? "(storage)" : ""}`)
    .join(",")

const isEstablished = (definition: KubeObject): Json =>
  (listAt(definition, "status", "conditions") ?? []).some(
    (condition) => stringAt(condition, "type") === "Established" && stringAt(condition, "status") === "True",
  )

const subjects =
  (kind: string) =>
  (binding: KubeObject): Json =>
    (listAt(binding, "subjects") ?? [])
      .filter((subject) => stringAt(subject, "kind") === kind)
      .map((subject) => {
        const name = stringAt(subject, "name") ?? ""
        return kind === "ServiceAccount" ? `${stringAt(subject, "namespace") ?? ""}/${name}` : name
      })
      .join(", ")

const bindingColumns: ReadonlyArray<Column> = [
  nameColumn,
  column(
    "Role",
    (binding) => `${stringAt(binding, "roleRef", "kind") ?? ""}/${stringAt(binding, "roleRef", "name") ?? ""}`,
  ),
  ageColumn,
  wide("Users", subjects("User")),
  wide("Groups", subjects("Group")),
  wide("ServiceAccounts", subjects("ServiceAccount")),
]

const eventFirstTime = (event: KubeObject): string | undefined =>
  stringAt(event, "firstTimestamp") ??
  stringAt(event, "deprecatedFirstTimestamp") ??
  stringAt(event, "eventTime") ??
  event.metadata.creationTimestamp

/** Who reported an event, and where. */
const eventSource = (event: KubeObject): Json => {
  const source = mapAt(event, "source") ?? mapAt(event, "deprecatedSource")
  const parts = [
    stringAt(source, "component") ?? stringAt(event, "reportingComponent") ?? stringAt(event, "reportingController"),
    stringAt(source, "host") ?? stringAt(event, "reportingInstance"),
  ]
  return parts.filter((part) => part !== undefined && part !== "").join(", ")
}

const eventCount = (event: KubeObject): Json =>
  numberAt(event, "series", "count") ?? numberAt(event, "count") ?? numberAt(event, "deprecatedCount") ?? 1

const eventColumns: ReadonlyArray<Column> = [
  column("Last Seen", (event, now) => since(eventTime(event), now)),
  column("Type", text("type")),
  column("Reason", text("reason")),
  column("Object", eventObject),
  wide(
    "Subobject",
    (event) => stringAt(event, "involvedObject", "fieldPath") ?? stringAt(event, "regarding", "fieldPath") ?? "",
  ),
  wide("Source", eventSource),
  column("Message", (event) => (stringAt(event, "message") ?? stringAt(event, "note") ?? "").trim()),
  wide("First Seen", (event, now) => since(eventFirstTime(event), now)),
  wide("Count", eventCount),
  { ...wide("Name", (event) => event.metadata.name ?? ""), format: "name" },
]

const columns: Readonly<Record<string, ReadonlyArray<Column>>> = {
  pods: [
    nameColumn,
    column("Ready", podReady),
    column("Status", podStatus),
    column("Restarts", podRestarts),
    ageColumn,
    wide("IP", text("status", "podIP")),
    wide("Node", text("spec", "nodeName")),
    wide("Nominated Node", text("status", "nominatedNodeName")),
    wide("Readiness Gates", (pod) => {
      const gates = (listAt(pod, "spec", "readinessGates") ?? []).map((gate) => stringAt(gate, "conditionType"))
      const isTrue = (gate: string | undefined) =>
        (listAt(pod, "status", "conditions") ?? []).some(
          (c) => stringAt(c, "type") === gate && stringAt(c, "status") === "True",
        )
      return gates.length === 0 ? "<none>" : `${gates.filter(isTrue).length}/${gates.length}`
    }),
  ],
  services: [
    nameColumn,
    column("Type", text("spec", "type")),
    column("Cluster-IP", text("spec", "clusterIP")),
    column("External-IP", externalIp),
    column("Port(s)", portsText),
    ageColumn,
    wide("Selector", (service) => labelsText(valueAt(service, "spec", "selector"))),
  ],
  configmaps: [nameColumn, column("Data", size("data")), ageColumn],
  secrets: [nameColumn, column("Type", text("type")), column("Data", size("data")), ageColumn],
  serviceaccounts: [nameColumn, ageColumn],
  namespaces: [nameColumn, column("Status", text("status", "phase")), ageColumn],
  nodes: [
    nameColumn,
    column("Status", nodeStatus),
    column("Roles", nodeRoles),
    ageColumn,
    column("Version", (node) => stringAt(node, "status", "nodeInfo", "kubeletVersion") ?? ""),
    wide("Internal-IP", nodeAddress("InternalIP")),
    wide("External-IP", nodeAddress("ExternalIP")),
    wide("OS-Image", nodeInfo("osImage")),
    wide("Kernel-Version", nodeInfo("kernelVersion")),
    wide("Container-Runtime", nodeInfo("containerRuntimeVersion")),
  ],
  statefulsets: [
    nameColumn,
    column("Ready", readyOf),
    ageColumn,
    wide("Containers", templateContainers("name")),
    wide("Images", templateContainers("image")),
  ],
  deployments: [
    nameColumn,
    column("Ready", readyOf),
    column("Up-to-date", count("status", "updatedReplicas")),
    column("Available", count("status", "availableReplicas")),
    ageColumn,
    wide("Containers", templateContainers("name")),
    wide("Images", templateContainers("image")),
    wide("Selector", selectorText),
  ],
  replicasets: [
    nameColumn,
    whole("Desired", count("spec", "replicas")),
    whole("Current", count("status", "replicas")),
    whole("Ready", count("status", "readyReplicas")),
    ageColumn,
    wide("Containers", templateContainers("name")),
    wide("Images", templateContainers("image")),
    wide("Selector", selectorText),
  ],
  persistentvolumeclaims: [
    nameColumn,
    column("Status", (claim) =>
      claim.metadata.deletionTimestamp === undefined ? text("status", "phase")(claim) : "Terminating",
    ),
    column("Volume", (claim) => stringAt(claim, "spec", "volumeName") ?? ""),
    column("Capacity", (claim) => stringAt(claim, "status", "capacity", "storage") ?? ""),
    column("Access Modes", accessModes("status", "accessModes")),
    column("StorageClass", (claim) => stringAt(claim, "spec", "storageClassName") ?? ""),
    column("VolumeAttributesClass", (claim) => stringAt(claim, "spec", "volumeAttributesClassName") ?? "<unset>"),
    ageColumn,
    wide("VolumeMode", text("spec", "volumeMode")),
  ],
  persistentvolumes: [
    nameColumn,
    column("Capacity", text("spec", "capacity", "storage")),
    column("Access Modes", accessModes("spec", "accessModes")),
    column("Reclaim Policy", text("spec", "persistentVolumeReclaimPolicy")),
    column("Status", text("status", "phase")),
    column("Claim", (volume) => {
      const claim = mapAt(volume, "spec", "claimRef")
      return claim === undefined ? "" : `${stringAt(claim, "namespace") ?? ""}/${stringAt(claim, "name") ?? ""}`
    }),
    column("StorageClass", (volume) => stringAt(volume, "spec", "storageClassName") ?? ""),
    column("VolumeAttributesClass", (volume) => stringAt(volume, "spec", "volumeAttributesClassName") ?? "<unset>"),
    column("Reason", (volume) => stringAt(volume, "status", "reason") ?? ""),
    ageColumn,
    wide("VolumeMode", text("spec", "volumeMode")),
  ],
  poddisruptionbudgets: [
    nameColumn,
    column("Min Available", (budget) => textOf(valueAt(budget, "spec", "minAvailable") ?? "N/A")),
    column("Max Unavailable", (budget) => textOf(valueAt(budget, "spec", "maxUnavailable") ?? "N/A")),
    whole("Allowed Disruptions", count("status", "disruptionsAllowed")),
    ageColumn,
  ],
  storageclasses: [
    column("Name", ({ metadata }) => {
      const isDefault = metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true"
      return `${metadata.name ?? ""}${isDefault ? " (default)" : ""}`
    }),
    column("Provisioner", text("provisioner")),
    column("ReclaimPolicy", text("reclaimPolicy")),
    column("VolumeBindingMode", text("volumeBindingMode")),
    column("AllowVolumeExpansion", (storageClass) => valueAt(storageClass, "allowVolumeExpansion") ?? false),
    ageColumn,
  ],
  controllerrevisions: [
    nameColumn,
    column("Controller", ({ metadata }) => {
      const owner = metadata.ownerReferences?.find((o) => o.controller === true)
      return owner === undefined
        ? "<none>"
        : `${owner.kind.toLowerCase()}.${owner.apiVersion.split("/")[0] ?? ""}/${owner.name}`
    }),
    column("Revision", count("revision")),
    ageColumn,
  ],
  leases: [nameColumn, column("Holder", (lease) => stringAt(lease, "spec", "holderIdentity") ?? ""), ageColumn],
  networkpolicies: [
    nameColumn,
    column("Pod-Selector", (policy) => labelsText(valueAt(policy, "spec", "podSelector", "matchLabels"))),
    ageColumn,
  ],
  customresourcedefinitions: [
    nameColumn,
    column("Scope", (definition) => stringAt(definition, "spec", "scope") ?? ""),
    column("Versions", servedVersions),
    createdColumn,
    wide("Group", (definition) => stringAt(definition, "spec", "group") ?? ""),
    wide("Kind", (definition) => stringAt(definition, "spec", "names", "kind") ?? ""),
    wide("ShortNames", (definition) => (listAt(definition, "spec", "names", "shortNames") ?? []).map(textOf).join(",")),
    { ...wide("Established", isEstablished), type: "boolean" },
  ],
  roles: [nameColumn, createdColumn],
  clusterroles: [nameColumn, createdColumn],
  rolebindings: bindingColumns,
  clusterrolebindings: bindingColumns,
  events: eventColumns,
}

const customCell =
  (printer: PrinterColumn) =>
  (object: KubeObject, now: number): Json => {
    const values = valuesAt(object, printer.jsonPath)
    const [first] = values
    if (first === undefined || first === null) return printer.type === "date" ? "<unknown>" : null
    if (printer.type === "date") return typeof first === "string" ? since(first, now) : "<invalid>"
    if (printer.type === "integer" || printer.type === "number") return typeof first === "number" ? first : null
    if (printer.type === "boolean") return typeof first === "boolean" ? first : null
    return typeof first === "object" ? JSON.stringify(first) : String(first)
  }

/** The columns of a kind; custom kinds print what their definition says. */
export const columnsOf = (definition: ResourceDefinition): ReadonlyArray<Column> => {
  if (!definition.isCustom) return columns[definition.kind.plural] ?? [nameColumn, ageColumn]
  const printers = definition.columns ?? []
  if (printers.length === 0) return [nameColumn, { ...ageColumn, type: "date" }]
  return [
    nameColumn,
    ...printers.map((printer) => ({
      ...column(printer.name, customCell(printer), printer.type, printer.priority ?? 0),
      format: printer.format ?? "",
      description: printer.description ?? `Custom resource definition column (in JSONPath format): ${printer.jsonPath}`,
    })),
  ]
}
