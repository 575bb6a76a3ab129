import { describe, expect, it } from "vitest"
import { applicableStatefulSet } from "../../../src/decide/objects/statefulSet.js"
import { templateDifference } from "../../../src/decide/objects/templateDifference.js"
import { firstDifference } from "../../../src/decide/difference.js"
import type { DesiredRack } from "../../../src/domain/EffectiveCluster.js"
import type { KubeObject, PodView } from "../../../src/domain/Kubernetes.js"
import { Annotation } from "../../../src/domain/Labels.js"
import { allObjects, at, desiredOf, rackOf, templateOf } from "../../support/desired.js"
import { restrictedViolations } from "../../support/podSecurity.js"

type Spec = Readonly<Record<string, unknown>>
const podSpec = (spec: Spec, rack = 0) => at(templateOf(spec, rack), "spec")
const server = (spec: Spec = {}) => at(podSpec(spec), "containers", 0)
const init = (spec: Spec = {}) => at(podSpec(spec), "initContainers", 0)
const dataVolume = (more: Spec = {}, claim: Spec = {}) => ({
  name: "data",
  source: { persistentVolume: { size: "1Gi", ...claim } },
  aerospike: { path: "/opt/aerospike/data" },
  ...more,
})
const storage = (...volumes: ReadonlyArray<Spec>) => ({ storage: { volumes } })
/** A wide range of specs that must hold the general promises. */
const specs: ReadonlyArray<readonly [string, Spec]> = [
  ["plain", {}],
  ["monitoring", { monitoring: { enabled: true } }],
  [
    "storage",
    storage(
      dataVolume({ initMethod: "deleteFiles" }),
      dataVolume({ name: "raw", aerospike: { path: "/dev/xvda" } }, { volumeMode: "Block" }),
    ),
  ],
  ["racks", { size: 8, rackConfig: { racks: [{ id: 1, zone: "a" }, { id: 2, zone: "b" }, { id: 3 }] } }],
  ["gate", { podSpec: { readinessGateEnabled: true, metadata: { labels: { team: "x" } } } }],
]

describe.each(specs)("objects of a cluster (%s)", (_title, spec) => {
  const desired = desiredOf(spec)

  it("S6: belong to the cluster and say what was asked for", () => {
    for (const object of allObjects(desired)) {
      expect(object.metadata.namespace).toBe("ns1")
      expect(object.metadata.ownerReferences).toEqual([
        {
          apiVersion: "acko.io/v1alpha1",
          kind: "AerospikeCluster",
          name: "demo",
          uid: "uid-demo",
          controller: true,
          blockOwnerDeletion: true,
        },
      ])
      expect(object.metadata.labels).toMatchObject({
        "app.kubernetes.io/name": "aerospike-cluster",
        "app.kubernetes.io/instance": "demo",
      })
      expect(object.metadata.annotations?.[Annotation.appliedHash]).toMatch(/^[0-9a-f]{16}$/)
      expect(JSON.parse(JSON.stringify(object)), "plain JSON").toEqual(object)
      expect(firstDifference(object, object)).toBeUndefined()
    }
  })

  it("R132: pods are admitted by Pod Security restricted and carry no token", () => {
    for (const rack of desired.racks) {
      const pod = at(rack.statefulSet(1), "spec", "template", "spec")
      expect(restrictedViolations(pod)).toEqual([])
      expect(at(pod, "automountServiceAccountToken")).toBe(false)
    }
  })

  it("are the same for the same input", () => {
    expect(allObjects(desiredOf(spec))).toEqual(allObjects(desired))
  })
})

