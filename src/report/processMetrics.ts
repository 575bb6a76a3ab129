/**
 * How the process itself is doing, under the names that every Prometheus client library uses. Brought up to date when somebody asks. What
 * cannot be read (`/proc` exists on Linux only) is left out.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import { readdir } from "node:fs/promises"
import { monitorEventLoopDelay } from "node:perf_hooks"

const cpu = Metric.counter("process_cpu_seconds_total", {
  description: "User and system CPU time spent",
  incremental: true,
})
const resident = Metric.gauge("process_resident_memory_bytes", { description: "Resident memory of this process" })
const started = Metric.gauge("process_start_time_seconds", { description: "Start of the process since the epoch" })
const heapUsed = Metric.gauge("nodejs_heap_size_used_bytes", { description: "Heap in use" })
const heapTotal = Metric.gauge("nodejs_heap_size_total_bytes", { description: "Heap reserved" })
const files = Metric.gauge("process_open_fds", { description: "Open file descriptors" })
const lag = Metric.gauge("nodejs_eventloop_lag_max_seconds", {
  description: "Longest delay of the event loop since it was asked for last",
})

const openFiles = Effect.tryPromise(() => readdir("/proc/self/fd")).pipe(
  // The directory that is being read is one of them.
  Effect.flatMap((names) => Metric.set(files, names.length - 1)),
  Effect.ignore,
)

/** An effect that brings the metrics of the process up to date. The event loop is watched until the scope closes. */
export const make: Effect.Effect<Effect.Effect<void>, never, Scope.Scope> = Effect.gen(function* () {
  const delays = monitorEventLoopDelay({ resolution: 20 })
  yield* Effect.acquireRelease(
    Effect.sync(() => delays.enable()),
    () => Effect.sync(() => delays.disable()),
  )
  let countedSeconds = 0
  yield* Metric.set(started, performance.timeOrigin / 1_000)
  return Effect.gen(function* () {
    const { user, system } = process.cpuUsage()
    const seconds = (user + system) / 1e6
    yield* Metric.incrementBy(cpu, seconds - countedSeconds)
    countedSeconds = seconds
    const memory = process.memoryUsage()
    yield* Metric.set(resident, memory.rss)
    yield* Metric.set(heapUsed, memory.heapUsed)
    yield* Metric.set(heapTotal, memory.heapTotal)
    yield* Metric.set(lag, delays.max / 1e9)
    delays.reset()
    yield* openFiles
  })
})
