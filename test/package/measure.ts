/** What one operator process costs and how fast it answers, measured from outside: by the API server it talks to and by the process table. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { startOperator } from "../../src/cli/demo/operatorChild.js"
import { cluster, makeSteps, resource, type Step } from "../../src/cli/demo/steps.js"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../src/decide/crd.js"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import { percentile, readinessSamples } from "../../src/sandbox/figures.js"
import { writeKubeconfig } from "../../src/sandbox/http/kubeconfig.js"
import { takeApart } from "../../src/sandbox/phases.js"
import { makeSandbox } from "../../src/sandbox/Sandbox.js"
import { record } from "../../src/sandbox/Timeline.js"

const user = "acko-operator"

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

const round = (value: number): number => Math.round(value * 10) / 10

const statusOf = (pid: number) => {
  const text = readFileSync(`/proc/${pid}/status`, "utf8")
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) / 1024
  return { resident: mb("VmRSS"), anonymous: mb("RssAnon") }
}

const childrenOf = (pid: number): ReadonlyArray<number> =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number)

const memoryOf = (pid: number): Memory => {
  const own = statusOf(pid)
  return {
    operatorMb: round(own.resident),
    operatorAnonymousMb: round(own.anonymous),
    clientViewMb: round(childrenOf(pid).reduce((sum, child) => sum + statusOf(child).resident, 0)),
  }
}

/** A small cluster beside the one that is measured. */
const another = (index: number): KubeObject => {
  const object = resource({ size: 1, image: "aerospike:ce-8.1.1.1", protoFdMax: 15_000 })
  return {
    ...object,
    metadata: { ...cluster, name: `small-${index}` },
    spec: {
      size: 1,
      image: "aerospike:ce-8.1.1.1",
      aerospikeConfig: {
        namespaces: [
          { name: "test", "replication-factor": 1, "storage-engine": { type: "memory", "data-size": 1_073_741_824 } },
        ],
      },
    },
  }
}

const isCompleted = (object: KubeObject): boolean =>
  (object["status"] as { readonly phase?: string } | undefined)?.phase === "Completed"

export interface MeasureOptions {
  readonly node: string
  readonly program: string
  /** Second number of the loopback addresses. */
  readonly net: number
  readonly clusters: number
}

/** With the settings of the shipped Deployment. */
const environment = { NODE_OPTIONS: "--max-old-space-size=192 --max-semi-space-size=2" }

export const measure = ({ clusters, net, node, program }: MeasureOptions) =>
  Effect.gen(function* () {
    const sandbox = yield* makeSandbox({
      objects: [aerospikeClusterCrd(), aerospikeClusterTemplateCrd()],
      users: [user],
      net,
      settings: { podStartMs: 200, probePeriodMs: 1_000 },
    })
    const { server, writer } = sandbox.world
    const now = () => performance.timeOrigin + performance.now()
    const timeline = record(server, { ...cluster, cluster: cluster.name, user, now })
    const steps: Array<Step> = []
    const { run, wish } = makeSteps(sandbox, timeline, steps)
    const requests = (from: number, to: number) =>
      timeline.entries.filter((entry) => entry._tag === "Request" && entry.at >= from && entry.at <= to)
    const isQuiet = (): boolean =>
      requests(now() - 15_000, now()).every(
        (entry) => entry._tag !== "Request" || ["get", "list", "watch"].includes(entry.request.verb),
      )
    /** After the last small changes of statuses have been written. */
    const quiet = Effect.repeat(Effect.sleep("1 second"), { until: isQuiet }).pipe(Effect.timeout("2 minutes"))
    const idle = Effect.gen(function* () {
      const from = now()
      yield* Effect.sleep("60 seconds")
      return requests(from, now()).length
    })
    const kubeconfig = join(dirname(sandbox.kubeconfig), "operator.yaml")
    yield* writeKubeconfig(kubeconfig, {
      server: sandbox.api.url,
      certificate: sandbox.api.certificate,
      token: sandbox.tokens[user] ?? "",
      namespace: cluster.namespace,
    })

    const first = { size: 8, image: "aerospike:ce-8.1.1.1", protoFdMax: 15_000 }
    yield* wish(first)
    const startedAt = now()
    const operator = yield* startOperator(kubeconfig, { node, program, environment })
    const job = Effect.gen(function* () {
      yield* run("create 8 nodes", "create", wish(first), { seconds: 180 })
      const firstWrite = timeline.entries.find(
        (entry) => entry._tag === "Request" && !["get", "list", "watch"].includes(entry.request.verb),
      )
      yield* quiet
      const memoryOneCluster = memoryOf(operator.pid)
      const idleRequestsOneCluster = yield* idle
      const roll = yield* run("rolling restart", "restart", wish({ ...first, protoFdMax: 15_001 }), { seconds: 180 })
      const history = yield* sandbox.world.aerospike.history
      const parts = takeApart(timeline.entries, history, roll.window)
      const samples = readinessSamples(
        timeline.entries.filter(({ at }) => at >= roll.window.from && at <= roll.window.to),
      )
      yield* Effect.forEach(
        Array.from({ length: clusters - 1 }, (_, index) => another(index)),
        (object) => writer.apply(Kinds.AerospikeCluster, object, { fieldManager: "user", force: true }),
        { discard: true },
      )
      const areCompleted = () => server.list(Kinds.AerospikeCluster, {}).items.every(isCompleted)
      yield* Effect.repeat(Effect.sleep("200 millis"), { until: areCompleted }).pipe(Effect.timeout("4 minutes"))
      yield* quiet
      const idleRequestsManyClusters = yield* idle
      return {
        firstReconcileMs: round((firstWrite?.at ?? Number.NaN) - startedAt),
        memoryOneCluster,
        memoryManyClusters: memoryOf(operator.pid),
        clusters,
        idleRequestsOneCluster,
        idleRequestsManyClusters,
        readiness: {
          samples: samples.length,
          p50Ms: round(percentile(samples, 0.5)),
          p99Ms: round(percentile(samples, 0.99)),
        },
        rollOut: { pods: parts.pods, totalMs: round(parts.totalMs), overheadMs: round(parts.overheadMs) },
      } satisfies ProcessFigures
    })
    return yield* Effect.raceFirst(job, operator.ended)
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

const mb = ({ clientViewMb, operatorAnonymousMb, operatorMb }: Memory): string =>
  `${operatorMb} MB (${operatorAnonymousMb} its own) + ${clientViewMb} MB client view`

/** A table for people: a row per figure, a column per Node. */
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
    .flatMap(([node, of]) => [`Node ${node}`, ...rows.map(([title, show]) => `  ${title.padEnd(34)}${show(of)}`)])
    .join("\n")
}
