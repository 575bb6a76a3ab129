/** A cluster and a template that use every field of their schemas, and are accepted: what hostile text is put into, leaf by leaf. */
import type { JsonObject } from "../../src/domain/Json.js"

const strings = (name: string): JsonObject => ({ [`example.org/${name}`]: `${name}-value` })
const metadata: JsonObject = { labels: strings("label"), annotations: strings("annotation") }

const container = (name: string): JsonObject => ({
  name,
  image: "registry.example.org/tool:1.2",
  command: ["/bin/tool"],
  args: ["--verbose"],
  env: [{ name: "LEVEL", value: "info" }],
})

const affinity: JsonObject = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] }],
    },
  },
}
const tolerations = [{ key: "dedicated", operator: "Equal", value: "aerospike", effect: "NoSchedule" }]
const spread = [{ maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" }]
const resources: JsonObject = { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "1", memory: "2Gi" } }

const networkPolicy: JsonObject = {
  accessType: "pod",
  alternateAccessType: "pod",
  fabricType: "pod",
  customAccessNetworkNames: ["net-a"],
  customAlternateAccessNetworkNames: ["net-b"],
  customFabricNetworkNames: ["net-c"],
}

const monitoring: JsonObject = {
  enabled: true,
  exporterImage: "aerospike/aerospike-prometheus-exporter:1.16.1",
  port: 9145,
  resources,
  env: [{ name: "AS_STAT_NAMESPACES", value: "test" }],
  metricLabels: { environment: "production" },
  serviceMonitor: { enabled: true, interval: "30s", labels: strings("monitor") },
  prometheusRule: {
    enabled: true,
    labels: strings("rule"),
    customRules: [{ name: "own", rules: [{ alert: "Down", expr: "up == 0" }] }],
  },
}

const mount = { readOnly: false, mountPropagation: "None" }
const attachment = (containerName: string, path: string): JsonObject => ({ containerName, path, ...mount })
const policy: JsonObject = { initMethod: "none", wipeMethod: "none", cascadeDelete: false }

const storage = (classes: string): JsonObject => ({
  cleanupThreads: 1,
  filesystemVolumePolicy: policy,
  blockVolumePolicy: policy,
  localStorageClasses: [classes],
  deleteLocalStorageOnRestart: false,
  volumes: [
    {
      name: "data",
      source: {
        persistentVolume: {
          storageClass: "standard",
          volumeMode: "Filesystem",
          size: "10Gi",
          accessModes: ["ReadWriteOnce"],
          selector: { matchLabels: strings("volume") },
          metadata,
        },
      },
      aerospike: { path: "/opt/aerospike/data", subPath: "node", ...mount },
      sidecars: [{ ...attachment("log-shipper", "/data"), subPath: "logs" }],
      initContainers: [{ ...attachment("prepare", "/data"), subPathExpr: "$(POD_NAME)" }],
      initMethod: "deleteFiles",
      wipeMethod: "deleteFiles",
      cascadeDelete: true,
    },
    {
      name: "scratch",
      source: { emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
      aerospike: { path: "/opt/scratch", subPathExpr: "$(POD_NAME)" },
      sidecars: [{ ...attachment("log-shipper", "/scratch"), subPathExpr: "$(POD_NAME)" }],
      initContainers: [{ ...attachment("prepare", "/scratch"), subPath: "part" }],
    },
    { name: "secret", source: { secret: { secretName: "files" } }, aerospike: { path: "/opt/secret", readOnly: true } },
    { name: "config", source: { configMap: { name: "files" } }, aerospike: { path: "/opt/config", readOnly: true } },
    { name: "host", source: { hostPath: { path: "/var/tmp/aerospike", type: "Directory" } } },
  ],
})

/** Configuration with every place a text can stand in: values, lists, keys of maps, names of sections. */
const configuration: JsonObject = {
  service: { "cluster-name": "complete", "proto-fd-max": 15_000, "work-directory": "/opt/aerospike/data" },
  network: {
    service: { port: 3000, address: ["any"], "access-address": "10.0.0.1" },
    heartbeat: { mode: "mesh", port: 3002, interval: 150, timeout: 10 },
    fabric: { port: 3001 },
  },
  logging: [
    { name: "console", context: "any info" },
    { name: "/opt/aerospike/data/server.log", any: "info" },
    { name: "syslog", context: { any: "warning" }, tag: "aerospike" },
  ],
  namespaces: [
    {
      name: "test",
      "replication-factor": 2,
      "default-ttl": "1d",
      "nsup-period": 120,
      "storage-engine": { type: "device", file: ["/opt/aerospike/data/test.dat"], filesize: "4G" },
      sets: [{ name: "users", "disable-eviction": true }],
    },
    { name: "cache", "replication-factor": 1, "storage-engine": { type: "memory", "data-size": "1G" } },
  ],
}

/** `overrides` of a cluster, and the spec of a template. */
const templateSpec: JsonObject = {
  description: "everything at once",
  image: "aerospike:ce-8.1.1.1",
  size: 3,
  aerospikeConfig: {
    namespaceDefaults: { "default-ttl": "1d", "nsup-period": 120 },
    service: { "proto-fd-max": 15_000, "node-id-interface": "eth0" },
    network: { heartbeat: { mode: "mesh", interval: 150, timeout: 10 } },
  },
  scheduling: {
    podAntiAffinityLevel: "required",
    nodeAffinity: affinity["nodeAffinity"] ?? {},
    tolerations,
    topologySpreadConstraints: spread,
    podManagementPolicy: "Parallel",
  },
  storage: {
    storageClassName: "standard",
    volumeMode: "Filesystem",
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "10Gi" } },
    localPVRequired: true,
  },
  resources,
  rackConfig: { maxRacksPerNode: 1 },
  monitoring,
  aerospikeNetworkPolicy: networkPolicy,
}