describe("StatefulSet", () => {
  it("changes pods only when the operator deletes them", () => {
    expect(rackOf().statefulSet(3)).toMatchObject({
      metadata: { name: "demo-0" },
      spec: {
        serviceName: "demo",
        replicas: 3,
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "OnDelete" },
        selector: {
          matchLabels: { "app.kubernetes.io/name": "aerospike-cluster", "app.kubernetes.io/instance": "demo" },
        },
      },
    })
  })

  it("W73: claims carry the UID of their cluster, and ours win over the user's labels", () => {
    const spec = storage(
      dataVolume({}, { metadata: { labels: { a: "b", "acko.io/cluster-uid": "x" } }, storageClass: "fast" }),
    )
    expect(at(rackOf(spec).statefulSet(3), "spec", "volumeClaimTemplates")).toEqual([
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: {
          name: "data",
          labels: expect.objectContaining({
            a: "b",
            "acko.io/cluster-uid": "uid-demo",
            "acko.io/rack": "0",
          }) as unknown,
        },
        spec: {
          accessModes: ["ReadWriteOnce"],
          volumeMode: "Filesystem",
          resources: { requests: { storage: "1Gi" } },
          storageClassName: "fast",
        },
      },
    ])
  })

  it("W72: fields that cannot change keep their live values and are named", () => {
    const live = rackOf(storage(dataVolume())).statefulSet(3)
    const wanted = rackOf(storage(dataVolume({}, { size: "2Gi" }))).statefulSet(2)
    const { object, immutable } = applicableStatefulSet(wanted, live)
    expect(immutable).toBe("spec.volumeClaimTemplates[0].spec.resources.requests.storage")
    expect(at(object, "spec", "volumeClaimTemplates")).toEqual(at(live, "spec", "volumeClaimTemplates"))
    expect(at(object, "spec", "replicas")).toBe(2)
    expect(applicableStatefulSet(live, live).immutable).toBeUndefined()
    const without = applicableStatefulSet(rackOf().statefulSet(3), live)
    expect(without.immutable).toBe("spec.volumeClaimTemplates")
    expect(applicableStatefulSet(live, rackOf().statefulSet(3)).object["spec"]).not.toHaveProperty(
      "volumeClaimTemplates",
    )
  })
})

