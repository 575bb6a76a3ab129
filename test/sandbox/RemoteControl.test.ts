import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { controlMap, runRemoteControl, settingsIn } from "../../src/sandbox/RemoteControl.js"
import { layerWorld, World } from "../../src/testing/kube/controllers/EmbeddedWorld.js"
import { Informers } from "../../src/testing/kube/controllers/Informers.js"
import { conditionOf, type HostObject } from "../../src/testing/kube/controllers/objects.js"
import { runVirtual } from "../testing/kube/controllers/testWorld.js"

const controlled = <A, E>(story: (told: ReadonlyArray<string>) => Effect.Effect<A, E, World>): A =>
  runVirtual(
    0,
    Effect.gen(function* () {
      const world = yield* World
      const told: Array<string> = []
      const say = (text: string) => Effect.sync(() => void told.push(text))
      yield* Effect.provideService(
        runRemoteControl({
          settings: world.settings,
          hosts: world.hosts,
          setFault: (pod, fault) => say(`${pod.name} ${fault ?? "healed"}`),
          failApi: (millis) => say(`out for ${millis}`),
          refuseWatches: (isRefused) => say(isRefused ? "watches refused" : "watches allowed"),
          cutWatches: say("watches cut"),
          stallWatches: say("watches stalled"),
        }),
        Informers,
        world.informers,
      )
      yield* Effect.sleep(10)
      return yield* story(told)
    }).pipe(Effect.provide(layerWorld({ hosts: 2 }))),
  )

const setControl = (data: Record<string, string>) =>
  Effect.flatMap(World, ({ writer }) =>
    Effect.zipRight(
      writer.apply(
        Kinds.ConfigMap,
        { apiVersion: "v1", kind: "ConfigMap", metadata: { ...controlMap }, data },
        { fieldManager: "kubectl" },
      ),
      Effect.sleep(10),
    ),
  )

describe("the control ConfigMap", () => {
  it("takes numbers of known settings and nothing else", () => {
    expect(settingsIn({ podStartMs: "1500", hostGraceMs: "x", other: "1", probeDelayMs: "-1", preStopMs: "" })).toEqual(
      {
        podStartMs: 1500,
      },
    )
  })

  it("acts once per change", () => {
    controlled((told) =>
      Effect.gen(function* () {
        const { settings } = yield* World
        yield* setControl({ podStartMs: "250", apiOutageMs: "3000", cutWatches: "1" })
        yield* setControl({ podStartMs: "300", apiOutageMs: "3000", cutWatches: "2", refuseWatches: "true" })
        yield* setControl({ podStartMs: "300", apiOutageMs: "3000", cutWatches: "2" })
        expect(told).toEqual(["out for 3000", "watches cut", "watches refused", "watches cut", "watches allowed"])
        expect(settings.current().podStartMs).toBe(300)
      }),
    )
  })
})

describe("annotations", () => {
  it("take a host away and bring it back", () => {
    controlled(() =>
      Effect.gen(function* () {
        const { reader, writer } = yield* World
        const name = "sandbox-host-1"
        const annotate = (value: string | null) =>
          writer.patch(
            Kinds.Node,
            { name },
            { type: "merge", body: { metadata: { annotations: { "sandbox.acko.io/host": value } } } },
          )
        const ready = Effect.map(
          reader.get(Kinds.Node, { name }),
          (host) => conditionOf((host as HostObject).status?.conditions, "Ready")?.status,
        )
        yield* annotate("lost")
        yield* Effect.sleep("41 seconds")
        expect(yield* ready).toBe("Unknown")
        yield* annotate(null)
        yield* Effect.sleep("1 seconds")
        expect(yield* ready).toBe("True")
      }),
    )
  })

  it("change the fault of a running node", () => {
    controlled((told) =>
      Effect.gen(function* () {
        const { writer } = yield* World
        const metadata = { name: "db-0", namespace: "aerospike" }
        const annotate = (value: string | null) =>
          Effect.zipRight(
            writer.patch(Kinds.Pod, metadata, {
              type: "merge",
              body: { metadata: { annotations: { "sim.acko.io/fault": value } } },
            }),
            Effect.sleep(10),
          )
        yield* writer.create(Kinds.Pod, {
          apiVersion: "v1",
          kind: "Pod",
          metadata,
          spec: { containers: [{ name: "web", image: "nginx" }] },
        })
        yield* Effect.sleep(10)
        yield* annotate("slow:250")
        yield* annotate(null)
        expect(told).toEqual(["db-0 slow:250", "db-0 healed"])
      }),
    )
  })
})
