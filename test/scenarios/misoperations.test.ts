import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { goodImage, namespace, play, type Wish } from "./stage.js"

const requirement = { key: "disk", operator: "In", values: ["there is none"] }
const pod = (podSpec: object): Wish => ({ extra: { podSpec } })

/** One mistake per property, such as people make; each is accepted, since only the world can say that it will not work. */
const mistakes: Readonly<Record<string, Wish>> = {
  "an image that cannot be pulled": { image: "registry.example.org/missing/aerospike:ce-8.1.1.1" },
  "a selector no host has": pod({ nodeSelector: { disk: "none" } }),
  "an affinity no host satisfies": pod({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [requirement] }] },
      },
    },
  }),
  "resources no host has": pod({ aerospikeContainer: { resources: { requests: { cpu: "1000", memory: "9Ti" } } } }),
  "a sidecar that cannot be pulled": pod({ sidecars: [{ name: "log", image: "registry.example.org/missing:1" }] }),
  "a volume from a Secret that is not there": {
    extra: { storage: { volumes: [{ name: "files", source: { secret: { secretName: "missing" } } }] } },
  },
  "a file the server cannot read": { service: { "node-id-interface": "no-such-interface" } },
  "every host blocked": { extra: { k8sNodeBlockList: Array.from({ length: 6 }, (_, index) => `host-${index + 1}`) } },
}

describe("a mistake of people", () => {
  it.each(Object.entries(mistakes))(
    "R127, L2: %s costs at most one member and nothing of the data, and taking it back repairs all",
    (_title, wish) => {
      play((stage) =>
        Effect.gen(function* () {
          yield* stage.wish({ persistent: true })
          yield* stage.completed()
          stage.reset()
          yield* stage.wish({ persistent: true, ...wish })
          yield* Effect.sleep("5 minutes")
          expect(stage.mostDown()).toBeLessThanOrEqual(1)
          expect(stage.readyPods().length).toBeGreaterThanOrEqual(2)
          expect(yield* stage.world.aerospike.lostRecords).toBe(0)

          yield* stage.wish({ persistent: true, image: goodImage })
          yield* stage.completed()
          expect(stage.mostDown()).toBeLessThanOrEqual(1)
          expect(yield* stage.isWhole(3)).toBe(true)
        }),
      )
    },
    60_000,
  )
})

describe("what others wrote into a resource", () => {
  it("R113: fields and annotations the operator does not know outlive everything it writes", () => {
    play((stage) =>
      Effect.gen(function* () {
        const unknown = { "x-later": { of: ["another", { version: 9 }] } }
        yield* stage.wish({
          annotations: { "example.org/note": "keep" },
          extra: {
            monitoring: { prometheusRule: { customRules: [{ name: "own", rules: [], ...unknown }] } },
          },
        })
        const stored = () => stage.world.server.find(Kinds.AerospikeCluster, { namespace, name: "db" })
        const spec = stored()?.["spec"]
        expect(JSON.stringify(spec).match(/x-later/g)).toHaveLength(1)
        yield* stage.completed()
        expect(stored()?.["spec"]).toEqual(spec)
        expect(stored()?.metadata.annotations).toMatchObject({ "example.org/note": "keep" })
      }),
    )
  })
})