describe("pod template", () => {
  it("W32: ports come from the configuration of the rack", () => {
    const spec = {
      aerospikeConfig: {
        namespaces: [{ name: "test", "storage-engine": { type: "memory", "data-size": "1Gi" } }],
        network: { service: { port: 4000 }, heartbeat: { port: 4002 } },
      },
      monitoring: { enabled: true },
    }
    expect(at(server(spec), "ports")).toEqual([
      { name: "service", containerPort: 4000, protocol: "TCP" },
      { name: "fabric", containerPort: 3001, protocol: "TCP" },
      { name: "heartbeat", containerPort: 4002, protocol: "TCP" },
    ])
    expect(at(desiredOf(spec).headlessService, "spec", "ports", 0)).toMatchObject({ port: 4000, targetPort: "service" })
    expect(JSON.stringify(at(podSpec(spec), "containers", 1, "env"))).toContain('{"name":"AS_PORT","value":"4000"}')
    expect(at(rackOf(spec).configMap, "data", "aerospike.conf")).toContain("demo-0-2.demo.ns1.svc 4002")
  })

  it("W69: start-up has an hour, and no probe needs a tool in the image", () => {
    const container = server() as Record<
      string,
      { tcpSocket: unknown; periodSeconds: number; failureThreshold: number }
    >
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"])
      expect(container[probe]?.tcpSocket).toEqual({ port: "service" })
    expect((container["startupProbe"]?.periodSeconds ?? 0) * (container["startupProbe"]?.failureThreshold ?? 0)).toBe(
      3600,
    )
  })

  it("W75: operator labels and annotations win over the user's", () => {
    const metadata = {
      labels: { "app.kubernetes.io/instance": "other", "acko.io/rack": "9", team: "x" },
      annotations: { [Annotation.templateHash]: "x", [Annotation.configHash]: "x", note: "y" },
    }
    const template = templateOf({ podSpec: { metadata } })
    expect(at(template, "metadata", "labels")).toMatchObject({
      "app.kubernetes.io/instance": "demo",
      "acko.io/rack": "0",
      team: "x",
    })
    expect(at(template, "metadata", "annotations", Annotation.templateHash)).toMatch(/^[0-9a-f]{16}$/)
    expect(at(template, "metadata", "annotations", "note")).toBe("y")
  })

  it("B14, W71: block volumes are attached, to the init container too", () => {
    const spec = storage(dataVolume({ aerospike: { path: "/dev/xvda" }, initMethod: "dd" }, { volumeMode: "Block" }))
    expect(at(server(spec), "volumeDevices")).toEqual([{ name: "data", devicePath: "/dev/xvda" }])
    expect(at(init(spec), "volumeDevices")).toEqual([{ name: "data", devicePath: "/dev/xvda" }])
    expect(JSON.stringify(at(server(spec), "volumeMounts"))).not.toContain("data")
    expect(at(init(spec), "args")).toEqual(["dd", "data", "/dev/xvda"])
  })

  it("W70: init works on volumes it sees, at the server's paths", () => {
    const spec = storage(
      dataVolume({ initMethod: "deleteFiles" }),
      dataVolume({ name: "other", aerospike: { path: "/other" } }),
    )
    expect(at(init(spec), "args")).toEqual(["deleteFiles", "data", "/opt/aerospike/data"])
    const mounts = at(init(spec), "volumeMounts") as ReadonlyArray<{ name: string }>
    expect(mounts.map(({ name }) => name)).toEqual(["data", "aerospike-config-map", "aerospike-config"])
  })

  it("gives the unprivileged server every directory it writes to", () => {
    const spec = {
      aerospikeConfig: {
        service: { "work-directory": "/opt/work" },
        logging: [{ name: "/var/log/aerospike/aerospike.log", any: "info" }],
        namespaces: [
          { name: "test", "storage-engine": { file: ["/opt/aerospike/data/test.dat", "/lost/x.dat"], filesize: "1G" } },
        ],
      },
      ...storage(dataVolume(), { name: "work", source: { emptyDir: {} }, aerospike: { path: "/opt/work" } }),
    }
    const mounts = at(server(spec), "volumeMounts") as ReadonlyArray<{ name: string; mountPath: string }>
    expect(mounts.map(({ name, mountPath }) => `${name} ${mountPath}`)).toEqual([
      "data /opt/aerospike/data",
      "work /opt/work",
      "aerospike-scratch /opt/aerospike/usr/udf/lua",
      "aerospike-scratch /var/log/aerospike",
      "aerospike-scratch /lost",
      "aerospike-config /etc/aerospike",
    ])
    expect(at(init(spec), "args")).toEqual(["mkdir", "work", "/opt/work/smd"])
  })

  it("B16, W27: a rack's placement neither leaks into other racks nor loses the user's affinity", () => {
    const affinity = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] },
            { matchFields: [] },
          ],
        },
      },
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: "zone" } }],
      },
    }
    const before = JSON.stringify(affinity)
    const spec = {
      podSpec: { affinity, multiPodPerHost: false },
      k8sNodeBlockList: ["bad-host"],
      rackConfig: { racks: [{ id: 1, zone: "a" }, { id: 2 }, { id: 3, podSpec: { affinity: { podAffinity: {} } } }] },
    }
    const terms = (rack: number) =>
      at(
        podSpec(spec, rack),
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
      )
    const zone = { key: "topology.kubernetes.io/zone", operator: "In", values: ["a"] }
    const blocked = { key: "kubernetes.io/hostname", operator: "NotIn", values: ["bad-host"] }
    const disk = { key: "disk", operator: "In", values: ["ssd"] }
    expect(terms(0)).toEqual([
      { matchExpressions: [disk, zone, blocked] },
      { matchFields: [], matchExpressions: [zone, blocked] },
    ])
    expect(terms(1)).toEqual([{ matchExpressions: [disk, blocked] }, { matchFields: [], matchExpressions: [blocked] }])
    const spread = at(podSpec(spec, 1), "affinity", "podAntiAffinity")
    expect(spread).toMatchObject({ preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }] })
    expect(at(spread, "requiredDuringSchedulingIgnoredDuringExecution")).toHaveLength(1)
    expect(at(podSpec(spec, 2), "affinity")).toEqual({ podAffinity: {} })
    expect(JSON.stringify(affinity)).toBe(before)
  })

  it("passes the user's pod settings on", () => {
    const settings = {
      tolerations: [{ key: "a" }],
      nodeSelector: { disk: "ssd" },
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }],
      imagePullSecrets: [{ name: "s" }],
      serviceAccountName: "sa",
      dnsPolicy: "Default",
      terminationGracePeriodSeconds: 5,
    }
    expect(podSpec({ podSpec: settings })).toMatchObject(settings)
    expect(podSpec({})).toMatchObject({ terminationGracePeriodSeconds: 60 })
    expect(podSpec({ podSpec: { readinessGateEnabled: true } })).toMatchObject({
      readinessGates: [{ conditionType: "acko.io/aerospike-ready" }],
    })
    expect(podSpec({ podSpec: { securityContext: { runAsUser: 0 } } })).toMatchObject({
      securityContext: { runAsUser: 0 },
    })
    expect(at(podSpec({ podSpec: { securityContext: { runAsUser: 0 } } }), "securityContext")).not.toHaveProperty(
      "runAsNonRoot",
    )
  })

  it("mounts volumes into the user's containers by name", () => {
    const spec = {
      podSpec: { sidecars: [{ name: "backup", image: "x", volumeMounts: [{ name: "own", mountPath: "/own" }] }] },
      ...storage(dataVolume({ sidecars: [{ containerName: "backup", path: "/data", readOnly: true }] })),
    }
    expect(at(podSpec(spec), "containers", 1, "volumeMounts")).toEqual([
      { name: "own", mountPath: "/own" },
      { name: "data", mountPath: "/data", readOnly: true },
    ])
  })
})

