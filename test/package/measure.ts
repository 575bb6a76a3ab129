/** What one operator process costs and how fast it answers, measured from outside: by the API server it talks to and by the process table. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import { dirname, join } from "node:path"
import { startOperator } from "../../src/cli/demo/operatorChild.js"
import { cluster, makeSteps, type Step } from "../../src/cli/demo/steps.js"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../src/decide/crd.js"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import { percentile, readinessSamples } from "../../src/sandbox/figures.js"
import { writeKubeconfig } from "../../src/sandbox/http/kubeconfig.js"
import { takeApart } from "../../src/sandbox/phases.js"
import { makeSandbox } from "../../src/sandbox/Sandbox.js"
import { record } from "../../src/sandbox/Timeline.js"
import { another, memoryOf, type ProcessFigures, round } from "../support/processFigures.js"

const user = "acko-operator"

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
        Array.from({ length: clusters - 1 }, (_, index) => another(index, cluster.namespace)),
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
