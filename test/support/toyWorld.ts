/**
 * A world just large enough to play plans forward in pure code: StatefulSets, pods, Aerospike membership and migrations, records in memory.
 * One operator runs passes on every change, finished question or due time. No Effect, no real time.
 */
import { plan as decide } from "../../src/decide/plan.js"
import { project } from "../../src/decide/project.js"
import type { ClaimView, KubeObject, OwnedView, PodView, StatefulSetView } from "../../src/domain/Kubernetes.js"
import { isPodReady } from "../../src/domain/Kubernetes.js"
import { Annotation, dynamicConfig, finalizer, Label, readinessGate } from "../../src/domain/Labels.js"
import { recordText } from "../../src/domain/RunningConfiguration.js"
import { Container } from "../../src/domain/Names.js"
import type { Collection, NodeFacts } from "../../src/domain/NodeFacts.js"
import type { FactsRequest, Plan, Step } from "../../src/domain/Plan.js"
import type { ClusterEvent, Report, StepResult } from "../../src/domain/Report.js"
import {
  type ClusterView,
  defaultSettings,
  emptyMemory,
  type PassMemory,
  type Snapshot,
} from "../../src/domain/Snapshot.js"
import * as Build from "./snapshots.js"

export interface ToySettings {
  /** From the creation of a pod until its port opens. */
  readonly startMs: number
  /** From an open port, or a stopped process, until the cluster has re-formed. */
  readonly reformMs: number
  /** Migrations after a re-form. */
  migrateMs: number
  /** From the deletion of a pod until it is gone. */
  readonly terminateMs: number
}

const defaults: ToySettings = { startMs: 5_000, reformMs: 1_500, migrateMs: 3_000, terminateMs: 800 }

/** One write of the operator. */
export interface Write {
  readonly at: number
  readonly what: string
  readonly pod?: string
}

const partitions = 32

const statisticsLieMs = 30

export class ToyWorld {
  now = Build.noon
  cluster: ClusterView
  readonly writes: Array<Write> = []
  readonly events: Array<ClusterEvent> = []
  readonly violations: Array<string> = []
  maxUnavailable = 0
  lastPlan: Plan | undefined
  lastReport: Report | undefined
  passes = 0
  collections = 0
  /** Partitions without any copy left. */
  lost = 0
  /** Images and other things that keep a server from starting. */
  isBroken: (pod: PodView) => boolean = (pod) => (pod.images[Container.server] ?? "").includes("bad")
  pods = new Map<string, PodView>()
  statefulSets = new Map<string, StatefulSetView>()
  objects = new Map<string, OwnedView>()
  claims = new Map<string, ClaimView>()
  readonly settings: ToySettings
  private memory: PassMemory = emptyMemory
  private facts: { latest?: Collection; previous?: Collection } = {}
  private podsChangedAt = 0
  private version = 100
  private uids = 0
  private timers: Array<{ readonly at: number; readonly run: () => void }> = []
  private dirty = true
  private asking: { request: FactsRequest; timer: object } | undefined
  private wake: number | undefined
  /** The cluster as its members see it. */
  private formation: { key: string; members: ReadonlyArray<string>; formedAt: number; quietAt: number } = {
    key: "0",
    members: [],
    formedAt: 0,
    quietAt: 0,
  }
  private running = new Set<string>()
  private copies: Array<Set<string>> = Array.from({ length: partitions }, () => new Set<string>())

  constructor(spec: Build.SpecOptions, settings: Partial<ToySettings> = {}) {
    this.settings = { ...defaults, ...settings }
    this.cluster = Build.clusterView({ spec: Build.spec(spec), finalizers: [] })
  }

  /** A user edits the spec. */
  edit(spec: Build.SpecOptions, annotations: Readonly<Record<string, string>> = this.cluster.annotations): void {
    this.cluster = { ...this.cluster, spec: Build.spec(spec), annotations, generation: this.cluster.generation + 1 }
    this.dirty = true
  }

  deleteCluster(): void {
    this.cluster = { ...this.cluster, isDeleting: true, generation: this.cluster.generation + 1 }
    this.dirty = true
  }

  /** The operator process restarts: it forgets everything. */
  forget(): void {
    this.memory = emptyMemory
    this.facts = {}
    if (this.asking !== undefined) this.timers = this.timers.filter((timer) => timer !== this.asking?.timer)
    this.asking = undefined
    this.wake = undefined
    this.dirty = true
  }