describe("Services and budget", () => {
  it("publishes addresses before pods are ready; user labels never replace ours", () => {
    const metadata = { labels: { "app.kubernetes.io/name": "x", a: "b" }, annotations: { c: "d" } }
    expect(desiredOf({ headlessService: { metadata } }).headlessService).toMatchObject({
      metadata: {
        name: "demo",
        labels: { "app.kubernetes.io/name": "aerospike-cluster", a: "b" },
        annotations: { c: "d" },
      },
      spec: { clusterIP: "None", publishNotReadyAddresses: true },
    })
  })

  it("makes a Service per named pod only when asked", () => {
    expect(desiredOf({}, ["demo-0-0"]).podServices).toEqual([])
    expect(desiredOf({ podService: {} }, ["demo-0-0"]).podServices).toMatchObject([
      {
        metadata: { name: "demo-0-0-pod", labels: { "acko.io/pod-service": "demo-0-0" } },
        spec: { type: "ClusterIP", selector: { "statefulset.kubernetes.io/pod-name": "demo-0-0" } },
      },
    ])
  })

  it("R92: one budget over all racks, unless disabled", () => {
    expect(desiredOf({}).pdb).toMatchObject({ metadata: { name: "demo-pdb" }, spec: { maxUnavailable: 1 } })
    expect(desiredOf({ maxUnavailable: "25%" }).pdb).toMatchObject({ spec: { maxUnavailable: "25%" } })
    expect(desiredOf({ disablePDB: true }).pdb).toBeUndefined()
  })
})

describe("template hash: what restarts pods and what does not", () => {
  const hash = (spec: Spec) => rackOf(spec).templateHash
  const base: Spec = {
    ...storage(dataVolume()),
    podSpec: { aerospikeContainer: { resources: { requests: { memory: "1Gi", cpu: "500m" } } } },
  }
  const config = (more: Spec): Spec => ({
    ...base,
    aerospikeConfig: {
      namespaces: [
        { name: "test", "replication-factor": 2, "storage-engine": { type: "memory", "data-size": 1073741824 } },
      ],
      ...more,
    },
  })

  it.each<[string, Spec]>([
    ["size and so the mesh seeds", { ...base, size: 8 }],
    [
      "an equal quantity",
      { ...base, podSpec: { aerospikeContainer: { resources: { requests: { memory: "1024Mi", cpu: 0.5 } } } } },
    ],
    ["the budget", { ...base, maxUnavailable: 2, rollingUpdateBatchSize: 2 }],
    ["Service metadata", { ...base, headlessService: { metadata: { labels: { a: "b" } } } }],
    ["settings that reach no pod", { ...base, monitoring: { enabled: false, serviceMonitor: { labels: { a: "b" } } } }],
    ["an explicit null", config({ "mod-lua": null })],
    ["given seeds", config({ network: { heartbeat: { "mesh-seed-address-port": "x 1" } } })],
    ["a security stanza", config({ security: {} })],
  ])("R56: %s does not", (_title, spec) => {
    expect(hash(spec)).toBe(hash(base))
  })

  it.each<[string, Spec]>([
    ["W5: image", { ...base, image: "aerospike:ce-8.1.2.0" }],
    ["configuration", config({ service: { "proto-fd-max": 20000 } })],
    ["W26: access addresses", { ...base, aerospikeNetworkPolicy: { accessType: "hostInternal" } }],
    [
      "W30: resources",
      { ...base, podSpec: { aerospikeContainer: { resources: { requests: { memory: "2Gi", cpu: "500m" } } } } },
    ],
    ["W30: storage", storage(dataVolume({ aerospike: { path: "/opt/aerospike/other" } }))],
    ["W30: bandwidth", { ...base, bandwidthConfig: { ingress: "1G" } }],
    ["tolerations", { ...base, podSpec: { tolerations: [{ key: "x" }] } }],
    ["exporter", { ...base, monitoring: { enabled: true } }],
  ])("%s does", (_title, spec) => {
    expect(hash(spec)).not.toBe(hash(base))
  })

  it("size changes the ConfigMap", () => {
    expect(rackOf({ size: 4 }).configMap).not.toEqual(rackOf({ size: 3 }).configMap)
  })
})

