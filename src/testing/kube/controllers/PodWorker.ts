/** The life of one pod on its host: volumes, init, server process, probes, crashes, graceful end. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { Kinds, type KubeObject, type ObjectRef } from "../../../domain/Kubernetes.js"
import { type KubeReader, type KubeWriter } from "../../../kube/KubeClient.js"
import { isConflict, isNotFound, type KubeError } from "../../../kube/KubeError.js"
import type { PodRuntime, ProcessExit, RunningProcess } from "../../PodRuntime.js"
import { ControlAnnotation } from "./controlAnnotations.js"
import type { HostMachine } from "./HostMachine.js"
import type { SettingsHandle } from "./KubeletSettings.js"
import {
  type ClaimObject,
  type Condition,
  isTerminating,
  nameOf,
  namespaceOf,
  type PodObject,
  refOf,
  uidOf,
} from "./objects.js"
import { type EndedRun, type PodLife, podStatus, type Stage } from "./podStatus.js"
import {
  configurationSource,
  dataVolumes,
  hasMissingImage,
  renderConfiguration,
  serverContainer,
} from "./podVolumes.js"
import { canonical } from "./revisions.js"

/** Everything a pod's life needs from its surroundings. */
export interface PodWorld {
  readonly reader: KubeReader["Type"]
  readonly writer: KubeWriter["Type"]
  readonly runtime: PodRuntime["Type"]
  readonly settings: SettingsHandle
  readonly host: HostMachine
  readonly claims: (namespace: string) => ReadonlyMap<string, ClaimObject>
  readonly allocateAddress: (pod: ObjectRef, host: string) => Effect.Effect<string>
  readonly releaseAddress: (address: string) => Effect.Effect<void>
}

export interface PodWorker {
  /** Runs until the pod is gone and its process has ended. */
  readonly run: Effect.Effect<void>
  /** A newer version of the pod was seen. */
  readonly update: (pod: PodObject) => Effect.Effect<void>
  /** The pod object is gone from the API (or its name belongs to another pod now). */
  readonly vanish: Effect.Effect<void>
  /** The server process that runs now, if any. */
  readonly process: () => RunningProcess | undefined
  /** Report again even if nothing changed here: somebody else wrote our conditions. */
  readonly refresh: Effect.Effect<void>
}

const missingVolumePauseMs = 1_000
const writePauseMs = 200
/** A pod deleted by force gets this long, as a kubelet allows it. */
const forcedGraceMs = 1_000

