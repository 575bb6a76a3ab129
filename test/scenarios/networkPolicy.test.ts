import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { ciliumDefinition } from "../support/ciliumDefinition.js"
import { namespace, play, type Stage } from "./stage.js"

const policy = (type: "kubernetes" | "cilium", enabled = true) => ({
  extra: { networkPolicyConfig: { enabled, type } },
})

const policies = (stage: Stage, isInstalled = true): ReadonlyArray<string> =>
  (isInstalled ? [Kinds.NetworkPolicy, Kinds.CiliumNetworkPolicy] : [Kinds.NetworkPolicy]).flatMap((kind) =>
    stage.list(kind).map(({ metadata }) => `${kind.kind} ${metadata.name ?? ""}`),
  )

const ours = "NetworkPolicy db-netpol"
const cilium = "CiliumNetworkPolicy db-netpol"

describe("network policies", () => {
  it("B17, W60: made, put right when edited or deleted, quiet, and gone with the wish", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish(policy("kubernetes"))
        yield* stage.completed()
        expect(policies(stage, false)).toEqual([ours])
        expect(stage.condition("NetworkPolicyApplied")).toBe("True")
        expect(yield* stage.quiet).toEqual([])

        const { server } = stage.world
        const before = stage.list(Kinds.NetworkPolicy)[0]?.["spec"]
        const ref = { namespace, name: "db-netpol" }
        server.patch(Kinds.NetworkPolicy, ref, { type: "merge", body: { spec: { ingress: [{}] } } })
        yield* stage.until("put right", () => {
          const spec = stage.list(Kinds.NetworkPolicy)[0]?.["spec"]
          return JSON.stringify(spec) === JSON.stringify(before)
        })
        server.remove(Kinds.NetworkPolicy, ref, {})
        yield* stage.until("made anew", () => policies(stage, false).length === 1)

        yield* stage.wish(policy("kubernetes", false))
        yield* stage.until("gone", () => policies(stage, false).length === 0)
        yield* stage.until("no condition about it", () => stage.condition("NetworkPolicyApplied") === undefined)
        expect(stage.deletions()).toEqual([])
        expect(yield* stage.quiet).toEqual([])
      }),
    )
  })

  it("B17, W67: to Cilium before it is installed: told, the old policy stays; installed: exchanged; and back", () => {
    play((stage) =>
      Effect.gen(function* () {
        const { server } = stage.world
        yield* stage.wish(policy("kubernetes"))
        yield* stage.completed()
        yield* stage.wish(policy("cilium"))
        yield* stage.until("told", () => stage.condition("NetworkPolicyApplied") === "False")
        expect(stage.conditionText("NetworkPolicyApplied")).toContain("is not installed")
        expect(stage.events().filter((event) => event.includes("NetworkPolicyBlocked"))).toHaveLength(1)
        expect(yield* stage.quiet).toEqual([])
        expect(policies(stage, false)).toEqual([ours])

        server.create(Kinds.CustomResourceDefinition, ciliumDefinition)
        const noticed = yield* stage.until("exchanged", () => policies(stage).join() === cilium)
        expect(noticed).toBeLessThanOrEqual(130_000)
        yield* stage.until("told", () => stage.condition("NetworkPolicyApplied") === "True")
        expect(yield* stage.quiet).toEqual([])

        yield* stage.restartOperator
        yield* stage.wish(policy("kubernetes"))
        yield* stage.until("exchanged again", () => policies(stage).join() === ours)
        expect(stage.condition("NetworkPolicyApplied")).toBe("True")
        expect(stage.deletions()).toEqual([])
      }),
    )
  })

  it("S2: the service port moves; no port of a pod is ever closed that was open, in the end only the new one is", () => {
    const ports = (service: number, fabric: number, heartbeat: number) => ({
      network: { service: { port: service }, fabric: { port: fabric }, heartbeat: { port: heartbeat } },
    })
    const wish = (config: Readonly<Record<string, unknown>>) => ({
      extra: {
        networkPolicyConfig: { enabled: true },
        aerospikeConfig: {
          ...config,
          namespaces: [
            {
              name: "test",
              "replication-factor": 2,
              "storage-engine": { type: "memory", "data-size": 1_073_741_824 },
            },
          ],
        },
      },
    })
    play((stage) =>
      Effect.gen(function* () {
        const closed: Array<string> = []
        const { server } = stage.world
        yield* stage.wish(wish(ports(3000, 3001, 3002)))
        yield* stage.completed()
        server.onCommit(() => {
          const text = JSON.stringify(stage.list(Kinds.NetworkPolicy)[0]?.["spec"])
          for (const pod of stage.list(Kinds.Pod)) {
            const spec = pod["spec"] as { containers: ReadonlyArray<{ name: string; ports?: ReadonlyArray<unknown> }> }
            const own = spec.containers.find(({ name }) => name === "aerospike-server")?.ports ?? []
            for (const { containerPort } of own as ReadonlyArray<{ containerPort: number }>)
              if (!text.includes(`"port":${containerPort}`)) closed.push(`${pod.metadata.name}:${containerPort}`)
          }
        })
        yield* stage.wish(wish(ports(4000, 3001, 3002)))
        yield* stage.until("rolled", () => stage.isCompleted() && stage.deletions().length === 3)
        yield* stage.until("narrowed", () => {
          const text = JSON.stringify(stage.list(Kinds.NetworkPolicy)[0]?.["spec"])
          return text.includes("4000") && !text.includes("3000")
        })
        expect(closed).toEqual([])
      }),
    )
  })
})
