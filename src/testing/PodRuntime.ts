/**
 * What runs inside a pod, as a service: the embedded kubelet starts and stops "the Aerospike server process" through it and learns when
 * it answers. The simulator is one implementation; a process-backed runtime (a real `asd`) can take its place.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** One container start: everything the process can see. */
export interface ProcessSpec {
  /** Pod UID plus restart count: a restarted container is another process. */
  readonly id: string
  readonly podUid: string
  readonly namespace: string
  readonly podName: string
  /** The pod's IP; the process binds its ports there. */
  readonly address: string
  /** The Kubernetes node. */
  readonly host: string
  readonly image: string
  /** `aerospike.conf` after the init container replaced its placeholders. */
  readonly configuration: string
  /** UIDs of the bound claims by mount or device path: data on them survives the process. */
  readonly volumes: Readonly<Record<string, string>>
  /** Annotations of the pod: settings and faults for the simulator. */
  readonly annotations: Readonly<Record<string, string>>
}

/** How a process ended. `SIGTERM` handled in order is code 0. */
export interface ProcessExit {
  readonly code: number
  readonly message: string
}

export interface RunningProcess {
  /** Completes when the service port answers (start-up and data load finished). Never fails; never completes for a process that exits first. */
  readonly serving: Effect.Effect<void>
  /** Completes when the process ended, whatever the cause. */
  readonly exited: Effect.Effect<ProcessExit>
  /** Whether the service port answers right now: what a probe asks. */
  readonly isServing: Effect.Effect<boolean>
  /** SIGTERM; completes when the process is gone. */
  readonly terminate: Effect.Effect<ProcessExit>
  /** SIGKILL; completes when the process is gone. */
  readonly kill: Effect.Effect<ProcessExit>
}

/** Starting is immediate; a configuration the server refuses shows as an early exit with the server's message. */
export class PodRuntime extends Context.Tag("acko/testing/PodRuntime")<
  PodRuntime,
  { readonly start: (spec: ProcessSpec) => Effect.Effect<RunningProcess> }
>() {}
