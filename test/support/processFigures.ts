/** What an operator process costs and how fast it answers: the figures, and how they are told. */
import { readFileSync } from "node:fs"
import type { KubeObject } from "../../src/domain/Kubernetes.js"

/** Resident memory, MiB. */
export interface Memory {
  readonly operatorMb: number
  /** Of it: heap, stacks and buffers; the rest is the program itself, shared by all its instances on a host. */
  readonly operatorAnonymousMb: number
  /** The child process with the native client; 0 while nobody is looked at. */
  readonly clientViewMb: number
}

export interface ProcessFigures {
  /** Start of the process → its first write about a cluster that was there before. */
  readonly firstReconcileMs: number
  readonly memoryOneCluster: Memory
  readonly memoryManyClusters: Memory
  readonly clusters: number
  /** Requests per minute while there is nothing to do, with one cluster and with many. */
  readonly idleRequestsOneCluster: number
  readonly idleRequestsManyClusters: number
  readonly readiness: { readonly samples: number; readonly p50Ms: number; readonly p99Ms: number }
  readonly rollOut: { readonly pods: number; readonly totalMs: number; readonly overheadMs: number }
}

export const round = (value: number): number => Math.round(value * 10) / 10

const statusOf = (pid: number) => {
  const text = readFileSync(`/proc/${pid}/status`, "utf8")
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) / 1024
  return { resident: mb("VmRSS"), anonymous: mb("RssAnon") }
}

const childrenOf = (pid: number): ReadonlyArray<number> =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number)

export const memoryOf = (pid: number): Memory => {
  const own = statusOf(pid)
  return {
    operatorMb: round(own.resident),
    operatorAnonymousMb: round(own.anonymous),
    clientViewMb: round(childrenOf(pid).reduce((sum, child) => sum + statusOf(child).resident, 0)),
  }
}

/** A small cluster beside the one that is measured. */
export const another = (index: number, namespace: string): KubeObject => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { namespace, name: `small-${index}` },
  spec: {
    size: 1,
    image: "aerospike:ce-8.1.1.1",
    aerospikeConfig: {
      namespaces: [
        { name: "test", "replication-factor": 1, "storage-engine": { type: "memory", "data-size": 1_073_741_824 } },
      ],
    },
  },
})

const mb = ({ clientViewMb, operatorAnonymousMb, operatorMb }: Memory): string =>
  `${operatorMb} MB (${operatorAnonymousMb} its own) + ${clientViewMb} MB client view`

/** For people: a row per figure, a block per operator that was measured. */
export const table = (columns: Readonly<Record<string, ProcessFigures>>): string => {
  const rows: ReadonlyArray<readonly [string, (of: ProcessFigures) => string]> = [
    ["process start → first reconcile", (of) => `${of.firstReconcileMs} ms`],
    ["resident memory, 1 cluster of 8", (of) => mb(of.memoryOneCluster)],
    ["resident memory, many clusters", (of) => `${mb(of.memoryManyClusters)}, ${of.clusters} clusters`],
    ["API requests per idle minute", (of) => `${of.idleRequestsOneCluster}; with all: ${of.idleRequestsManyClusters}`],
    ["pod Ready → next write", (of) => `median ${of.readiness.p50Ms} ms, 99 % ${of.readiness.p99Ms} ms`],
    ["overhead of restarting 8 pods", (of) => `${of.rollOut.overheadMs} of ${of.rollOut.totalMs} ms`],
  ]
  return Object.entries(columns)
    .flatMap(([title, of]) => [title, ...rows.map(([what, show]) => `  ${what.padEnd(34)}${show(of)}`)])
    .join("\n")
}
