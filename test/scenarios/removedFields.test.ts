import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { differenceOf, endState } from "../../src/testing/simulation/endState.js"
import { namespace, play, resource, type Stage, type Wish } from "./stage.js"

const podSpec = (spec: object): Wish => ({ extra: { podSpec: spec } })
const labelled = { metadata: { labels: { "example.org/team": "red" }, annotations: { "example.org/note": "a" } } }
const tool = { name: "tool", image: "registry.example.org/tool:1.2" }
const spread = { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" }
const preference = { weight: 1, preference: { matchExpressions: [{ key: "disk", operator: "Exists" }] } }

/** What is added to a cluster, and taken away again. */
const fields: Readonly<Record<string, Wish>> = {
  "a parameter of the server": { service: { "batch-index-threads": 4 } },
  "a parameter, told without restart": { service: { "ticker-interval": 5 } },
  "labels and annotations of the pods": podSpec(labelled),
  "a sidecar": podSpec({ sidecars: [{ ...tool, env: [{ name: "A", value: "1" }] }] }),
  "an init container": podSpec({ initContainers: [tool] }),
  "pull secrets": podSpec({ imagePullSecrets: [{ name: "registry" }] }),
  tolerations: podSpec({ tolerations: [{ key: "dedicated", operator: "Exists" }] }),
  "an affinity": podSpec({
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preference] } },
  }),
  "topology spread": podSpec({ topologySpreadConstraints: [spread] }),
  "a security context": podSpec({ securityContext: { fsGroupChangePolicy: "OnRootMismatch" } }),
  "a service account": podSpec({ serviceAccountName: "other" }),
  "the network of the host": podSpec({ hostNetwork: true }),
  "a DNS policy": podSpec({ dnsPolicy: "Default" }),
  "one pod per host": podSpec({ multiPodPerHost: false }),
  "a grace period": podSpec({ terminationGracePeriodSeconds: 30 }),
  "a readiness gate": podSpec({ readinessGateEnabled: true }),
  resources: podSpec({ aerospikeContainer: { resources: { requests: { cpu: "100m" } } } }),
  "a volume": {
    extra: {
      storage: { volumes: [{ name: "scratch", source: { emptyDir: {} }, aerospike: { path: "/opt/scratch" } }] },
    },
  },
  monitoring: { extra: { monitoring: { enabled: true, metricLabels: { environment: "test" } } } },
  "a network policy": { extra: { networkPolicyConfig: { enabled: true } } },
  "a bandwidth": { extra: { bandwidthConfig: { ingress: "100M" } } },
  "no disruption budget": { extra: { disablePDB: true } },
  "a disruption budget": { extra: { maxUnavailable: 2 } },
  "metadata of the headless Service": { extra: { headlessService: labelled } },
  "Services per pod": { extra: { podService: labelled } },
  "blocked hosts": { extra: { k8sNodeBlockList: ["host-6"] } },
  "addresses for clients": { extra: { aerospikeNetworkPolicy: { accessType: "hostInternal" } } },
}

const base: Wish = { size: 2, extra: { enableDynamicConfigUpdate: true } }

/** What the resource itself says is no effect. */
const effects = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.filter((line) => !line.startsWith("AerospikeCluster "))

interface Result {
  readonly objects: ReadonlyArray<string>
  readonly nodes: ReadonlyArray<string>
  readonly conditions: object
}

const resultOf = (stage: Stage): Effect.Effect<Result> =>
  Effect.gen(function* () {
    const answers = yield* Effect.forEach(stage.readyPods(), (pod) => stage.ask(pod, "get-config:context=service"))
    const nodes = answers.map((answer) => answer.replace(/(?<=;|^)node-id=[^;]*/, ""))
    const conditions = stage.status().conditions ?? []
    return {
      objects: effects(endState(stage.world.server, namespace)),
      nodes,
      conditions: Object.fromEntries(conditions.map(({ type, status }) => [type, status])),
    }
  })

/** As `kubectl edit` or `kubectl replace` do: what is not said is gone. */
const edit = (stage: Stage, wish: Wish) => {
  const stored = stage.world.server.find(Kinds.AerospikeCluster, { namespace, name: "db" })
  if (stored === undefined) return stage.wish(wish)
  return Effect.orDie(stage.world.writer.replace(Kinds.AerospikeCluster, { ...stored, spec: resource(wish).spec }))
}

const settled = (stage: Stage) =>
  Effect.zipRight(
    stage.until("settled", () => stage.isCompleted()),
    Effect.sleep("1 minute"),
  )

const run = (wishes: ReadonlyArray<Wish>, after: (stage: Stage, nth: number) => void = () => undefined): Result => {
  let result: Result = { objects: [], nodes: [], conditions: {} }
  play((stage) =>
    Effect.gen(function* () {
      for (const [nth, wish] of wishes.entries()) {
        yield* edit(stage, wish)
        yield* settled(stage)
        after(stage, nth)
      }
      result = yield* resultOf(stage)
    }),
  )
  return result
}

describe("a field that is removed", () => {
  const never = run([base])
  it.each(Object.entries(fields))("R105, L4: %s: everything is as if it had never been set", (_title, field) => {
    const states: Array<ReadonlyArray<string>> = []
    const removed = run([base, { ...base, ...field, extra: { ...base.extra, ...field.extra } }, base], (stage) =>
      states.push(effects(endState(stage.world.server, namespace))),
    )
    expect(differenceOf(states[0] ?? [], states[1] ?? [])).toBeDefined()
    expect(differenceOf(never.objects, removed.objects)).toBeUndefined()
    expect(removed.nodes).toEqual(never.nodes)
    expect(removed.conditions).toEqual(never.conditions)
  })
})
