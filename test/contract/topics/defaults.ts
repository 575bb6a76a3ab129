/** What the server fills in, in full: a diff against the live object must expect exactly this (R56). */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import {
  ConfigMap,
  CustomResourceDefinition,
  Deployment,
  Gadgets,
  Lease,
  NetworkPolicy,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  podSpec,
  Service,
  setSpec,
  StatefulSet,
  StorageClass,
  template as fixtureTemplate,
  Widgets,
} from "../fixtures.js"
import { matching, ok, type Place } from "../Place.js"
import { isMap } from "../../../src/testing/kube/json.js"
import type { Topic } from "../suite.js"

const container = {
  resources: {},
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  imagePullPolicy: "IfNotPresent",
}
const ofTemplate = {
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  securityContext: {},
  schedulerName: "default-scheduler",
}
const ofPod = {
  ...ofTemplate,
  serviceAccountName: "default",
  serviceAccount: "default",
  automountServiceAccountToken: false,
  tolerations: ["not-ready", "unreachable"].map((name) => ({
    key: `node.kubernetes.io/${name}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: 300,
  })),
  priority: 0,
  enableServiceLinks: true,
  preemptionPolicy: "PreemptLowerPriority",
}
const probe = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }

/** The stored template of `setSpec`. */
const template = (app: string) => ({
  metadata: { labels: { app } },
  spec: {
    ...ofTemplate,
    containers: [
      {
        ...container,
        name: "server",
        image: "aerospike:8.1",
        ports: [{ name: "service", containerPort: 3000, protocol: "TCP" }],
        env: [{ name: "A", value: "1" }],
        resources: { requests: { cpu: "500m", memory: "1Gi" } },
      },
    ],
  },
})

const service = (place: Place, name: string, spec: Record<string, unknown>) =>
  Effect.map(place.make(Service, name, { spec: { selector: { a: "b" }, ...spec } }), (made) => made.at("spec"))

const ofService = {
  selector: { a: "b" },
  type: "ClusterIP",
  sessionAffinity: "None",
  ipFamilies: ["IPv4"],
  ipFamilyPolicy: "SingleStack",
  internalTrafficPolicy: "Cluster",
}
const address: unknown = matching(/^10\.96\.\d+\.\d+$/)

export const defaults: Topic = {
  title: "defaults",
  cases: (check) => {
    check("a pod", (place) =>
      Effect.gen(function* () {
        const pod = yield* place.make(Pod, "p", { spec: podSpec })
        expect(pod.at("spec")).toEqual({ ...ofPod, containers: [{ ...container, name: "c", image: "busybox:1" }] })
        expect(pod.at("status")).toEqual({ phase: "Pending", qosClass: "BestEffort" })
      }),
    )

    check("ports of the host are filled in a pod on its network, not in a template", (place) =>
      Effect.gen(function* () {
        const { spec, ...pods } = fixtureTemplate("s")
        const made = yield* place.make(StatefulSet, "s", {
          spec: setSpec("s", {
            serviceName: "s",
            template: { ...pods, spec: { ...(spec as object), hostNetwork: true } },
          }),
        })
        expect(made.at("spec", "template", "spec", "hostNetwork")).toBe(true)
        expect(made.at("spec", "template", "spec", "containers", 0, "ports")).toEqual([
          { name: "service", containerPort: 3000, protocol: "TCP" },
        ])
      }),
    )

    check("a pod with everything an operator writes: probes, ports, variables, volumes, limits", (place) =>
      Effect.gen(function* () {
        const pod = yield* place.make(Pod, "p", {
          spec: {
            automountServiceAccountToken: false,
            hostNetwork: true,
            terminationGracePeriodSeconds: 5,
            initContainers: [{ name: "i", image: "x" }],
            containers: [
              {
                name: "c",
                image: "busybox@sha256:abc",
                ports: [{ containerPort: 80 }],
                resources: { limits: { cpu: "1", memory: "1024Mi" } },
                readinessProbe: { tcpSocket: { port: 80 } },
                livenessProbe: { httpGet: { port: 80 } },
                lifecycle: { preStop: { exec: { command: ["a"] } } },
                env: [
                  { name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
                  { name: "B", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
                ],
                volumeMounts: [{ name: "v", mountPath: "/v" }],
              },
            ],
            volumes: [
              { name: "v" },
              { name: "m", configMap: { name: "x" } },
              { name: "s", secret: { secretName: "x" } },
              { name: "d", downwardAPI: { items: [{ path: "l", fieldRef: { fieldPath: "metadata.labels" } }] } },
              { name: "h", hostPath: { path: "/x" } },
              { name: "p", persistentVolumeClaim: { claimName: "c" } },
            ],
          },
        })
        expect(pod.at("spec")).toEqual({
          ...ofPod,
          hostNetwork: true,
          terminationGracePeriodSeconds: 5,
          initContainers: [{ ...container, name: "i", image: "x", imagePullPolicy: "Always" }],
          containers: [
            {
              ...container,
              name: "c",
              image: "busybox@sha256:abc",
              ports: [{ containerPort: 80, hostPort: 80, protocol: "TCP" }],
              resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1", memory: "1Gi" } },
              readinessProbe: { ...probe, tcpSocket: { port: 80 } },
              livenessProbe: { ...probe, httpGet: { path: "/", port: 80, scheme: "HTTP" } },
              lifecycle: { preStop: { exec: { command: ["a"] } } },
              env: [
                { name: "A", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
                { name: "B", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "0" } } },
              ],
              volumeMounts: [{ name: "v", mountPath: "/v" }],
            },
          ],
          volumes: [
            { name: "v", emptyDir: {} },
            { name: "m", configMap: { name: "x", defaultMode: 420 } },
            { name: "s", secret: { secretName: "x", defaultMode: 420 } },
            {
              name: "d",
              downwardAPI: {
                items: [{ path: "l", fieldRef: { apiVersion: "v1", fieldPath: "metadata.labels" } }],
                defaultMode: 420,
              },
            },
            { name: "h", hostPath: { path: "/x", type: "" } },
            { name: "p", persistentVolumeClaim: { claimName: "c" } },
          ],
        })
        expect(pod.at("status", "qosClass")).toBe("Burstable")
      }),
    )

    check.differs("service-account-token", "a pod gets the token of its service account mounted", (place) =>
      Effect.gen(function* () {
        const { automountServiceAccountToken: _not, ...spec } = podSpec
        // The account is made by a controller, a moment after the namespace.
        const pod = yield* place.until(
          place.post(Pod, place.object(Pod, "p", { spec })),
          (reply) => reply.status === 201,
        )
        expect(pod.at("spec", "containers", 0, "volumeMounts", 0, "mountPath")).toBe(
          "/var/run/secrets/kubernetes.io/serviceaccount",
        )
      }),
    )

    check("which pull policy an image gets", (place) =>
      Effect.gen(function* () {
        const images = {
          x: "Always",
          "x:latest": "Always",
          "x:1": "IfNotPresent",
          "reg:5000/x": "Always",
          "reg:5000/x:1": "IfNotPresent",
        }
        const containers = Object.keys(images).map((image, i) => ({ name: `c${i}`, image }))
        const pod = yield* place.make(Pod, "p", { spec: { ...podSpec, containers } })
        for (const [i, [image, policy]] of Object.entries(images).entries()) {
          expect([image, pod.at("spec", "containers", i, "imagePullPolicy")]).toEqual([image, policy])
        }
      }),
    )

    check("which quality of service a pod gets", (place) =>
      Effect.gen(function* () {
        const classOf = (name: string, resources: unknown) =>
          Effect.map(
            place.make(Pod, name, { spec: { ...podSpec, containers: [{ name: "c", image: "x:1", resources }] } }),
            (pod) => pod.at("status", "qosClass"),
          )
        expect(yield* classOf("a", {})).toBe("BestEffort")
        expect(yield* classOf("b", { requests: { cpu: "1" } })).toBe("Burstable")
        expect(yield* classOf("c", { limits: { cpu: "1", memory: "1Gi" } })).toBe("Guaranteed")
        expect(
          yield* classOf("d", { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1", memory: "512Mi" } }),
        ).toBe("Burstable")
      }),
    )

    check("a StatefulSet", (place) =>
      Effect.gen(function* () {
        const set = yield* place.make(StatefulSet, "s", {
          spec: setSpec("s", {
            serviceName: "s",
            volumeClaimTemplates: [
              {
                metadata: { name: "data" },
                spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1024Mi" } } },
              },
            ],
          }),
        })
        expect(set.at("spec")).toEqual({
          replicas: 0,
          selector: { matchLabels: { app: "s" } },
          template: template("s"),
          serviceName: "s",
          podManagementPolicy: "OrderedReady",
          updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0, maxUnavailable: 1 } },
          revisionHistoryLimit: 10,
          persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
          volumeClaimTemplates: [
            {
              kind: "PersistentVolumeClaim",
              apiVersion: "v1",
              metadata: { name: "data" },
              spec: {
                accessModes: ["ReadWriteOnce"],
                resources: { requests: { storage: "1Gi" } },
                volumeMode: "Filesystem",
              },
              status: { phase: "Pending" },
            },
          ],
        })
        expect(set.at("status")).toEqual({ replicas: 0, availableReplicas: 0 })
      }),
    )

    check("a StatefulSet that is updated by hand", (place) =>
      Effect.gen(function* () {
        const set = yield* place.make(StatefulSet, "s", {
          spec: setSpec("s", { updateStrategy: { type: "OnDelete" }, podManagementPolicy: "Parallel" }),
        })
        expect(set.at("spec")).toMatchObject({
          serviceName: "",
          updateStrategy: { type: "OnDelete" },
          podManagementPolicy: "Parallel",
        })
        expect(set.at("spec", "updateStrategy")).toEqual({ type: "OnDelete" })
      }),
    )

    check("a Deployment", (place) =>
      Effect.gen(function* () {
        const deployment = yield* place.make(Deployment, "d", { spec: setSpec("d") })
        expect(deployment.at("spec")).toEqual({
          replicas: 0,
          selector: { matchLabels: { app: "d" } },
          template: template("d"),
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
          revisionHistoryLimit: 10,
          progressDeadlineSeconds: 600,
        })
        expect(deployment.at("status")).toEqual({})
      }),
    )

    check("a Service with an address", (place) =>
      Effect.gen(function* () {
        const spec = yield* service(place, "s", { ports: [{ port: 80 }] })
        expect(spec).toEqual({
          ...ofService,
          ports: [{ protocol: "TCP", port: 80, targetPort: 80 }],
          clusterIP: address,
          clusterIPs: [address],
        })
      }),
    )

    check("a headless Service", (place) =>
      Effect.gen(function* () {
        const spec = yield* service(place, "s", { clusterIP: "None", publishNotReadyAddresses: true })
        expect(spec).toEqual({
          ...ofService,
          clusterIP: "None",
          clusterIPs: ["None"],
          publishNotReadyAddresses: true,
        })
      }),
    )

    check("Services for the outside: node ports, load balancer, external name", (place) =>
      Effect.gen(function* () {
        const nodePort: unknown = expect.any(Number)
        const ports = [
          { name: "w", port: 80, targetPort: "web" },
          { name: "x", port: 81 },
        ]
        expect(yield* service(place, "n", { type: "NodePort", ports })).toEqual({
          ...ofService,
          type: "NodePort",
          ports: [
            { name: "w", protocol: "TCP", port: 80, targetPort: "web", nodePort },
            { name: "x", protocol: "TCP", port: 81, targetPort: 81, nodePort },
          ],
          clusterIP: address,
          clusterIPs: [address],
          externalTrafficPolicy: "Cluster",
        })
        expect(
          yield* service(place, "l", { type: "LoadBalancer", ports: [{ port: 80 }], sessionAffinity: "ClientIP" }),
        ).toEqual({
          ...ofService,
          type: "LoadBalancer",
          ports: [{ protocol: "TCP", port: 80, targetPort: 80, nodePort }],
          clusterIP: address,
          clusterIPs: [address],
          sessionAffinity: "ClientIP",
          sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
          externalTrafficPolicy: "Cluster",
          allocateLoadBalancerNodePorts: true,
        })
        expect(yield* service(place, "e", { type: "ExternalName", externalName: "x.y" })).toEqual({
          type: "ExternalName",
          externalName: "x.y",
          sessionAffinity: "None",
          selector: { a: "b" },
        })
      }),
    )

    check("an update that leaves out what the server allocated keeps it", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(Service, "s", { spec: { selector: { a: "b" }, ports: [{ port: 80 }] } })
        const now = yield* ok(
          place.put(
            Service,
            "s",
            place.object(Service, "s", {
              metadata: { resourceVersion: made.at("metadata", "resourceVersion") },
              spec: { selector: { a: "b" }, ports: [{ port: 82 }] },
            }),
          ),
        )
        expect(now.at("spec", "clusterIP")).toBe(made.at("spec", "clusterIP"))
        expect(now.at("spec", "ports")).toEqual([{ protocol: "TCP", port: 82, targetPort: 82 }])
      }),
    )

    check("a PodDisruptionBudget", (place) =>
      Effect.gen(function* () {
        const spec = { maxUnavailable: 1, selector: { matchLabels: { a: "b" } } }
        const budget = yield* place.make(PodDisruptionBudget, "b", { spec })
        expect([budget.at("spec"), budget.at("status")]).toEqual([
          spec,
          { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
        ])
      }),
    )

    check("a NetworkPolicy: of ingress where it says nothing of egress; ports without a protocol are TCP", (place) =>
      Effect.gen(function* () {
        const podSelector = { matchLabels: { a: "b" } }
        const ours = {
          podSelector,
          policyTypes: ["Ingress"],
          ingress: [{ ports: [{ protocol: "TCP", port: 3001 }], from: [{ podSelector }] }],
        }
        expect((yield* place.make(NetworkPolicy, "ours", { spec: ours })).at("spec")).toEqual(ours)
        const ingress = [{ ports: [{ port: 3000 }] }]
        const brief = yield* place.make(NetworkPolicy, "brief", { spec: { podSelector, ingress } })
        expect(brief.at("spec")).toEqual({
          podSelector,
          policyTypes: ["Ingress"],
          ingress: [{ ports: [{ protocol: "TCP", port: 3000 }] }],
        })
        const both = yield* place.make(NetworkPolicy, "both", { spec: { podSelector, egress: [{}] } })
        expect(both.at("spec", "policyTypes")).toEqual(["Ingress", "Egress"])
      }),
    )

    check("a PersistentVolumeClaim: protected while it is used (R95)", (place) =>
      Effect.gen(function* () {
        const claim = yield* place.make(PersistentVolumeClaim, "c", {
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "none-such",
            resources: { requests: { storage: "1024Mi" } },
          },
        })
        expect(claim.at("spec")).toEqual({
          accessModes: ["ReadWriteOnce"],
          storageClassName: "none-such",
          resources: { requests: { storage: "1Gi" } },
          volumeMode: "Filesystem",
        })
        expect([claim.at("status"), claim.at("metadata", "finalizers")]).toEqual([
          { phase: "Pending" },
          ["kubernetes.io/pvc-protection"],
        ])
      }),
    )

    check("a StorageClass", (place) =>
      Effect.gen(function* () {
        const name = place.namespace
        const made = yield* place.make(StorageClass, name, { provisioner: "x/y" })
        expect(made.body).toMatchObject({ reclaimPolicy: "Delete", volumeBindingMode: "Immediate" })
        yield* ok(place.remove(StorageClass, name))
      }),
    )

    check("a Lease and a ConfigMap have no defaults", (place) =>
      Effect.gen(function* () {
        const lease = yield* place.make(Lease, "l", { spec: { holderIdentity: "me" } })
        expect(lease.at("spec")).toEqual({ holderIdentity: "me" })
        const map = yield* place.make(ConfigMap, "c")
        expect(isMap(map.body) && Object.keys(map.body).sort()).toEqual(["apiVersion", "kind", "metadata"])
      }),
    )

    check("times of a Lease keep their microseconds", (place) =>
      Effect.gen(function* () {
        const lease = yield* place.make(Lease, "l", { spec: { renewTime: "2026-01-01T00:00:00.123456Z" } })
        expect(lease.at("spec", "renewTime")).toBe("2026-01-01T00:00:00.123456Z")
        const short = yield* place.post(
          Lease,
          place.object(Lease, "m", { spec: { renewTime: "2026-01-01T00:00:00.1Z" } }),
        )
        expect([short.status, short.at("reason")]).toEqual([400, "BadRequest"])
        expect(short.text("message")).toContain(
          `Lease in version "v1" cannot be handled as a Lease: parsing time "2026-01-01T00:00:00.1Z"`,
        )
      }),
    )

    check("quantities are stored in canonical form", (place) =>
      Effect.gen(function* () {
        const quantities = {
          "0.5": "500m",
          "1024Mi": "1Gi",
          "1000m": "1",
          "1e3": "1e3",
          "1.5Gi": "1536Mi",
          "100M": "100M",
          "1024": "1024",
          "0.1": "100m",
          "2000000": "2M",
        }
        const containers = Object.keys(quantities).map((memory, i) => ({
          name: `c${i}`,
          image: "x:1",
          resources: { requests: { memory } },
        }))
        const pod = yield* place.make(Pod, "p", { spec: { ...podSpec, containers } })
        for (const [i, [given, stored]] of Object.entries(quantities).entries()) {
          expect([given, pod.at("spec", "containers", i, "resources", "requests", "memory")]).toEqual([given, stored])
        }
      }),
    )

    check("custom kinds: defaults of the schema, in nested objects only where their parent is", (place) =>
      Effect.gen(function* () {
        expect((yield* place.make(Widgets, "w", { spec: { size: 1 } })).at("spec")).toEqual({ size: 1, mode: "Safe" })
        expect((yield* place.make(Gadgets, "a", { spec: {} })).at("spec")).toEqual({ nested: { deep: "yes" } })
        const more = yield* place.make(Gadgets, "b", { spec: { optional: {}, members: [{ name: "a" }], nested: null } })
        expect(more.at("spec")).toEqual({
          nested: { deep: "yes" },
          optional: { deep: "yes" },
          members: [{ name: "a", role: "data" }],
        })
      }),
    )

    check("a CustomResourceDefinition: names, conditions, stored versions", (place) =>
      Effect.gen(function* () {
        const read = yield* ok(place.get(CustomResourceDefinition, "gadgets.contract.acko.io"))
        expect(read.at("spec", "names")).toEqual({
          plural: "gadgets",
          singular: "gadget",
          kind: "Gadget",
          listKind: "GadgetList",
          shortNames: ["gd"],
        })
        expect(read.at("spec", "conversion")).toEqual({ strategy: "None" })
        expect(read.at("status")).toMatchObject({
          acceptedNames: { plural: "gadgets", kind: "Gadget" },
          conditions: [
            { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" },
            {
              type: "Established",
              status: "True",
              reason: "InitialNamesAccepted",
              message: "the initial names have been accepted",
            },
          ],
          storedVersions: ["v1"],
        })
      }),
    )
  },
}
