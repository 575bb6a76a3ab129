/** The status a kubelet reports for a pod, as a pure function of what it knows about the containers. */
import { ControlAnnotation } from "./controlAnnotations.js"
import {
  type Condition,
  conditionOf,
  type ContainerSpec,
  type ContainerState,
  type ContainerStatus,
  type PodObject,
  type PodStatus,
  timestamp,
} from "./objects.js"
import { closedGates, isMissingImage, serverContainer } from "./podVolumes.js"

/** One ended run of the server container. Times are epoch ms. */
export interface EndedRun {
  readonly exitCode: number
  readonly message: string
  readonly startedAt: number
  readonly finishedAt: number
}

/** How far the pod is. */
export type Stage =
  /** Volumes and init containers; `problem` is what it waits for. */
  | { readonly _tag: "Creating"; readonly problem?: string }
  | { readonly _tag: "PullFailed"; readonly reason: "ErrImagePull" | "ImagePullBackOff" }
  | { readonly _tag: "Running"; readonly startedAt: number; readonly isServing: boolean }
  /** The server container ended; `isBackingOff` when the kubelet lets it wait before the next start. */
  | { readonly _tag: "Crashed"; readonly run: EndedRun; readonly isBackingOff: boolean }
  /** Stopped for good: the pod is being deleted. */
  | { readonly _tag: "Stopped"; readonly run: EndedRun }

/** What the kubelet knows about one pod. */
export interface PodLife {
  readonly stage: Stage
  /** When the kubelet took the pod, epoch ms. */
  readonly takenAt: number
  readonly hostAddress: string
  readonly address?: string
  readonly restarts: number
  readonly lastRun?: EndedRun
}

const backoffMessage = "back-off restarting failed container"

const terminated = (run: EndedRun): ContainerState => ({
  terminated: {
    exitCode: run.exitCode,
    reason: run.exitCode === 0 ? "Completed" : "Error",
    ...(run.message !== "" && { message: run.message }),
    startedAt: timestamp(run.startedAt),
    finishedAt: timestamp(run.finishedAt),
  },
})

const waiting = (reason: string, message?: string): ContainerState => ({
  waiting: { reason, ...(message !== undefined && { message }) },
})

const status = (container: ContainerSpec, fields: Partial<ContainerStatus>): ContainerStatus => ({
  name: container.name,
  image: container.image ?? "",
  imageID: "",
  ready: false,
  started: false,
  restartCount: 0,
  state: {},
  lastState: {},
  ...fields,
})

const running = (container: ContainerSpec, startedAt: number): ContainerStatus =>
  status(container, {
    ready: true,
    started: true,
    imageID: container.image ?? "",
    state: { running: { startedAt: timestamp(startedAt) } },
  })

const serverStatus = (pod: PodObject, container: ContainerSpec, life: PodLife): ContainerStatus => {
  const { stage } = life
  const history: Partial<ContainerStatus> = {
    restartCount: life.restarts,
    imageID: container.image ?? "",
    ...(life.lastRun && { lastState: terminated(life.lastRun) }),
  }
  switch (stage._tag) {
    case "Running": {
      const isProbed = container.readinessProbe !== undefined || container.startupProbe !== undefined
      const isUnready = pod.metadata.annotations?.[ControlAnnotation.unready] === "true"
      return status(container, {
        ...history,
        ready: !isUnready && (stage.isServing || !isProbed),
        started: stage.isServing || container.startupProbe === undefined,
        state: { running: { startedAt: timestamp(stage.startedAt) } },
      })
    }
    case "Crashed":
      return status(container, {
        ...history,
        state: stage.isBackingOff ? waiting("CrashLoopBackOff", backoffMessage) : terminated(stage.run),
        ...(stage.isBackingOff && { lastState: terminated(stage.run) }),
      })
    case "Stopped":
      return status(container, { ...history, state: terminated(stage.run) })
    case "Creating":
    case "PullFailed":
      return unstarted(pod, container, stage)
  }
}

const unstarted = (pod: PodObject, container: ContainerSpec, stage: Stage): ContainerStatus => {
  if (stage._tag === "PullFailed" && isMissingImage(pod, container.image))
    return status(container, { state: waiting(stage.reason, `Back-off pulling image "${container.image ?? ""}"`) })
  const hasInit = (pod.spec?.initContainers ?? []).length > 0
  const problem = stage._tag === "Creating" ? stage.problem : undefined
  return status(container, { state: waiting(hasInit ? "PodInitializing" : "ContainerCreating", problem) })
}