describe("templateDifference", () => {
  const podOf = (rack: DesiredRack, more: Partial<PodView> = {}): PodView => {
    const template = at(rack.statefulSet(1), "spec", "template")
    return {
      namespace: "ns1",
      name: "demo-0-0",
      uid: "u",
      resourceVersion: "1",
      labels: at(template, "metadata", "labels") as PodView["labels"],
      annotations: at(template, "metadata", "annotations") as PodView["annotations"],
      createdAt: 0,
      isTerminating: false,
      phase: "Running",
      conditions: [],
      containers: [],
      images: { "aerospike-server": at(template, "spec", "containers", 0, "image") as string },
      ports: {},
      readinessGates: [],
      ...more,
    }
  }
  const config = (more: Spec) => ({
    aerospikeConfig: {
      namespaces: [{ name: "test", "storage-engine": { type: "memory", "data-size": 1073741824 } }],
      ...more,
    },
  })
  const old = rackOf(config({}))

  it("is nothing for a pod of the present template, whatever a webhook made of it (R55)", () => {
    expect(templateDifference(old, podOf(old))).toBeUndefined()
    expect(
      templateDifference(
        old,
        podOf(old, { images: { "aerospike-server": "mirror.local/aerospike:x", injected: "y" } }),
      ),
    ).toBeUndefined()
  })

  it.each<[Spec, string, string]>([
    [
      { ...config({}), image: "aerospike:ce-8.1.2.0" },
      "ImageChanged",
      "image aerospike:ce-8.1.1.1 → aerospike:ce-8.1.2.0",
    ],
    [config({ service: { "proto-fd-max": 1024 } }), "ConfigChanged", "config changed: service.proto-fd-max"],
    [
      {
        aerospikeConfig: {
          namespaces: [
            { name: "test", "replication-factor": 1, "storage-engine": { type: "memory", "data-size": 2073741824 } },
          ],
        },
      },
      "ConfigChanged",
      "config changed: namespaces.test.replication-factor, namespaces.test.storage-engine.data-size",
    ],
    [{ ...config({}), podSpec: { tolerations: [{ key: "a" }] } }, "PodSpecChanged", "podSpec.tolerations changed"],
    [
      { ...config({}), podSpec: { aerospikeContainer: { resources: { limits: { cpu: 1 } } } } },
      "PodSpecChanged",
      "containers.aerospike-server.resources changed",
    ],
  ])("%j: %s", (spec, reason, because) => {
    expect(templateDifference(rackOf(spec), podOf(old))).toEqual({ reason, because })
  })

  it("takes pods of the reference operator over without a restart", () => {
    const annotations = { [Annotation.configHash]: old.configHash, [Annotation.podSpecHash]: "0123456789abcdef" }
    expect(templateDifference(old, podOf(old, { annotations }))).toBeUndefined()
    expect(
      templateDifference(old, podOf(old, { annotations: { ...annotations, [Annotation.configHash]: "x" } }))?.reason,
    ).toBe("ConfigChanged")
    expect(templateDifference(old, podOf(old, { annotations, images: { "aerospike-server": "a:1" } }))?.reason).toBe(
      "ImageChanged",
    )
  })

  it("has a reason even when the old parts are unreadable", () => {
    const annotations = { [Annotation.templateHash]: "x", "acko.io/template-parts": "{" }
    expect(templateDifference(old, podOf(old, { annotations }))).toEqual({
      reason: "PodSpecChanged",
      because: "the pod template changed",
    })
  })
})