/** Starts nothing by itself: run {@link PodWorker.run} in a fiber. */
export const makePodWorker = (world: PodWorld, first: PodObject): Effect.Effect<PodWorker> =>
  Effect.gen(function* () {
    const { host, settings } = world
    const terminating = yield* Deferred.make<void>()
    const vanished = yield* Deferred.make<void>()
    const news = yield* Queue.sliding<void>(1)
    const writing = yield* Effect.makeSemaphore(1)
    let pod = first
    let isGone = false
    let reported: string | undefined
    let conditions: ReadonlyArray<Condition> | undefined = first.status?.conditions
    let process: RunningProcess | undefined
    let startedAt = 0
    let life: PodLife = {
      stage: { _tag: "Creating" },
      takenAt: yield* Clock.currentTimeMillis,
      hostAddress: host.address,
      restarts: 0,
    }

    /** Retries what the API server or the network refused; a pod that is gone or another one needs no report. */
    const persist = (write: Effect.Effect<unknown, KubeError>): Effect.Effect<void> =>
      Effect.asVoid(write).pipe(
        Effect.catchAll((error) =>
          isNotFound(error) || isConflict(error)
            ? Effect.void
            : Effect.logDebug(error.message).pipe(
                Effect.zipRight(Effect.sleep(writePauseMs)),
                Effect.zipRight(Effect.suspend(() => (isGone ? Effect.void : persist(write)))),
              ),
        ),
      )

    const publish: Effect.Effect<void> = Effect.gen(function* () {
      yield* host.connected
      if (isGone) return
      const status = podStatus(pod, life, conditions, yield* Clock.currentTimeMillis)
      const text = canonical(status)
      if (text === reported) return
      yield* persist(
        world.writer.patch(Kinds.Pod, refOf(pod), {
          type: "strategic",
          body: {
            metadata: { uid: uidOf(pod) },
            // A strategic merge keeps what is not named: a cured condition must drop its old reason.
            status: {
              ...status,
              conditions: status.conditions?.map((condition) => ({ reason: null, message: null, ...condition })),
            },
          },
          subresource: "status",
          fieldManager: "kubelet",
        }),
      )
      reported = text
      conditions = status.conditions
    }).pipe(writing.withPermits(1))

    const enter = (stage: Stage): Effect.Effect<void> =>
      Effect.suspend(() => {
        life = { ...life, stage }
        return publish
      })

    const pullImages: Effect.Effect<void> = Effect.gen(function* () {
      for (let pause = settings.current().restartPauseMs; hasMissingImage(pod); pause = Math.min(pause * 2, 300_000)) {
        if (life.stage._tag !== "PullFailed") yield* enter({ _tag: "PullFailed", reason: "ErrImagePull" })
        yield* enter({ _tag: "PullFailed", reason: "ImagePullBackOff" })
        yield* Effect.sleep(pause)
      }
    })

    const readConfiguration = (address: string): Effect.Effect<string> =>
      Effect.gen(function* () {
        const name = configurationSource(pod)
        if (name === undefined) return ""
        for (;;) {
          const found: KubeObject | undefined = yield* world.reader
            .get(Kinds.ConfigMap, { namespace: namespaceOf(pod), name })
            .pipe(Effect.catchAll((error) => Effect.as(Effect.logDebug(error.message), undefined)))
          const text = (found?.["data"] as Readonly<Record<string, string>> | undefined)?.["aerospike.conf"]
          if (text !== undefined)
            return renderConfiguration(text, { podName: nameOf(pod), podIp: address, hostIp: host.address })
          yield* enter({ _tag: "Creating", problem: `configmap "${name}" or its key aerospike.conf not found` })
          yield* Effect.sleep(missingVolumePauseMs)
        }
      })

    const setServing = (isServing: boolean): Effect.Effect<void> =>
      Effect.suspend(() =>
        life.stage._tag === "Running" && life.stage.isServing !== isServing
          ? enter({ ...life.stage, isServing })
          : Effect.void,
      )

    /** Never completes; a server that stops answering becomes unready, one with a liveness probe is killed. */
    const probe = (current: RunningProcess, container: ReturnType<typeof serverContainer>): Effect.Effect<never> =>
      Effect.gen(function* () {
        for (let failures = 0; ;) {
          const period = settings.current().probePeriodMs
          if (period === 0) return yield* Effect.never
          yield* Effect.sleep(period)
          failures = (yield* current.isServing) ? 0 : failures + 1
          if (failures === 0) yield* setServing(true)
          if (failures === 3) yield* setServing(false)
          if (failures === 5 && container?.livenessProbe !== undefined) yield* current.kill
        }
      })

    const supervise = (current: RunningProcess): Effect.Effect<ProcessExit> =>
      Effect.raceFirst(
        current.exited,
        current.serving.pipe(
          Effect.zipRight(Effect.suspend(() => Effect.sleep(settings.current().probeDelayMs))),
          Effect.zipRight(Effect.suspend(() => setServing(true))),
          Effect.zipRight(Effect.suspend(() => probe(current, serverContainer(pod)))),
        ),
      )

    const runServer = (address: string, configuration: string): Effect.Effect<never> =>
      Effect.gen(function* () {
        for (let crashes = 0; ;) {
          const container = serverContainer(pod)
          startedAt = yield* Clock.currentTimeMillis
          if (container === undefined) {
            yield* enter({ _tag: "Running", startedAt, isServing: true })
            return yield* Effect.never
          }
          const current = yield* Effect.uninterruptible(
            world.runtime
              .start({
                id: `${uidOf(pod)}/${life.restarts}`,
                podUid: uidOf(pod),
                namespace: namespaceOf(pod),
                podName: nameOf(pod),
                address,
                host: host.name,
                image: container.image ?? "",
                configuration,
                volumes: dataVolumes(pod, container, world.claims(namespaceOf(pod))),
                annotations: pod.metadata.annotations ?? {},
              })
              .pipe(Effect.tap((started) => Effect.sync(() => (process = started)))),
          )
          yield* enter({ _tag: "Running", startedAt, isServing: false })
          const exit = yield* supervise(current)
          process = undefined
          const finishedAt = yield* Clock.currentTimeMillis
          const run: EndedRun = { exitCode: exit.code, message: exit.message, startedAt, finishedAt }
          const { restartPauseMs, stableRunMs } = settings.current()
          crashes = finishedAt - startedAt >= stableRunMs ? 1 : crashes + 1
          const pause = crashes === 1 ? 0 : Math.min(restartPauseMs * 2 ** (crashes - 2), restartPauseMs * 30)
          yield* enter({ _tag: "Crashed", run, isBackingOff: pause > 0 })
          yield* Effect.sleep(pause)
          life = { ...life, restarts: life.restarts + 1, lastRun: run }
        }
      })

    /** From an empty sandbox to a running server, for ever. */
    const live: Effect.Effect<never> = Effect.gen(function* () {
      yield* host.connected
      yield* enter({ _tag: "Creating" })
      const override = Number(pod.metadata.annotations?.[ControlAnnotation.startMs])
      yield* Effect.sleep(Number.isFinite(override) ? override : settings.current().podStartMs)
      yield* pullImages
      const address = yield* Effect.uninterruptible(
        world
          .allocateAddress(refOf(pod), host.name)
          .pipe(Effect.tap((given) => Effect.sync(() => (life = { ...life, address: given })))),
      )
      const configuration = yield* readConfiguration(address)
      return yield* runServer(address, configuration)
    })

    const releaseAddress: Effect.Effect<void> = Effect.suspend(() =>
      life.address === undefined ? Effect.void : world.releaseAddress(life.address),
    )

    /** Ends the process: SIGTERM, SIGKILL after `graceMs` or soon after the pod object vanished. */
    const stop = (graceMs: number): Effect.Effect<ProcessExit> =>
      Effect.gen(function* () {
        const current = process
        if (current === undefined) return { code: 0, message: "" }
        const patience = Effect.raceFirst(
          Effect.sleep(graceMs),
          Effect.zipRight(Deferred.await(vanished), Effect.sleep(Math.min(graceMs, forcedGraceMs))),
        )
        const exit = yield* Effect.raceFirst(current.terminate, Effect.zipRight(patience, current.kill))
        process = undefined
        return exit
      })

    const preStop: Effect.Effect<void> = Effect.suspend(() =>
      serverContainer(pod)?.lifecycle?.preStop === undefined || process === undefined
        ? Effect.void
        : Effect.raceFirst(Effect.sleep(settings.current().preStopMs), Deferred.await(vanished)),
    )

    const finish: Effect.Effect<void> = Effect.gen(function* () {
      yield* host.connected
      const graceMs =
        (pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30) *
        1000 *
        settings.current().graceFactor
      if (!isGone) yield* preStop
      const exit = yield* stop(isGone ? Math.min(graceMs, forcedGraceMs) : graceMs)
      const finishedAt = yield* Clock.currentTimeMillis
      yield* enter({ _tag: "Stopped", run: { exitCode: exit.code, message: exit.message, startedAt, finishedAt } })
      if (!isGone)
        yield* persist(
          world.writer.remove(Kinds.Pod, refOf(pod), {
            gracePeriodSeconds: 0,
            preconditions: { uid: uidOf(pod) },
          }),
        )
      yield* releaseAddress
    })

    /** Power is gone: the process died with it, the next sandbox is another one with another address. */
    const blackOut: Effect.Effect<void> = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (process !== undefined) {
        yield* process.kill
        const run: EndedRun = { exitCode: 255, message: "host lost power", startedAt, finishedAt: now }
        life = { ...life, restarts: life.restarts + 1, lastRun: run }
      }
      process = undefined
      yield* releaseAddress
      const { address: _lost, ...rest } = life
      life = { ...rest, stage: { _tag: "Creating" } }
    })

    const leaving = Effect.raceFirst(Deferred.await(terminating), Deferred.await(vanished)).pipe(
      // A machine that is cut off does not learn that its pod was deleted (R90).
      Effect.zipRight(host.connected),
      Effect.as("leaving" as const),
    )
    const run: Effect.Effect<void> = Effect.gen(function* () {
      for (;;) {
        const isLeaving = isGone || isTerminating(pod)
        const body: Effect.Effect<"leaving" | "dark"> = Effect.raceFirst(
          Effect.as(host.powerLoss, "dark" as const),
          isLeaving ? leaving : Effect.raceFirst(leaving, live),
        )
        if ((yield* body) === "leaving") return yield* finish
        yield* blackOut
      }
    })

    // Reporting after news of others runs beside the life: whoever brings the news must not wait for a machine that is cut off.
    const report = Effect.forever(Effect.zipRight(Queue.take(news), publish))

    return {
      run: Effect.raceFirst(run, report),
      update: (next) =>
        Effect.suspend(() => {
          if (uidOf(next) !== uidOf(pod)) return Effect.void
          pod = next
          return isTerminating(next)
            ? Effect.asVoid(Deferred.succeed(terminating, undefined))
            : Queue.offer(news, undefined)
        }),
      vanish: Effect.suspend(() => {
        isGone = true
        return Effect.asVoid(Deferred.succeed(vanished, undefined))
      }),
      process: () => process,
      refresh: Effect.suspend(() => {
        reported = undefined
        return Effect.asVoid(Queue.offer(news, undefined))
      }),
    }
  })