const sidecarStatus = (pod: PodObject, container: ContainerSpec, life: PodLife): ContainerStatus => {
  const { stage } = life
  if (stage._tag === "Creating" || stage._tag === "PullFailed") return unstarted(pod, container, stage)
  if (stage._tag === "Stopped")
    return status(container, { state: terminated({ ...stage.run, exitCode: 0, message: "" }) })
  if (pod.metadata.annotations?.[ControlAnnotation.failingContainer] === container.name)
    return status(container, { restartCount: 1, state: waiting("CrashLoopBackOff", backoffMessage) })
  return running(container, stage._tag === "Running" ? stage.startedAt : stage.run.startedAt)
}

const initStatus = (pod: PodObject, container: ContainerSpec, life: PodLife): ContainerStatus => {
  const { stage } = life
  if (stage._tag === "PullFailed" && isMissingImage(pod, container.image)) return unstarted(pod, container, stage)
  if (stage._tag === "Creating" || stage._tag === "PullFailed")
    return status(container, { state: waiting("PodInitializing") })
  const end = stage._tag === "Running" ? stage.startedAt : stage.run.startedAt
  return status(container, {
    ready: true,
    imageID: container.image ?? "",
    state: terminated({ exitCode: 0, message: "", startedAt: end, finishedAt: end }),
  })
}

const phaseOf = (stage: Stage): string => {
  switch (stage._tag) {
    case "Creating":
    case "PullFailed":
      return "Pending"
    case "Running":
    case "Crashed":
      return "Running"
    case "Stopped":
      return stage.run.exitCode === 0 ? "Succeeded" : "Failed"
  }
}

const flag = (type: string, isTrue: boolean, reason?: string, message?: string): Condition => ({
  type,
  status: isTrue ? "True" : "False",
  ...(!isTrue && reason !== undefined && { reason }),
  ...(!isTrue && message !== undefined && { message }),
})

const conditionsOf = (
  pod: PodObject,
  life: PodLife,
  containers: ReadonlyArray<ContainerStatus>,
): ReadonlyArray<Condition> => {
  const { stage } = life
  const unready = containers.filter(({ ready }) => !ready).map(({ name }) => name)
  const isInitialized = stage._tag !== "Creating" && stage._tag !== "PullFailed"
  const areReady = isInitialized && stage._tag !== "Stopped" && unready.length === 0
  const gates = closedGates(pod)
  const unreadyMessage = `containers with unready status: [${unready.join(" ")}]`
  const notReady = stage._tag === "Stopped" ? "PodCompleted" : "ContainersNotReady"
  return [
    flag("PodScheduled", true),
    flag("Initialized", isInitialized, "ContainersNotInitialized"),
    flag("ContainersReady", areReady, notReady, unreadyMessage),
    areReady && gates.length > 0
      ? flag(
          "Ready",
          false,
          "ReadinessGatesNotReady",
          gates
            .map((gate) => `corresponding condition of pod readiness gate "${gate}" does not exist or is not True.`)
            .join(", "),
        )
      : flag("Ready", areReady, notReady, unreadyMessage),
  ]
}

/**
 * The status to report. `Ready` = all containers ready and every readiness gate `True`. Conditions of others are not in it (they
 * survive a strategic merge); a condition keeps its `lastTransitionTime` while its status stays.
 *
 * @param before conditions last reported
 * @param now epoch ms
 */
export const podStatus = (
  pod: PodObject,
  life: PodLife,
  before: ReadonlyArray<Condition> | undefined,
  now: number,
): PodStatus => {
  const server = serverContainer(pod)
  const containers = (pod.spec?.containers ?? []).map((container) =>
    container === server ? serverStatus(pod, container, life) : sidecarStatus(pod, container, life),
  )
  const init = (pod.spec?.initContainers ?? []).map((container) => initStatus(pod, container, life))
  const conditions = conditionsOf(pod, life, containers).map((condition) => {
    const old = conditionOf(before, condition.type)
    const since = old?.status === condition.status ? old.lastTransitionTime : undefined
    return { ...condition, lastTransitionTime: since ?? timestamp(now) }
  })
  return {
    phase: phaseOf(life.stage),
    conditions,
    hostIP: life.hostAddress,
    hostIPs: [{ ip: life.hostAddress }],
    startTime: timestamp(life.takenAt),
    ...(life.address !== undefined && { podIP: life.address, podIPs: [{ ip: life.address }] }),
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: containers,
  } as PodStatus
}
