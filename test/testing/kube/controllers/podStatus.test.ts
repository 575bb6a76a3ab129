import { describe, expect, it } from "vitest"
import { ControlAnnotation } from "../../../../src/testing/kube/controllers/controlAnnotations.js"
import { conditionOf, type PodObject, type PodStatus } from "../../../../src/testing/kube/controllers/objects.js"
import { type PodLife, podStatus, type Stage } from "../../../../src/testing/kube/controllers/podStatus.js"

const gate = "acko.io/aerospike-ready"
const pod: PodObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "db-0", namespace: "ns", uid: "u" },
  spec: {
    initContainers: [{ name: "aerospike-init", image: "aerospike:8" }],
    containers: [
      { name: "aerospike-server", image: "aerospike:8", readinessProbe: {} },
      { name: "sidecar", image: "sidecar:1" },
    ],
    readinessGates: [{ conditionType: gate }],
  },
}
const opened: PodObject = { ...pod, status: { conditions: [{ type: gate, status: "True" }] } }
const life = (stage: Stage): PodLife => ({
  stage,
  takenAt: 0,
  hostAddress: "10.0.0.1",
  address: "10.1.0.1",
  restarts: 2,
})
const status = (stage: Stage, of: PodObject = opened) => podStatus(of, life(stage), undefined, 5_000)
const flags = ({ conditions }: PodStatus) =>
  Object.fromEntries((conditions ?? []).map((condition) => [condition.type, condition.status]))
const ready = (of: PodStatus) => of.containerStatuses?.map((container) => container.ready)

const running: Stage = { _tag: "Running", startedAt: 1_000, isServing: true }
const run = { exitCode: 1, message: "boom", startedAt: 1_000, finishedAt: 2_000 }

describe("podStatus", () => {
  it("is Pending without a single ready condition while init containers run", () => {
    const made = status({ _tag: "Creating" })
    expect(made.phase).toBe("Pending")
    expect(flags(made)).toEqual({
      PodScheduled: "True",
      Initialized: "False",
      ContainersReady: "False",
      Ready: "False",
    })
    expect(made.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: "PodInitializing" } })
  })

  it("runs unready until the server answers", () => {
    const made = status({ ...running, isServing: false })
    expect(made.phase).toBe("Running")
    expect(ready(made)).toEqual([false, true])
    expect(conditionOf(made.conditions, "Ready")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [aerospike-server]",
    })
  })

  it("is Ready only when all readiness gates are True, ContainersReady before that", () => {
    const closed = status(running, pod)
    expect(flags(closed)).toMatchObject({ ContainersReady: "True", Ready: "False" })
    expect(conditionOf(closed.conditions, "Ready")?.reason).toBe("ReadinessGatesNotReady")
    expect(flags(status(running))).toMatchObject({ ContainersReady: "True", Ready: "True" })
  })

  it("keeps lastTransitionTime while a condition stays", () => {
    const first = status(running)
    const later = podStatus(opened, life(running), first.conditions, 60_000)
    expect(later.conditions).toEqual(first.conditions)
    const changed = podStatus(pod, life(running), first.conditions, 60_000)
    expect(conditionOf(changed.conditions, "Ready")?.lastTransitionTime).toBe("1970-01-01T00:01:00Z")
  })

  it("shows a crash with its message, then CrashLoopBackOff with the crash as last state (R87)", () => {
    const fresh = status({ _tag: "Crashed", run, isBackingOff: false }).containerStatuses?.[0]
    expect(fresh).toMatchObject({
      ready: false,
      restartCount: 2,
      state: { terminated: { exitCode: 1, message: "boom" } },
    })
    const waiting = status({ _tag: "Crashed", run, isBackingOff: true })
    expect(waiting.phase).toBe("Running")
    expect(waiting.containerStatuses?.[0]).toMatchObject({
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { reason: "Error" } },
    })
  })

  it("shows an image that cannot be pulled on every container that needs it (R86)", () => {
    const bad = { ...pod, metadata: { ...pod.metadata, annotations: { [ControlAnnotation.pullError]: "true" } } }
    const made = status({ _tag: "PullFailed", reason: "ImagePullBackOff" }, bad)
    expect(made.phase).toBe("Pending")
    expect(made.initContainerStatuses?.[0]?.state).toMatchObject({ waiting: { reason: "ImagePullBackOff" } })
  })

  it("shows a failing sidecar beside a serving server (R88)", () => {
    const annotations = { [ControlAnnotation.failingContainer]: "sidecar" }
    const made = status(running, { ...opened, metadata: { ...pod.metadata, annotations } })
    expect(ready(made)).toEqual([true, false])
    expect(flags(made)).toMatchObject({ ContainersReady: "False", Ready: "False" })
  })

  it("ends Succeeded or Failed by the exit code", () => {
    expect(status({ _tag: "Stopped", run: { ...run, exitCode: 0 } }).phase).toBe("Succeeded")
    expect(status({ _tag: "Stopped", run }).phase).toBe("Failed")
  })
})
