/** The operator as a process of its own, as it would run in a cluster: started with a kubeconfig, asked over its health port. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { spawn } from "node:child_process"
import { get } from "node:http"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"

/** The operator ended while the job still ran. */
export class OperatorEnded extends Data.TaggedError("OperatorEnded")<{
  readonly code: number | null
  readonly output: string
}> {
  override get message(): string {
    return `the operator ended with code ${String(this.code)}:\n${this.output}`
  }
}

export interface OperatorChild {
  readonly pid: number
  /** `http://127.0.0.1:port` of its health and metrics. */
  readonly url: string
  /** The end of what it printed. */
  readonly output: Effect.Effect<string>
  /** Modes of its observers by kind; none while it does not answer. */
  readonly modes: Effect.Effect<ReadonlyArray<{ readonly kind: string; readonly mode: string }>>
  /** Its metrics page; nothing while it does not answer. */
  readonly metrics: Effect.Effect<string>
  /** Resident memory of the process and of what it started, in bytes. */
  readonly residentBytes: Effect.Effect<number, never, FileSystem.FileSystem>
  /** Never succeeds: fails when the process ends. */
  readonly ended: Effect.Effect<never, OperatorEnded>
}

const Readiness = Schema.parseJson(
  Schema.Struct({ observers: Schema.Array(Schema.Struct({ kind: Schema.String, mode: Schema.String })) }),
)

const freePort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

class NoAnswer extends Data.TaggedError("NoAnswer")<{ readonly cause: unknown }> {}

const fetchText = (url: string) =>
  Effect.async<string, NoAnswer>((resume) => {
    const fail = (cause: unknown) => resume(Effect.fail(new NoAnswer({ cause })))
    const request = get(url, { timeout: 1_000 }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => (text += chunk))
      response.on("end", () => resume(Effect.succeed(text)))
      response.on("error", fail)
    })
    request.on("error", fail)
    request.on("timeout", () => request.destroy(new Error("no answer")))
    return Effect.sync(() => request.destroy())
  })

/** Resident bytes of a process and its children, from the process table. */
const residentOf = (pid: number): Effect.Effect<number, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const status = yield* files.readFileString(`/proc/${pid}/status`)
    const children = yield* files.readFileString(`/proc/${pid}/task/${pid}/children`)
    const own = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
    const others = yield* Effect.forEach(children.trim().split(" ").filter(Boolean), (child) =>
      residentOf(Number(child)),
    )
    return others.reduce((sum, bytes) => sum + bytes, own)
  }).pipe(Effect.orElseSucceed(() => 0))

/** Characters. */
const keptOutput = 20_000

/** Starts it; it is stopped with the scope (SIGTERM, then SIGKILL after 5 s). `program` is the bundle that runs it. */
export const startOperator = (
  kubeconfig: string,
  options: {
    readonly program?: string
    readonly arguments?: ReadonlyArray<string>
    readonly pollInterval?: string
    /** Default `warning`. */
    readonly logLevel?: "debug" | "info" | "warning" | "error"
    /** The `node` that runs it. Default: this one. */
    readonly node?: string
    /** Variables besides those of this process. */
    readonly environment?: Readonly<Record<string, string>>
  } = {},
) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const program = options.program ?? fileURLToPath(new URL("./acko.js", import.meta.url))
    let output = ""
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const started = spawn(
          options.node ?? process.execPath,
          [
            program,
            ...(options.arguments ?? ["operator"]),
            "--kubeconfig",
            kubeconfig,
            "--health-port",
            String(port),
            "--log-format",
            "logfmt",
            "--log-level",
            options.logLevel ?? "warning",
          ],
          {
            stdio: ["ignore", "pipe", "pipe"],
            env: { ...process.env, ACKO_POLL_INTERVAL: options.pollInterval ?? "10 seconds", ...options.environment },
          },
        )
        const keep = (chunk: Buffer) => (output = (output + chunk.toString("utf8")).slice(-keptOutput))
        started.stdout.on("data", keep)
        started.stderr.on("data", keep)
        return started
      }),
      (started) =>
        Effect.async<void>((resume) => {
          if (started.exitCode !== null || started.signalCode !== null) return resume(Effect.void)
          const timer = setTimeout(() => started.kill("SIGKILL"), 5_000)
          started.once("exit", () => {
            clearTimeout(timer)
            resume(Effect.void)
          })
          started.kill("SIGTERM")
        }),
    )
    const ended = Effect.async<never, OperatorEnded>((resume) => {
      const end = (code: number | null) => resume(Effect.fail(new OperatorEnded({ code, output })))
      if (child.exitCode !== null) return end(child.exitCode)
      child.once("exit", end)
      return Effect.sync(() => child.off("exit", end))
    })
    const url = `http://127.0.0.1:${port}`
    const modes = fetchText(`${url}/readyz`).pipe(
      Effect.flatMap(Schema.decodeUnknown(Readiness)),
      Effect.map(({ observers }) => observers),
      Effect.option,
      Effect.map(Option.getOrElse(() => [])),
    )
    const pid = child.pid ?? 0
    return {
      pid,
      url,
      output: Effect.sync(() => output),
      modes,
      metrics: Effect.orElseSucceed(fetchText(`http://127.0.0.1:${port}/metrics`), () => ""),
      ended,
      residentBytes: residentOf(pid),
    } satisfies OperatorChild
  })
