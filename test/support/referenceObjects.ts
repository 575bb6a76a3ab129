/**
 * What the reference operator (ACKO) leaves behind of a cluster without racks, written from its documented behaviour: other probes, commands
 * and ports than ours, its hashes, its fields owned by plain writes.
 */
import { configHash } from "../../src/decide/configuration/hash.js"
import { apiVersionOf, Kinds, type KubeObject, type ResourceKind } from "../../src/domain/Kubernetes.js"

export interface ReferenceSpec {
  readonly size: number
  readonly image: string
  readonly aerospikeConfig: {
    readonly service: Readonly<Record<string, string | number>>
    readonly namespaces: ReadonlyArray<{
      readonly name: string
      readonly "replication-factor": number
      readonly "storage-engine": { readonly file: string; readonly filesize: number }
    }>
  }
}

interface Owner {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

const selector = (name: string) => ({
  "app.kubernetes.io/name": "aerospike-cluster",
  "app.kubernetes.io/instance": name,
})
const labels = (name: string) => ({
  ...selector(name),
  "app.kubernetes.io/component": "database",
  "app.kubernetes.io/managed-by": "aerospike-ce-kubernetes-operator",
})
const ports = { service: 3000, fabric: 3001, heartbeat: 3002, info: 3003 }

const owned = (
  { name, namespace, uid }: Owner,
  kind: ResourceKind,
  own: string,
  more: Readonly<Record<string, unknown>>,
): KubeObject => ({
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
  metadata: {
    name: own,
    namespace,
    labels: labels(name),
    ownerReferences: [
      {
        apiVersion: "acko.io/v1alpha1",
        kind: "AerospikeCluster",
        name,
        uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  },
  ...more,
})

const configuration = ({ name, namespace }: Owner, { aerospikeConfig, size }: ReferenceSpec): string => {
  const seeds = Array.from(
    { length: size },
    (_, ordinal) => `\t\tmesh-seed-address-port ${name}-0-${ordinal}.${name}.${namespace}.svc.cluster.local 3002`,
  )
  const namespaces = aerospikeConfig.namespaces.flatMap((one) => [
    `namespace ${one.name} {`,
    `\treplication-factor ${one["replication-factor"]}`,
    "\tstorage-engine device {",
    `\t\tfile ${one["storage-engine"].file}`,
    `\t\tfilesize ${one["storage-engine"].filesize}`,
    "\t}",
    "}",
  ])
  const service = Object.entries(aerospikeConfig.service).map(([key, value]) => `\t${key} ${value}`)
  const network = [
    "\tfabric {",
    "\t\tport 3001",
    "\t}",
    "\theartbeat {",
    "\t\tmode mesh",
    "\t\tport 3002",
    ...seeds,
    "\t}",
  ]
  const access = ["\tservice {", "\t\taccess-address MY_POD_IP", "\t\tport 3000", "\t}"]
  return [...namespaces, "network {", ...network, ...access, "}", "service {", ...service, "}", ""].join("\n")
}

const fieldRef = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
const environment = [
  fieldRef("POD_IP", "status.podIP"),
  fieldRef("POD_NAME", "metadata.name"),
  fieldRef("NODE_IP", "status.hostIP"),
]
const probe = (command: string, initialDelaySeconds: number, periodSeconds: number, failureThreshold: number) => ({
  exec: { command: ["/bin/sh", "-c", command] },
  initialDelaySeconds,
  periodSeconds,
  timeoutSeconds: 5,
  failureThreshold,
})

const podTemplate = ({ name }: Owner, { aerospikeConfig, image }: ReferenceSpec) => ({
  metadata: {
    labels: { ...labels(name), "acko.io/rack": "0" },
    annotations: { "acko.io/config-hash": configHash(aerospikeConfig), "acko.io/podspec-hash": "0123456789abcdef" },
  },
  spec: {
    terminationGracePeriodSeconds: 60,
    initContainers: [
      {
        name: "aerospike-init",
        image,
        command: ["bash", "/configmap/aerospike-init.sh"],
        env: [...environment, { name: "INIT_VOLUMES", value: "deleteFiles:/opt/aerospike/data" }],
        volumeMounts: [
          { name: "aerospike-config-map", mountPath: "/configmap", readOnly: true },
          { name: "aerospike-config", mountPath: "/etc/aerospike" },
        ],
      },
    ],
    containers: [
      {
        name: "aerospike-server",
        image,
        command: ["/usr/bin/asd", "--foreground"],
        ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort, protocol: "TCP" })),
        lifecycle: { preStop: { exec: { command: ["sleep", "15"] } } },
        readinessProbe: probe(
          "/usr/bin/asinfo -v 'statistics' -h 127.0.0.1 -p 3000 2>&1 | grep -q 'cluster_size'",
          15,
          10,
          3,
        ),
        livenessProbe: probe("/usr/bin/asinfo -v 'build' -h 127.0.0.1 -p 3000", 30, 30, 5),
        volumeMounts: [
          { name: "data", mountPath: "/opt/aerospike/data" },
          { name: "aerospike-config", mountPath: "/etc/aerospike" },
        ],
      },
    ],
    volumes: [
      { name: "aerospike-config-map", configMap: { name: `${name}-0-config` } },
      { name: "aerospike-config", emptyDir: {} },
    ],
  },
})

/** In the order in which it creates them; one claim, `data`, of 1 GiB per pod. */
export const referenceObjects = (
  owner: Owner,
  spec: ReferenceSpec,
): ReadonlyArray<{ readonly kind: ResourceKind; readonly object: KubeObject }> => {
  const { name } = owner
  const make = (kind: ResourceKind, own: string, more: Readonly<Record<string, unknown>>) => ({
    kind,
    object: owned(owner, kind, own, more),
  })
  const claim = {
    metadata: { name: "data", labels: labels(name) },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  }
  return [
    make(Kinds.ConfigMap, `${name}-0-config`, {
      data: { "aerospike.conf": configuration(owner, spec), "aerospike-init.sh": "#!/usr/bin/env bash\n" },
    }),
    make(Kinds.Service, name, {
      spec: {
        clusterIP: "None",
        publishNotReadyAddresses: true,
        selector: selector(name),
        ports: Object.entries(ports).map(([port, number]) => ({
          name: port,
          port: number,
          targetPort: number,
          protocol: "TCP",
        })),
      },
    }),
    make(Kinds.PodDisruptionBudget, `${name}-pdb`, {
      spec: { maxUnavailable: 1, selector: { matchLabels: selector(name) } },
    }),
    make(Kinds.StatefulSet, `${name}-0`, {
      spec: {
        serviceName: name,
        replicas: spec.size,
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "OnDelete" },
        selector: { matchLabels: selector(name) },
        template: podTemplate(owner, spec),
        volumeClaimTemplates: [claim],
      },
    }),
  ]
}
