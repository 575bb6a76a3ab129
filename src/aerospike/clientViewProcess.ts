/**
 * The process that holds the native client, seen from the operator: started when first needed, one request at a time, killed when it hangs,
 * started again when needed again, gone with the scope.
 */
import { type ChildProcess, fork } from "node:child_process"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ClientView } from "../domain/NodeFacts.js"
import { decodeReply, type ViewRequest } from "./clientViewProtocol.js"

export interface ClientViewProcessOptions {
  /** Path of the built `clientViewWorker.js`. */
  readonly workerPath: string
  /** Longest time for one probe, start of the process included, in ms. Default 5 000. */
  readonly probeTimeoutMs?: number
  /** Longest wait for the turn, in ms: probes run one after the other. Default 10 000. */
  readonly turnTimeoutMs?: number
}

/** One probe; an `Unknown` outcome when the process did not answer. Never fails, takes at most the two limits together and 2 s. */
export type Probe = (request: Omit<ViewRequest, "id">) => Effect.Effect<ClientView["outcome"]>

/** The process ended, or could not be started, before it replied. */
interface ProcessFault {
  readonly message: string
  /** It had replied before, and left in order: another one will do. */
  readonly retired: boolean
}

interface Running {
  readonly child: ChildProcess
  /** Last output on stderr. */
  lastWords: string
  replies: number
}

const unknown = (message: string): ClientView["outcome"] => ({ _tag: "Unknown", message })

const stopTimeoutMs = 2_000
const lastWordsBytes = 500
/** A process is replaced after this many probes: whatever native code leaves behind stays small. */
const mostReplies = 500

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null
const isAlive = (child: ChildProcess): boolean => !hasEnded(child) && child.connected

/** The process, or why there is none: most failures to start come later as an event, some are thrown. */
const start = (workerPath: string): Running | Error => {
  try {
    return startOrThrow(workerPath)
  } catch (error) {
    return new Error(`client process cannot be started: ${String(error)}`, { cause: error })
  }
}

const startOrThrow = (workerPath: string): Running => {
  // Nothing of the operator's environment or its `node` options is for this process, credentials least of all.
  const { LD_LIBRARY_PATH } = process.env
  const child = fork(workerPath, [], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    execArgv: ["--max-old-space-size=64"],
    env: { UV_THREADPOOL_SIZE: "8", ...(LD_LIBRARY_PATH === undefined ? {} : { LD_LIBRARY_PATH }) },
  })
  const running: Running = { child, lastWords: "", replies: 0 }
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    running.lastWords = `${running.lastWords}${text}`.slice(-lastWordsBytes)
  })
  // Without a listener an error of the channel would take the operator down; each request adds its own.
  child.on("error", () => undefined)
  return running
}

const describeExit = ({ lastWords }: Running, code: number | null, signal: NodeJS.Signals | null): string =>
  ["client process ended with", signal ?? `code ${code ?? "unknown"}`, lastWords.trim()]
    .filter((word) => word !== "")
    .join(" ")

/** See {@link Probe}. After a start that led to no reply, the next one waits: 1 s, doubled each time, at most 30 s. */
export const makeClientViewProcess = (options: ClientViewProcessOptions): Effect.Effect<Probe, never, Scope.Scope> =>
  Effect.gen(function* () {
    const probeTimeoutMs = options.probeTimeoutMs ?? 5_000
    const turnTimeoutMs = options.turnTimeoutMs ?? 10_000
    const turn = yield* Effect.makeSemaphore(1)
    let running: Running | undefined
    let requests = 0
    let failedStarts = 0
    let notBefore = 0
    let isClosed = false

    const stop = Effect.async<void>((resume) => {
      const ended = running?.child
      running = undefined
      if (ended === undefined || hasEnded(ended)) return resume(Effect.void)
      ended.once("exit", () => resume(Effect.void)).once("error", () => resume(Effect.void))
      // SIGKILL: native code that hangs in `connect` hears nothing else.
      ended.kill("SIGKILL")
    }).pipe(Effect.interruptible, Effect.timeoutOption(stopTimeoutMs), Effect.asVoid)

    const request = (content: Omit<ViewRequest, "id">): Effect.Effect<ClientView["outcome"], ProcessFault> =>
      Effect.async((resume) => {
        const id = ++requests
        const asked = running !== undefined && isAlive(running.child) ? running : start(options.workerPath)
        if (asked instanceof Error) return resume(Effect.fail({ message: asked.message, retired: false }))
        running = asked
        const { child } = asked
        const leave = (): void => void child.off("message", onMessage).off("close", onClose).off("error", onError)
        const onMessage = (message: unknown): void => {
          const reply = Option.getOrUndefined(decodeReply(message))
          if (reply?.id !== id) return
          leave()
          asked.replies++
          resume(Effect.succeed(reply.outcome))
        }
        const fail = (message: string, retired: boolean): void => {
          leave()
          if (running === asked) running = undefined
          resume(Effect.fail({ message, retired }))
        }
        const onClose = (code: number | null, signal: NodeJS.Signals | null): void =>
          fail(describeExit(asked, code, signal), asked.replies > 0 && code === 0)
        const onError = (error: Error): void => fail(`client process: ${error.message}`, false)
        child.on("message", onMessage).on("close", onClose).on("error", onError)
        child.send({ id, ...content } satisfies ViewRequest, (error) => {
          // The exit that follows says more than the closed channel.
          if (error !== null && isAlive(child)) onError(error)
        })
        return Effect.sync(leave)
      })

    const probe = (content: Omit<ViewRequest, "id">): Effect.Effect<ClientView["outcome"]> =>
      Effect.gen(function* () {
        if (isClosed) return unknown("client process is stopped")
        const now = yield* Clock.currentTimeMillis
        if (running === undefined && now < notBefore) {
          return unknown(`client process failed to start ${failedStarts} times, tried again in ${notBefore - now} ms`)
        }
        const result = yield* request(content).pipe(
          Effect.retry({ while: (fault) => fault.retired, times: 1 }),
          Effect.timeoutTo({
            duration: probeTimeoutMs,
            onSuccess: (outcome) => outcome,
            onTimeout: () => undefined,
          }),
          Effect.either,
        )
        if (result._tag === "Left") {
          notBefore = now + Math.min(30_000, 1_000 * 2 ** failedStarts++)
          return unknown(result.left.message)
        }
        if (result.right === undefined) {
          yield* stop
          return unknown(`client process gave no answer within ${probeTimeoutMs} ms`)
        }
        failedStarts = 0
        if ((running?.replies ?? 0) >= mostReplies) yield* stop
        return result.right
      }).pipe(
        // An interrupted probe leaves a busy process behind: the next request would wait for it.
        Effect.onInterrupt(() => stop),
      )

    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        isClosed = true
        return stop
      }),
    )

    return (content) =>
      Effect.gen(function* () {
        const asked = yield* Clock.currentTimeMillis
        const inTurn = Effect.flatMap(Clock.currentTimeMillis, (now) =>
          now - asked > turnTimeoutMs ? Effect.succeed(unknown("client process is busy")) : probe(content),
        )
        return yield* turn
          .withPermits(1)(inTurn)
          .pipe(
            Effect.timeoutTo({
              // A turn that came in time has its whole probe.
              duration: turnTimeoutMs + probeTimeoutMs + stopTimeoutMs,
              onSuccess: (outcome) => outcome,
              onTimeout: () => unknown("client process is busy"),
            }),
          )
      })
  })