  podNames(): ReadonlyArray<string> {
    return [...this.pods.keys()].sort()
  }

  /** Plays until nothing is left to do or `forMs` have passed; answers whether `until` came true. */
  run(until: (world: ToyWorld) => boolean, forMs = 600_000): boolean {
    const end = this.now + forMs
    for (let rounds = 0; rounds < 200_000; rounds++) {
      this.statefulSetController()
      if (this.dirty) {
        this.dirty = false
        this.pass()
        continue
      }
      if (until(this)) return true
      const next = Math.min(this.wake ?? Infinity, ...this.timers.map((timer) => timer.at))
      if (next > end) return false
      this.now = Math.max(this.now, next)
      if (this.wake !== undefined && this.wake <= this.now) {
        this.wake = undefined
        this.dirty = true
      }
      const due = this.timers.filter((timer) => timer.at <= this.now)
      this.timers = this.timers.filter((timer) => timer.at > this.now)
      for (const timer of due) timer.run()
    }
    throw new Error("the toy world does not come to rest")
  }

  /** Lets time pass. */
  rest(ms: number): void {
    const end = this.now + ms
    this.run(() => this.now >= end, ms)
    this.now = end
  }

  isCompleted(): boolean {
    const { status, generation } = this.cluster
    return status.phase === "Completed" && status.observedGeneration === generation
  }

  private later(ms: number, run: () => void): object {
    const timer = { at: this.now + ms, run }
    this.timers.push(timer)
    return timer
  }

  private setPod(pod: PodView): void {
    this.version++
    this.pods.set(pod.name, { ...pod, resourceVersion: String(this.version) })
    this.podsChangedAt = this.now
    this.dirty = true
  }

  private statefulSetController(): void {
    for (const set of this.statefulSets.values()) {
      if (set.observedGeneration < set.generation) {
        this.statefulSets.set(set.name, { ...set, observedGeneration: set.generation })
        this.dirty = true
      }
      for (let ordinal = 0; ordinal < set.replicas; ordinal++) {
        if (!this.pods.has(`${set.name}-${ordinal}`)) this.createPod(set, ordinal)
      }
      const surplus = [...this.pods.values()].filter(
        (pod) => pod.controllerUid === set.uid && Number(pod.name.slice(set.name.length + 1)) >= set.replicas,
      )
      for (const pod of surplus) this.terminate(pod.name)
      const count = [...this.pods.values()].filter((pod) => pod.controllerUid === set.uid).length
      const current = this.statefulSets.get(set.name)
      if (current !== undefined && current.currentReplicas !== count) {
        this.statefulSets.set(set.name, { ...current, currentReplicas: count })
        this.dirty = true
      }
    }
  }

  private createPod(set: StatefulSetView, ordinal: number): void {
    const template = set.object["spec"] as {
      template: {
        metadata: { labels: Record<string, string>; annotations: Record<string, string> }
        spec: {
          containers: ReadonlyArray<{ name: string; image: string }>
          readinessGates?: ReadonlyArray<{ conditionType: string }>
        }
      }
      volumeClaimTemplates?: ReadonlyArray<{ metadata: { name: string; labels: Record<string, string> } }>
    }
    const name = `${set.name}-${ordinal}`
    const uid = `pod-${++this.uids}`
    for (const claim of template.volumeClaimTemplates ?? []) {
      const claimName = `${claim.metadata.name}-${name}`
      if (!this.claims.has(claimName)) {
        this.claims.set(claimName, {
          namespace: Build.namespace,
          name: claimName,
          uid: `claim-${++this.uids}`,
          resourceVersion: "1",
          labels: claim.metadata.labels,
          annotations: {},
          isTerminating: false,
          phase: "Bound",
        })
      }
    }
    const images = Object.fromEntries(template.template.spec.containers.map((c) => [c.name, c.image]))
    const pod: PodView = {
      namespace: Build.namespace,
      name,
      uid,
      resourceVersion: "0",
      labels: template.template.metadata.labels,
      annotations: template.template.metadata.annotations,
      controllerUid: set.uid,
      createdAt: this.now,
      isTerminating: false,
      phase: "Pending",
      conditions: [{ type: "Ready", status: "False", lastTransitionTime: this.text() }],
      containers: [],
      images,
      ports: {},
      readinessGates: (template.template.spec.readinessGates ?? []).map((gate) => gate.conditionType),
    }
    this.setPod(pod)
    this.later(this.settings.startMs / 2, () => this.startPod(uid))
  }

