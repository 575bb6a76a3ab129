/** A simulated machine: it is connected or not, powered or not. Pods on it live and report accordingly. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

export interface HostMachine {
  readonly name: string
  /** `status.hostIP` of its pods. */
  readonly address: string
  /** Labels of the Node object besides `kubernetes.io/hostname`. */
  readonly labels: Readonly<Record<string, string>>
  /** Completes while the machine is powered and reaches the API server: every kubelet action waits for it. */
  readonly connected: Effect.Effect<void>
  readonly isConnected: () => boolean
  /** Completes when the machine loses power next: processes on it are dead at once. */
  readonly powerLoss: Effect.Effect<void>
  /** Cuts the machine off; with `power` its processes die too (they start anew after `restore`). */
  readonly lose: (power: boolean) => Effect.Effect<void>
  readonly restore: Effect.Effect<void>
}

export interface HostOptions {
  readonly name: string
  readonly address: string
  readonly labels?: Readonly<Record<string, string>>
}

export const makeHostMachine = (options: HostOptions): Effect.Effect<HostMachine> =>
  Effect.gen(function* () {
    const latch = yield* Effect.makeLatch(true)
    let isConnected = true
    let power = yield* Deferred.make<void>()
    return {
      name: options.name,
      address: options.address,
      labels: options.labels ?? {},
      connected: latch.await,
      isConnected: () => isConnected,
      powerLoss: Effect.suspend(() => Deferred.await(power)),
      lose: (withPower) =>
        Effect.gen(function* () {
          isConnected = false
          yield* latch.close
          if (!withPower) return
          const lost = power
          power = yield* Deferred.make<void>()
          yield* Deferred.succeed(lost, undefined)
        }),
      restore: Effect.suspend(() => {
        isConnected = true
        return Effect.asVoid(latch.open)
      }),
    }
  })