export const completeTemplate: JsonObject = {
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeClusterTemplate",
  metadata: { name: "everything" },
  spec: templateSpec,
}

export const completeCluster: JsonObject = {
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { name: "complete", namespace: "ns1", uid: "uid-complete", resourceVersion: "1" },
  status: { templateSnapshot: { name: "everything", synced: true, spec: templateSpec } },
  spec: {
    size: 3,
    image: "aerospike:ce-8.1.1.1",
    aerospikeConfig: configuration,
    storage: storage("local-path"),
    rackConfig: {
      racks: [
        {
          id: 1,
          zone: "zone-a",
          region: "region-a",
          nodeName: "host-a",
          rackLabel: "rack-a",
          revision: "v1",
          aerospikeConfig: { service: { "node-id-interface": "eth0" } },
          storage: storage("openebs"),
          podSpec: { affinity, tolerations, nodeSelector: strings("node") },
        },
        { id: 2, zone: "zone-b" },
      ],
      namespaces: ["test"],
      scaleDownBatchSize: "50%",
      maxIgnorablePods: "0%",
      rollingUpdateBatchSize: "50%",
    },
    aerospikeNetworkPolicy: networkPolicy,
    podSpec: {
      aerospikeContainer: { resources, securityContext: { seccompProfile: { type: "RuntimeDefault" } } },
      sidecars: [container("log-shipper")],
      initContainers: [container("prepare")],
      imagePullSecrets: [{ name: "registry" }],
      nodeSelector: strings("node"),
      tolerations,
      affinity,
      securityContext: { fsGroupChangePolicy: "OnRootMismatch" },
      serviceAccountName: "default",
      dnsPolicy: "ClusterFirst",
      hostNetwork: false,
      multiPodPerHost: false,
      terminationGracePeriodSeconds: 60,
      topologySpreadConstraints: spread,
      podManagementPolicy: "Parallel",
      metadata,
      readinessGateEnabled: true,
    },
    aerospikeAccessControl: {
      roles: [{ name: "reader", privileges: ["read.test"], whitelist: ["10.0.0.0/8"] }],
      users: [{ name: "admin", secretName: "admin-secret", roles: ["sys-admin", "user-admin", "reader"] }],
      adminPolicy: { timeout: 2000 },
    },
    monitoring,
    networkPolicyConfig: { enabled: true, type: "kubernetes" },
    bandwidthConfig: { ingress: "100M", egress: "100M" },
    enableDynamicConfigUpdate: true,
    rollingUpdateBatchSize: 1,
    disablePDB: false,
    maxUnavailable: "34%",
    paused: false,
    seedsFinderServices: {
      loadBalancer: {
        ...metadata,
        externalTrafficPolicy: "Local",
        port: 3000,
        targetPort: 3000,
        loadBalancerSourceRanges: ["10.0.0.0/8"],
      },
    },
    k8sNodeBlockList: ["host-z"],
    operations: [{ kind: "PodRestart", id: "run-1", podList: ["complete-1-0"] }],
    validationPolicy: { skipWorkDirValidate: true },
    headlessService: { metadata },
    podService: { metadata },
    enableRackIDOverride: false,
    templateRef: { name: "everything" },
    overrides: templateSpec,
  },
}