  private text(): string {
    return new Date(this.now).toISOString().replace(/\.\d+Z$/, "Z")
  }

  private find(uid: string): PodView | undefined {
    return [...this.pods.values()].find((pod) => pod.uid === uid && !pod.isTerminating)
  }

  private startPod(uid: string): void {
    const pod = this.find(uid)
    if (pod === undefined) return
    const server = { name: Container.server, image: pod.images[Container.server] ?? "", started: true }
    const located = { ...pod, podIP: `10.0.0.${++this.uids % 250}`, hostIP: "10.1.0.1", host: "host-1" }
    if (this.isBroken(pod)) {
      this.setPod({
        ...located,
        containers: [{ ...server, ready: false, restartCount: 1, waitingReason: "CrashLoopBackOff" }],
      })
      return
    }
    this.setPod({
      ...located,
      phase: "Running",
      containers: [{ ...server, ready: false, restartCount: 0, startedAt: this.now }],
    })
    this.later(this.settings.startMs / 2, () => this.openPort(uid))
  }

  private openPort(uid: string): void {
    const pod = this.find(uid)
    if (pod === undefined) return
    this.running.add(uid)
    this.setPod(this.withReadiness({ ...pod, containers: pod.containers.map((c) => ({ ...c, ready: true })) }))
    this.later(this.settings.reformMs, () => this.reform())
  }

  private withReadiness(pod: PodView): PodView {
    const areReady = pod.containers.length > 0 && pod.containers.every((c) => c.ready)
    const gates = pod.readinessGates.every((gate) => pod.conditions.some((c) => c.type === gate && c.status === "True"))
    const others = pod.conditions.filter((c) => c.type !== "Ready" && c.type !== "ContainersReady")
    const status = (value: boolean) => (value ? ("True" as const) : ("False" as const))
    return {
      ...pod,
      conditions: [
        ...others,
        { type: "ContainersReady", status: status(areReady), lastTransitionTime: this.text() },
        { type: "Ready", status: status(areReady && gates), lastTransitionTime: this.text() },
      ],
    }
  }

  /** SIGTERM: the process is gone at once, the pod some time later. */
  terminate(name: string): void {
    const pod = this.pods.get(name)
    if (pod === undefined || pod.isTerminating) return
    this.setPod({
      ...pod,
      isTerminating: true,
      conditions: pod.conditions.map((c) => ({ ...c, status: "False" as const })),
    })
    this.stop(pod.uid)
    this.later(this.settings.terminateMs, () => {
      this.pods.delete(name)
      this.podsChangedAt = this.now
      this.dirty = true
    })
  }

  private stop(uid: string): void {
    if (!this.running.delete(uid)) return
    for (const holders of this.copies) {
      const had = holders.size > 0
      holders.delete(uid)
      if (had && holders.size === 0) this.lost++
    }
    this.later(this.settings.reformMs, () => this.reform())
  }

  private reform(): void {
    const members = [...this.running].sort()
    if (members.join() === this.formation.members.join()) return
    this.formation = {
      key: (this.now + this.uids).toString(16).toUpperCase(),
      members,
      formedAt: this.now,
      quietAt: this.now + this.settings.migrateMs,
    }
    const { formedAt } = this.formation
    const isFirst = this.copies.every((holders) => holders.size === 0)
    if (isFirst && members.length > 0) this.replicate()
    else
      this.later(this.settings.migrateMs, () => (this.formation.formedAt === formedAt ? this.replicate() : undefined))
  }

  private replicate(): void {
    const { members } = this.formation
    const factor = Math.min(2, members.length)
    this.copies = this.copies.map(
      (_, partition) =>
        new Set(Array.from({ length: factor }, (_copy, copy) => members[(partition + copy) % members.length] ?? "")),
    )
  }

  private isMigrating(): boolean {
    const { members, quietAt } = this.formation
    return members.length > 1 && this.now < quietAt
  }