describe("firstDifference", () => {
  const desired: KubeObject = desiredOf(storage(dataVolume())).racks[0]?.statefulSet(3) as KubeObject
  const edited = (edit: (object: Record<string, Record<string, unknown>>) => void): KubeObject => {
    const copy = JSON.parse(JSON.stringify(desired)) as Record<string, Record<string, unknown>>
    edit(copy)
    return copy as unknown as KubeObject
  }
  const serverOf = (object: unknown) =>
    at(object, "spec", "template", "spec", "containers", 0) as Record<string, unknown>

  it.each<[string, (object: Record<string, Record<string, unknown>>) => void]>([
    [
      "R56: defaults of the server",
      (o) => {
        Object.assign(o["spec"] ?? {}, {
          revisionHistoryLimit: 10,
          persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain" },
        })
        Object.assign(serverOf(o), { terminationMessagePath: "/dev/termination-log", imagePullPolicy: "IfNotPresent" })
      },
    ],
    [
      "R55: an injected sidecar and variable",
      (o) => {
        const env = serverOf(o)["env"] as Array<unknown>
        env.unshift({ name: "X", value: "y" })
        const containers = at(o, "spec", "template", "spec", "containers") as Array<unknown>
        containers.unshift({ name: "mesh-proxy" })
      },
    ],
    [
      "W66: foreign labels and annotations",
      (o) => {
        Object.assign(at(o, "metadata", "labels") as object, { foreign: "x" })
        Object.assign(at(o, "metadata", "annotations") as object, { "kubectl.kubernetes.io/x": "y" })
      },
    ],
    ["a reordered keyed list", (o) => void (serverOf(o)["volumeMounts"] as Array<unknown>).reverse()],
    [
      "another spelling of a quantity",
      (o) => {
        ;(at(o, "spec", "volumeClaimTemplates", 0, "spec", "resources") as Record<string, unknown>)["requests"] = {
          storage: "1024Mi",
        }
      },
    ],
    ["status", (o) => void (o["status"] = { replicas: 3 })],
  ])("does not see %s", (_title, edit) => {
    expect(firstDifference(desired, edited(edit))).toBeUndefined()
  })

  it.each<[string, (object: Record<string, Record<string, unknown>>) => void]>([
    ["spec.replicas", (o) => void ((o["spec"] ?? {})["replicas"] = 2)],
    ["spec.template.spec.containers[aerospike-server].image", (o) => void (serverOf(o)["image"] = "x")],
    [
      "spec.template.spec.containers[aerospike-server].env[POD_IP]",
      (o) => void (serverOf(o)["env"] as Array<unknown>).shift(),
    ],
    [
      "spec.template.spec.containers[aerospike-server].command",
      (o) => void (serverOf(o)["command"] as Array<unknown>).push("x"),
    ],
    [
      "metadata.labels.acko.io/rack",
      (o) => void Reflect.deleteProperty(at(o, "metadata", "labels") as object, "acko.io/rack"),
    ],
    ["metadata.ownerReferences[uid-demo]", (o) => void ((o["metadata"] ?? {})["ownerReferences"] = [])],
    [
      "a field set earlier is no longer wanted",
      (o) => void ((at(o, "metadata", "annotations") as Record<string, unknown>)[Annotation.appliedHash] = "0"),
    ],
  ])("sees %s", (path, edit) => {
    expect(firstDifference(desired, edited(edit))).toBe(path)
  })

  it("R93: sees a label that others added to what a budget or a Service selects", () => {
    const object = (kind: string, selector: object) => ({
      apiVersion: "v1",
      kind,
      metadata: { name: "x" },
      spec: { selector },
    })
    const added = { a: "b", app: "other" }
    expect(firstDifference(object("Service", { a: "b" }), object("Service", added))).toBe("spec.selector")
    const budget = (matchLabels: object) => object("PodDisruptionBudget", { matchLabels })
    expect(firstDifference(budget({ a: "b" }), budget(added))).toBe("spec.selector.matchLabels")
    expect(firstDifference(budget({ a: "b" }), budget({ a: "b" }))).toBeUndefined()
  })

  it("sees that a label we set is no longer wanted", () => {
    const before = desiredOf({ headlessService: { metadata: { labels: { a: "b" } } } }).headlessService
    const after = desiredOf({}).headlessService
    expect(firstDifference(after, before)).toBe("a field set earlier is no longer wanted")
  })
})

describe("labels on all metrics", () => {
  it("R122: reach the exporter as they are: Kubernetes is not asked to replace anything in them", () => {
    const spec = { monitoring: { enabled: true, metricLabels: { a: "$(AS_PORT)", b: "$$(x)", c: "plain" } } }
    const exporter = at(templateOf(spec), "spec", "containers", 1, "env")
    expect(exporter).toContainEqual({ name: "METRIC_LABELS", value: "a=$$(AS_PORT),b=$$$$(x),c=plain" })
  })
})
