/** What a user asks of the simulated cluster, one wish after the other. */
import { apiVersionOf, Kinds, type KubeObject } from "../../domain/Kubernetes.js"

/** The cluster every run is about. */
export const clusterKey = { namespace: "aerospike", name: "db" } as const

export interface Wish {
  readonly size: number
  readonly image: string
  readonly protoFdMax: number
  /** Values change on running nodes where they can. */
  readonly isDynamic?: boolean
  /** Where records live: in memory, or on claims that stay (`retain`) resp. go (`cascade`) with their pods. */
  readonly storage: "memory" | "retain" | "cascade"
  /** Id of an operation that restarts every pod. */
  readonly operation?: string
}

export interface Workload {
  readonly name: string
  /** Entry of the reliability catalogue. */
  readonly id: string
  /** Applied in order, each after the one before is reached. */
  readonly wishes: ReadonlyArray<Wish>
  /** Before the last wish: the cluster is deleted and created anew, resp. another wish is uttered and taken back after 2 s. */
  readonly before?: "recreate" | Wish
  /** Records of 1 KiB written once the first wish is fulfilled: they decide how long migrations last. */
  readonly records: number
  /** What the systematic faults hit: the last wish, or the deletion after it. */
  readonly target: "change" | "deletion"
}

const images = ["aerospike:ce-8.1.1.1", "aerospike:ce-8.1.2.0"] as const

/** Migrations take 0.3 s, some 4 s and some 12 s: shorter and longer than the pause between two safety reads. */
const amounts = { few: 1_000, many: 500_000, plenty: 1_500_000 } as const

const three: Wish = { size: 3, image: images[0], protoFdMax: 15_000, storage: "memory" }

/** The workloads of the systematic plans. */
export const workloads: ReadonlyArray<Workload> = [
  { name: "create", id: "R1", wishes: [three], records: amounts.few, target: "change" },
  { name: "scale-up", id: "R2", wishes: [three, { ...three, size: 5 }], records: amounts.few, target: "change" },
  { name: "scale-down", id: "R3", wishes: [{ ...three, size: 5 }, three], records: amounts.few, target: "change" },
  {
    name: "scale-down-cascade",
    id: "R3",
    wishes: [
      { ...three, storage: "cascade" },
      { ...three, size: 2, storage: "cascade" },
    ],
    records: amounts.few,
    target: "change",
  },
  {
    name: "roll-configuration",
    id: "R4",
    wishes: [three, { ...three, protoFdMax: 15_001 }],
    records: amounts.many,
    target: "change",
  },
  {
    name: "tell-configuration",
    id: "R5",
    wishes: [
      { ...three, isDynamic: true },
      { ...three, isDynamic: true, protoFdMax: 15_001 },
    ],
    records: amounts.few,
    target: "change",
  },
  {
    name: "roll-image",
    id: "R6",
    wishes: [three, { ...three, image: images[1] }],
    records: amounts.few,
    target: "change",
  },
  {
    name: "restart-on-demand",
    id: "R15",
    wishes: [three, { ...three, operation: "run-1" }],
    records: amounts.few,
    target: "change",
  },
  { name: "recreate", id: "R17", wishes: [three, three], before: "recreate", records: amounts.few, target: "change" },
  {
    name: "down-up",
    id: "R18",
    wishes: [
      { ...three, size: 4 },
      { ...three, size: 4 },
    ],
    before: three,
    records: amounts.few,
    target: "change",
  },
  { name: "delete", id: "R7", wishes: [{ ...three, storage: "cascade" }], records: amounts.few, target: "deletion" },
]

/** Room for all records in two copies on two nodes: less, and the operator rightly refuses to shrink. */
const bytes = 8 * 2 ** 30

const engine = (storage: Wish["storage"]): Record<string, unknown> =>
  storage === "memory"
    ? { type: "memory", "data-size": bytes }
    : { type: "device", file: "/opt/aerospike/data/test.dat", filesize: bytes }

/** The resource that says it. */
export const resourceOf = ({ size, image, isDynamic = false, protoFdMax, storage, operation }: Wish): KubeObject => ({
  apiVersion: apiVersionOf(Kinds.AerospikeCluster),
  kind: "AerospikeCluster",
  metadata: { ...clusterKey },
  spec: {
    size,
    image,
    ...(isDynamic ? { enableDynamicConfigUpdate: true } : {}),
    ...(operation === undefined ? {} : { operations: [{ kind: "PodRestart", id: operation }] }),
    ...(storage === "memory"
      ? {}
      : {
          storage: {
            volumes: [
              {
                name: "data",
                source: { persistentVolume: { storageClass: "standard", volumeMode: "Filesystem", size: "10Gi" } },
                aerospike: { path: "/opt/aerospike/data" },
                cascadeDelete: storage === "cascade",
              },
            ],
          },
        }),
    aerospikeConfig: {
      service: { "proto-fd-max": protoFdMax },
      namespaces: [{ name: "test", "replication-factor": 2, "storage-engine": engine(storage) }],
    },
  },
})

/** What a user does in one random run: a cluster, then one or two changes. `next` gives uniform numbers in [0, 1). */
export const drawWorkload = (next: () => number): Workload => {
  const first: Wish = {
    size: 2 + Math.floor(next() * 3),
    image: images[0],
    protoFdMax: 15_000,
    storage: (["memory", "memory", "retain", "cascade"] as const)[Math.floor(next() * 4)] ?? "memory",
  }
  const wishes = [first]
  for (let n = 1 + Math.floor(next() * 2); n > 0; n--) {
    const last = wishes.at(-1) ?? first
    const changes: ReadonlyArray<Wish> = [
      { ...last, protoFdMax: last.protoFdMax + 1 },
      { ...last, image: last.image === images[0] ? images[1] : images[0] },
      { ...last, size: last.size + 1 },
      { ...last, size: Math.max(2, last.size - 1), protoFdMax: last.protoFdMax + 1 },
      first,
    ]
    const drawn = changes[Math.floor(next() * changes.length)] ?? last
    // Claims that stayed hold old records: the operator rightly refuses to grow onto them before somebody says what shall become of them.
    const isRefused =
      drawn.storage === "retain" && drawn.size > last.size && wishes.some(({ size }) => size > last.size)
    wishes.push(isRefused ? { ...drawn, size: last.size } : drawn)
  }
  const records = [amounts.few, amounts.few, amounts.many, amounts.plenty][Math.floor(next() * 4)] ?? amounts.few
  const isDynamic = next() < 0.3
  return {
    name: "drawn",
    id: "random",
    wishes: isDynamic ? wishes.map((wish) => ({ ...wish, isDynamic })) : wishes,
    records,
    target: "change",
  }
}