  private answersOf(pod: PodView, expectedSize: number): NodeFacts {
    const address = `${pod.podIP ?? ""}:3000`
    if (!this.running.has(pod.uid)) {
      return { _tag: "Unreachable", podUid: pod.uid, address, reason: "Refused", message: "connection refused" }
    }
    const { key, members, formedAt } = this.formation
    const base = Build.settledAnswers(pod.uid.replace("pod-", "A"), members.length, key)
    const isMember = members.includes(pod.uid)
    const isMigrating = this.isMigrating()
    const isLying = this.now < formedAt + statisticsLieMs
    const unstable = { _tag: "ServerError" as const, code: 7, message: "unstable cluster" }
    const remaining = isMigrating ? "100" : "0"
    const test = base.namespaces["test"]
    return {
      _tag: "Answered",
      podUid: pod.uid,
      address,
      answers: {
        ...Build.withStatistics(base, {
          uptime: String(Math.floor((this.now - pod.createdAt) / 1000)),
          migrate_partitions_remaining: isLying ? "0" : remaining,
          ...(isMember
            ? {}
            : { cluster_size: "0", cluster_key: "0", cluster_is_member: "false", cluster_integrity: "false" }),
        }),
        namespaces: {
          test:
            test?._tag === "Value"
              ? { _tag: "Value", value: { ...test.value, migrate_tx_partitions_remaining: remaining } }
              : unstable,
        },
        stableKey: isMember && !isMigrating && members.length === expectedSize ? base.stableKey : unstable,
      },
    }
  }

  private ask(request: FactsRequest): void {
    if (this.asking !== undefined) this.timers = this.timers.filter((timer) => timer !== this.asking?.timer)
    const timer = this.later(Math.max(0, request.at - this.now), () => {
      this.asking = undefined
      const startedAt = this.now
      const nodes: Record<string, NodeFacts> = {}
      for (const target of request.targets) {
        const pod = [...this.pods.values()].find((p) => p.podIP === target.host)
        nodes[target.podName] =
          pod === undefined
            ? { _tag: "Unreachable", podUid: target.podUid, address: target.host, reason: "Timeout", message: "silent" }
            : this.answersOf(pod, request.expectedSize)
      }
      this.collections++
      this.later(3, () => {
        const { latest } = this.facts
        this.facts = {
          latest: { startedAt, finishedAt: this.now, expectedSize: request.expectedSize, nodes },
          ...(latest === undefined ? {} : { previous: latest }),
        }
        this.dirty = true
      })
    })
    this.asking = { request, timer }
  }

  private ofKind(kind: string): ReadonlyArray<OwnedView> {
    return [...this.objects.values()].filter((view) => view.object.kind === kind)
  }

  snapshot(): Snapshot {
    return {
      key: { namespace: Build.namespace, name: Build.clusterName },
      now: this.now,
      cluster: this.cluster,
      pods: [...this.pods.values()],
      statefulSets: [...this.statefulSets.values()],
      configMaps: this.ofKind("ConfigMap"),
      services: this.ofKind("Service"),
      pdbs: this.ofKind("PodDisruptionBudget"),
      networkPolicies: this.ofKind("NetworkPolicy"),
      ciliumPolicies: undefined,
      claims: [...this.claims.values()],
      facts: this.facts,
      podsChangedAt: this.podsChangedAt,
      memory: this.memory,
      settings: defaultSettings,
    }
  }

  private pass(): void {
    this.passes++
    const snapshot = this.snapshot()
    const decided = decide(snapshot)
    this.lastPlan = decided
    const steps: Array<StepResult> = []
    if (decided._tag === "Proceed") {
      this.checkPlan(decided)
      for (const track of decided.tracks) {
        for (const step of track.steps) {
          this.writes.push({
            at: this.now,
            what: step._tag,
            ...(step._tag === "RestartPod" ? { pod: step.pod.name } : {}),
          })
          const object = this.execute(step)
          steps.push({ step, _tag: "Done", changed: true, ...(object === undefined ? {} : { object }) })
        }
      }
    }
    const report = project(snapshot, decided, { steps, finishedAt: this.now })
    this.lastReport = report
    this.memory = report.memory
    for (const event of report.events) {
      this.events.push(event)
      this.writes.push({ at: this.now, what: `Event ${event.reason}` })
    }
    if (report.write === "now" && !(this.cluster.isDeleting && this.cluster.finalizers.length === 0)) {
      this.writes.push({ at: this.now, what: "Status" })
      this.cluster = { ...this.cluster, status: JSON.parse(JSON.stringify(report.status)) as typeof report.status }
      this.memory = { ...this.memory, statusWrittenAt: this.now }
    }
    this.wake = report.requeueAfterMs === undefined ? undefined : this.now + Math.max(1, report.requeueAfterMs)
    if (decided._tag !== "Refused" && decided.facts !== undefined) this.ask(decided.facts)
  }

