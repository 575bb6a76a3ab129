/** One program of the control plane: started, watched, started again when it dies (as a kubelet does with static pods), stopped by its pid. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import type { Program } from "./binaries.js"
import { type Address, isAnswering } from "./request.js"

export interface ServerOptions {
  readonly name: Program
  readonly binary: string
  readonly args: ReadonlyArray<string>
  /** Where its log and its pid go. */
  readonly folder: string
  /** Answers 200 once the program is ready. */
  readonly readiness: Address
}

/** A program of the control plane did not start. */
export class StartError extends Data.TaggedError("StartError")<{
  readonly name: Program
  readonly detail: string
  /** The end of its log. */
  readonly log: string
}> {
  override get message(): string {
    return `${this.name} ${this.detail}; the end of its log:\n${this.log}`
  }
}

const patienceMs = 120_000
const lookMs = 100
const restartPauseMs = 200
const stopMs = 10_000
const logTailBytes = 6_000

export const pidFile = (folder: string, name: Program): string => join(folder, `${name}.pid`)
const logFile = (folder: string, name: Program): string => join(folder, `${name}.log`)

/** A port of the loopback address that nobody listens on now. */
export const freePort: Effect.Effect<number> = Effect.async((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null

/** Completes when the process is gone. */
const ended = (child: ChildProcess): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (hasEnded(child)) return resume(Effect.void)
    const done = () => resume(Effect.void)
    child.once("exit", done)
    return Effect.sync(() => child.off("exit", done))
  })

const launch = ({ args, binary, folder, name }: ServerOptions): Effect.Effect<ChildProcess> =>
  Effect.sync(() => {
    const log = openSync(logFile(folder, name), "a", 0o600)
    const child = spawn(binary, args, { stdio: ["ignore", log, log], cwd: folder })
    closeSync(log)
    // Without a listener a program that cannot be executed would end this process; `pid` stays undefined and readiness tells it.
    child.once("error", (cause) => writeFileSync(logFile(folder, name), String(cause), { flag: "a" }))
    writeFileSync(pidFile(folder, name), String(child.pid ?? ""))
    return child
  })

const stop = (child: ChildProcess): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (hasEnded(child)) return
    child.kill("SIGCONT")
    child.kill("SIGTERM")
    // A finalizer is uninterruptible, and so would be the loser of the race.
    yield* Effect.interruptible(Effect.raceFirst(ended(child), Effect.sleep(stopMs)))
    if (hasEnded(child)) return
    child.kill("SIGKILL")
    yield* ended(child)
  })

const startError = ({ folder, name }: ServerOptions, detail: string): StartError =>
  new StartError({ name, detail, log: readFileSync(logFile(folder, name), "utf8").slice(-logTailBytes) })

const awaitReady = (options: ServerOptions, child: ChildProcess): Effect.Effect<void, StartError> =>
  isAnswering(options.readiness).pipe(
    Effect.repeat({ until: (isReady) => isReady, schedule: Schedule.spaced(lookMs) }),
    Effect.raceFirst(
      Effect.flatMap(ended(child), () =>
        startError(options, `ended with ${child.exitCode ?? String(child.signalCode)}`),
      ),
    ),
    Effect.timeoutFail({
      duration: patienceMs,
      onTimeout: () => startError(options, `was not ready within ${patienceMs / 1000} s`),
    }),
  )

/**
 * Returns when the program is ready. From then on it is started again, with the same arguments, whenever it ends; the file
 * {@link pidFile} always holds the pid of the present process. SIGTERM, then SIGKILL after 10 s, when the scope closes.
 */
export const startServer = (options: ServerOptions): Effect.Effect<void, StartError, Scope.Scope> =>
  Effect.gen(function* () {
    let child = yield* launch(options)
    yield* Effect.addFinalizer(() => stop(child))
    yield* awaitReady(options, child)
    yield* Effect.suspend(() => ended(child)).pipe(
      Effect.zipRight(Effect.sleep(restartPauseMs)),
      Effect.zipRight(Effect.map(launch(options), (next) => (child = next))),
      Effect.forever,
      Effect.forkScoped,
    )
  })
