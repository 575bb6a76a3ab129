import { describe, expect, it } from "vitest"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../../src/decide/crd.js"
import type { JsonObject } from "../../../src/domain/Json.js"
import { completeCluster } from "../../support/completeCluster.js"
import { allObjects, at, desiredOf, templateOf } from "../../support/desired.js"
import { review, warningRules } from "../../support/review.js"

type Fields = Readonly<Record<string, unknown>>

const { templateRef: _templateRef, overrides: _overrides, ...complete } = completeCluster["spec"] as Fields

/** Everything of a pod that a cluster can have a say in. */
const podFields = [
  "affinity",
  "automountServiceAccountToken",
  "containers",
  "dnsPolicy",
  "enableServiceLinks",
  "hostNetwork",
  "imagePullSecrets",
  "initContainers",
  "nodeSelector",
  "readinessGates",
  "securityContext",
  "serviceAccount",
  "serviceAccountName",
  "terminationGracePeriodSeconds",
  "tolerations",
  "topologySpreadConstraints",
  "volumes",
]

describe("R123: who may write clusters gains no right beyond pods of the namespace", () => {
  const bold = {
    ...complete,
    podSpec: {
      ...(complete["podSpec"] as Fields),
      serviceAccountName: "cluster-admin",
      automountServiceAccountToken: true,
      hostPID: true,
      hostIPC: true,
      shareProcessNamespace: true,
      priorityClassName: "system-node-critical",
      runtimeClassName: "other",
      nodeName: "control-plane",
      volumes: [{ name: "token", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }],
    },
  }
  const pod = at(templateOf(bold), "spec") as Fields

  it("of a pod only these fields can be set; host processes, other runtimes and priorities are not among them", () => {
    expect(Object.keys(pod).filter((field) => !podFields.includes(field))).toEqual([])
  })

  it("no pod has a token of its service account, whichever it is", () => {
    expect(pod["automountServiceAccountToken"]).toBe(false)
    const sources = (pod["volumes"] as ReadonlyArray<Fields>).flatMap((volume) =>
      Object.keys(volume).filter((field) => field !== "name"),
    )
    const known = ["configMap", "emptyDir", "hostPath", "persistentVolumeClaim", "secret"]
    expect(sources.filter((source) => !known.includes(source))).toEqual([])
  })

  it.each<readonly [string, JsonObject, ReadonlyArray<string>]>([
    ["a privileged sidecar", { sidecars: [{ name: "a", securityContext: { privileged: true } }] }, ["privileges"]],
    [
      "an init container with capabilities",
      { initContainers: [{ name: "a", securityContext: { capabilities: { add: ["SYS_ADMIN"] } } }] },
      ["privileges"],
    ],
    ["a privileged server", { aerospikeContainer: { securityContext: { privileged: true } } }, ["privileges"]],
    [
      "one that gives up capabilities",
      { sidecars: [{ name: "a", securityContext: { capabilities: { drop: ["ALL"] } } }] },
      [],
    ],
  ])("%s is told", (_what, podSpec, rules) => {
    expect(warningRules(review({ podSpec })).filter((rule) => rule === "privileges")).toEqual(rules)
  })
})

describe("R124: nothing reaches over the border of a namespace", () => {
  type Node = Readonly<Record<string, unknown>>
  /** Paths of fields that speak of Kubernetes namespaces. */
  const naming = (node: Node, path = ""): ReadonlyArray<string> => [
    ...Object.entries((node["properties"] ?? {}) as Record<string, Node>).flatMap(([field, below]) => [
      ...(/namespace/i.test(field) ? [`${path}.${field}`] : []),
      ...naming(below, `${path}.${field}`),
    ]),
    ...(node["items"] === undefined ? [] : naming(node["items"] as Node, `${path}[]`)),
  ]

  it("the only fields that name namespaces say where other pods may be when Kubernetes places ours", () => {
    const found = [aerospikeClusterCrd(), aerospikeClusterTemplateCrd()].flatMap((crd) =>
      naming(at(crd, "spec", "versions", 0, "schema", "openAPIV3Schema", "properties", "spec") as Node),
    )
    // Namespaces of the database, not of Kubernetes.
    const ofAerospike = /aerospikeConfig\.namespace(s|Defaults)$|^\.rackConfig\.namespaces$/
    const placement = /\.affinity\.pod(Anti)?Affinity\..*\.(namespaces|namespaceSelector)$/
    expect(found.filter((path) => !ofAerospike.test(path) && !placement.test(path))).toEqual([])
    expect(found.some((path) => placement.test(path))).toBe(true)
  })

  it("every object is made in the namespace of its cluster", () => {
    const objects = allObjects(desiredOf(complete))
    expect(objects.length).toBeGreaterThan(5)
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["ns1"]))
  })
})