  /** The truth, not what the operator believes. */
  private checkPlan(decided: Extract<Plan, { readonly _tag: "Proceed" }>): void {
    const steps = decided.tracks.flatMap((track) => track.steps)
    const restarts = steps.filter((step) => step._tag === "RestartPod")
    const shrinks = steps.filter((step) => step._tag === "Apply" && step.evidence !== undefined)
    if (restarts.length > 0 && shrinks.length > 0) this.violations.push("restart and scale-down in one pass")
    const unavailable = [...this.pods.values()].filter((pod) => !isPodReady(pod)).length
    for (const step of restarts) {
      const isHealthy = this.running.has(step.pod.uid)
      if (isHealthy && step.evidence === undefined)
        this.violations.push(`S3: ${step.pod.name} stopped without evidence`)
      if (isHealthy && this.isMigrating()) this.violations.push(`S3: ${step.pod.name} stopped during migrations`)
      if (isHealthy && this.formation.members.length !== this.running.size)
        this.violations.push(`S3: ${step.pod.name} stopped while re-forming`)
      if (isHealthy && unavailable > 0)
        this.violations.push(`S2: ${step.pod.name} stopped while ${unavailable} are down`)
    }
    this.maxUnavailable = Math.max(this.maxUnavailable, unavailable + restarts.length)
    if (this.pods.size > 8) this.violations.push("S5: more than 8 pods")
  }

  private execute(step: Step): KubeObject | undefined {
    switch (step._tag) {
      case "Apply":
        return this.apply(step)
      case "RestartPod":
        this.terminate(step.pod.name)
        return undefined
      case "Remove":
        if (step.kind.kind === "PersistentVolumeClaim") this.claims.delete(step.target.name)
        else if (step.kind.kind === "StatefulSet") this.statefulSets.delete(step.target.name)
        else this.objects.delete(`${step.kind.kind}/${step.target.name}`)
        this.dirty = true
        return undefined
      case "SetGate": {
        const pod = this.pods.get(step.pod.name)
        if (pod === undefined || pod.uid !== step.pod.uid) return undefined
        const gate = { type: readinessGate, status: step.status, lastTransitionTime: this.text() }
        this.setPod(
          this.withReadiness({ ...pod, conditions: [...pod.conditions.filter((c) => c.type !== readinessGate), gate] }),
        )
        return undefined
      }
      case "SetConfig":
        for (const { becomes, pod, run } of step.nodes) {
          const told = { type: dynamicConfig, status: "True", message: recordText({ run, ...becomes }) } as const
          const live = this.pods.get(pod.name)
          if (live?.uid === pod.uid)
            this.setPod({ ...live, conditions: [...live.conditions.filter((c) => c.type !== dynamicConfig), told] })
        }
        return undefined
      // Its clusters refer to no template.
      case "CopyTemplate":
        return undefined
      case "AddFinalizer":
        this.cluster = { ...this.cluster, finalizers: [finalizer] }
        this.dirty = true
        return undefined
      case "RemoveFinalizer":
        this.cluster = { ...this.cluster, finalizers: [] }
        return undefined
    }
  }

  private apply(step: Extract<Step, { readonly _tag: "Apply" }>): KubeObject {
    const { object } = step
    this.dirty = true
    this.version++
    const name = object.metadata.name ?? ""
    if (step.kind.kind !== "StatefulSet") {
      this.objects.set(`${step.kind.kind}/${name}`, Build.owned(object, { resourceVersion: String(this.version) }))
      return object
    }
    const live = this.statefulSets.get(name)
    const next = Build.statefulSetOf(object)
    if (live !== undefined && next.replicas < live.replicas && step.evidence === undefined) {
      this.violations.push(`S3: ${name} shrunk without evidence`)
    }
    this.statefulSets.set(name, {
      ...next,
      uid: live?.uid ?? `set-${++this.uids}`,
      generation: (live?.generation ?? 0) + 1,
      observedGeneration: live?.observedGeneration ?? 0,
      currentReplicas: live?.currentReplicas ?? 0,
      resourceVersion: String(this.version),
    })
    return object
  }

  /** Pods by revision: how many carry the template their StatefulSet has. */
  areCurrent(): boolean {
    return [...this.pods.values()].every((pod) => {
      const set = [...this.statefulSets.values()].find((s) => s.uid === pod.controllerUid)
      return set?.templateAnnotations[Annotation.templateHash] === pod.annotations[Annotation.templateHash]
    })
  }

  /** Rack labels of the pods there are. */
  racks(): ReadonlyArray<string> {
    return [...new Set([...this.pods.values()].map((pod) => pod.labels[Label.rack] ?? "?"))].sort()
  }
}
