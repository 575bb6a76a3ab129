/** Hosts as kube-controller-manager wants to hear of them, in virtual time. */
import { expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Kinds } from "../../../../src/domain/Kubernetes.js"
import { leaseView } from "../../../../src/kube/Lease.js"
import { runHeartbeats } from "../../../../src/testing/kube/controllers/HostHeartbeats.js"
import { layerInformers } from "../../../../src/testing/kube/controllers/Informers.js"
import { makeKubelet } from "../../../../src/testing/kube/controllers/Kubelet.js"
import { makeSettings } from "../../../../src/testing/kube/controllers/KubeletSettings.js"
import { conditionOf, type HostObject } from "../../../../src/testing/kube/controllers/objects.js"
import { layerMemory, makeServer } from "../../../../src/testing/kube/MemoryKube.js"
import { makeScript } from "./ScriptedRuntime.js"
import { runVirtual } from "./testWorld.js"

const inNodeLeases = { namespace: "kube-node-lease", name: "host-0" }

it("R90 a host renews its Lease, falls silent when cut off, and reports itself ready when it is back", () =>
  runVirtual(
    0,
    Effect.gen(function* () {
      const server = yield* makeServer()
      const inside = Layer.provideMerge(layerInformers, layerMemory(server, { as: "kubelet" }))
      yield* Effect.gen(function* () {
        const kubelet = yield* makeKubelet({
          hosts: [{ name: "host-0", address: "10.0.0.1" }],
          settings: makeSettings({}),
          allocateAddress: () => Effect.succeed("10.1.0.1"),
          releaseAddress: () => Effect.void,
        })
        yield* runHeartbeats(kubelet)
        const host = kubelet.hosts.get("host-0")!
        const readiness = () =>
          conditionOf((server.get(Kinds.Node, { name: "host-0" }) as HostObject).status?.conditions, "Ready")?.status
        const renewed = () => (server.get(Kinds.Lease, inNodeLeases)["spec"] as { renewTime: string }).renewTime

        yield* Effect.sleep("25 seconds")
        expect(readiness()).toBe("True")
        expect(leaseView(server.get(Kinds.Lease, inNodeLeases))).toMatchObject({
          holder: "host-0",
          durationSeconds: 40,
        })
        expect(renewed()).toBe("1970-01-01T00:00:20.000000Z")

        yield* host.lose(false)
        yield* Effect.sleep("60 seconds")
        const last = renewed()
        yield* Effect.sleep("60 seconds")
        expect(renewed()).toBe(last)
        // What the node lifecycle controller makes of the silence.
        const unknown = { type: "Ready", status: "Unknown", reason: "NodeStatusUnknown" }
        server.patch(
          Kinds.Node,
          { name: "host-0" },
          { type: "strategic", body: { status: { conditions: [unknown] } }, subresource: "status" },
        )

        yield* host.restore
        yield* Effect.sleep("1 seconds")
        expect(readiness()).toBe("True")
        expect(renewed() > last).toBe(true)
      }).pipe(Effect.provide(inside), Effect.provide(makeScript().layer))
    }),
  ))
