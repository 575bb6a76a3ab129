/** How long asking all nodes of a sandbox's cluster takes, all at once and one after the other, while they are slow or one of them hangs. */
import * as Effect from "effect/Effect"
import type { AerospikeInfo } from "../aerospike/AerospikeInfo.js"
import { collect } from "../aerospike/Enrichment.js"
import { Kinds } from "../domain/Kubernetes.js"
import { percentile } from "./figures.js"
import type { Sandbox } from "./Sandbox.js"
import type { Fault } from "../testing/aerospike/Settings.js"

/** Times in ms; the median of the rounds. */
export interface EnrichmentFigures {
  readonly nodes: number
  readonly nodeLatencyMs: number
  readonly parallelMs: number
  readonly sequentialMs: number
}

export interface HangingFigures {
  readonly nodes: number
  /** Nodes whose facts are there although one node hung. */
  readonly fresh: number
  readonly perNodeTimeoutMs: number
  readonly totalMs: number
}

const perNodeTimeoutMs = 2_000

const targetsOf = (sandbox: Sandbox, namespace: string) =>
  sandbox.world.server.list(Kinds.Pod, { namespace }).items.map((pod) => {
    const { podIP } = (pod["status"] ?? {}) as { readonly podIP?: string }
    return {
      podName: pod.metadata.name ?? "",
      podUid: pod.metadata.uid ?? "",
      address: { host: podIP ?? "", port: 3000 },
    }
  })

/** Facts of all nodes, `concurrency` at a time, and how long that took. */
const ask = (sandbox: Sandbox, namespace: string, concurrency: number) =>
  Effect.gen(function* () {
    const targets = targetsOf(sandbox, namespace)
    const startedAt = performance.now()
    const collection = yield* collect({
      targets,
      expectedSize: targets.length,
      namespaces: ["test"],
      perNodeTimeoutMs,
      concurrency,
    })
    return { collection, ms: performance.now() - startedAt }
  })

const withFaults = <A, E, R>(
  sandbox: Sandbox,
  pods: ReadonlyArray<string>,
  fault: Fault,
  use: Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.forEach(pods, (pod) => sandbox.world.aerospike.setFault(pod, fault), { discard: true }),
    () => use,
    () => Effect.forEach(pods, (pod) => sandbox.world.aerospike.clearFault(pod), { discard: true }),
  )

const podsOf = (sandbox: Sandbox, namespace: string): ReadonlyArray<string> =>
  targetsOf(sandbox, namespace).map(({ podName }) => `${namespace}/${podName}`)

/** Every node answers `nodeLatencyMs` late. */
export const measureSlow = (
  sandbox: Sandbox,
  namespace: string,
  options: { readonly nodeLatencyMs: number; readonly rounds: number },
): Effect.Effect<EnrichmentFigures, never, AerospikeInfo> =>
  Effect.gen(function* () {
    // Connections exist before and after: both ways find them open.
    yield* ask(sandbox, namespace, 8)
    const pods = podsOf(sandbox, namespace)
    const measure = (concurrency: number, rounds: number) =>
      Effect.map(Effect.replicateEffect(ask(sandbox, namespace, concurrency), rounds), (all) =>
        percentile(
          all.map(({ ms }) => ms),
          0.5,
        ),
      )
    const { nodeLatencyMs: ms, rounds } = options
    return yield* withFaults(
      sandbox,
      pods,
      { _tag: "Slow", ms },
      Effect.gen(function* () {
        const parallelMs = yield* measure(8, rounds)
        const sequentialMs = yield* measure(1, 1)
        return { nodes: pods.length, nodeLatencyMs: ms, parallelMs, sequentialMs }
      }),
    )
  })

/** One node accepts requests and never answers. */
export const measureHanging = (
  sandbox: Sandbox,
  namespace: string,
): Effect.Effect<HangingFigures, never, AerospikeInfo> =>
  Effect.gen(function* () {
    yield* ask(sandbox, namespace, 8)
    const pods = podsOf(sandbox, namespace)
    return yield* withFaults(
      sandbox,
      pods.slice(0, 1),
      { _tag: "Hang" },
      Effect.gen(function* () {
        const { collection, ms } = yield* ask(sandbox, namespace, 8)
        const facts = Object.values(collection.nodes)
        return {
          nodes: pods.length,
          fresh: facts.filter(({ _tag }) => _tag === "Answered").length,
          perNodeTimeoutMs,
          totalMs: ms,
        }
      }),
    )
  })
