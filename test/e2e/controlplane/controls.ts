/** What a test may do to a running control plane, from whatever process it runs in. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { appendFileSync, existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Program } from "./binaries.js"
import type { ControlPlane } from "./ControlPlane.js"
import { isAnswering, request, type RequestError } from "./request.js"
import { pidFile } from "./ServerProcess.js"

/** A program did not come back. */
export class NotBack extends Data.TaggedError("NotBack")<{ readonly name: Program }> {
  override get message(): string {
    return `${this.name} did not come back`
  }
}

const pidOf = ({ folder }: ControlPlane, name: Program): number => Number(readFileSync(pidFile(folder, name), "utf8"))

const signal = (plane: ControlPlane, name: Program, what: NodeJS.Signals): Effect.Effect<void> =>
  Effect.sync(() => void process.kill(pidOf(plane, name), what))

/** Whether the API server says it is ready. */
export const isReady = ({ certificate, server }: ControlPlane): Effect.Effect<boolean> =>
  isAnswering({ url: `${server}/readyz`, ca: certificate })

/** A time in which the API server was starting (epoch ms): until it has read the roles, it refuses everybody. */
export interface Restart {
  readonly from: number
  readonly to: number
}

const restartsFile = ({ folder }: ControlPlane): string => join(folder, "restarts.jsonl")

/** The restarts of the API server that tests asked for. */
export const restartsOf = (plane: ControlPlane): ReadonlyArray<Restart> =>
  existsSync(restartsFile(plane))
    ? readFileSync(restartsFile(plane), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Restart)
    : []

/** Kills the API server and waits until another process of it is ready at the same address, with the same data; every watch breaks. */
export const restartApiServer = (plane: ControlPlane): Effect.Effect<void, NotBack> =>
  Effect.gen(function* () {
    const before = pidOf(plane, "kube-apiserver")
    const from = Date.now()
    yield* signal(plane, "kube-apiserver", "SIGKILL")
    yield* Effect.suspend(() =>
      pidOf(plane, "kube-apiserver") === before ? Effect.succeed(false) : isReady(plane),
    ).pipe(
      Effect.repeat({ until: (isBack) => isBack, schedule: Schedule.spaced("100 millis") }),
      Effect.timeoutFail({ duration: "60 seconds", onTimeout: () => new NotBack({ name: "kube-apiserver" }) }),
    )
    const restart: Restart = { from, to: Date.now() }
    appendFileSync(restartsFile(plane), `${JSON.stringify(restart)}\n`)
  })

/** The API server stands still until the scope closes: connections stay open and nothing answers. */
export const pauseApiServer = (plane: ControlPlane): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(signal(plane, "kube-apiserver", "SIGSTOP"), () => signal(plane, "kube-apiserver", "SIGCONT"))

const Range = Schema.parseJson(Schema.Struct({ header: Schema.Struct({ revision: Schema.String }) }))

/** Throws all history away that etcd has up to now: a list or watch that wants to go on from there meets 410. Returns the revision. */
export const compactEtcd = ({ etcd }: ControlPlane): Effect.Effect<string, RequestError> =>
  Effect.gen(function* () {
    const key = Buffer.from("/").toString("base64")
    const answer = yield* request({ url: `${etcd}/v3/kv/range` }, { key, count_only: true })
    const { revision } = (yield* Effect.orDie(Schema.decodeUnknown(Range)(answer))).header
    yield* request({ url: `${etcd}/v3/kv/compaction` }, { revision, physical: true })
    return revision
  })
