/** Caches of some kinds lag behind those of others. The tests of the simulation add the case of pods and claims. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { endState } from "../../src/testing/simulation/endState.js"
import { areCurrent, namespace, newImage, play, type Stage, type Wish } from "./stage.js"

const lagMs = 30_000

/** The operator's watch caches of these kinds show what was half a minute ago. */
const lagging = (...plurals: ReadonlyArray<string>) => ({
  operator: { client: { lag: ({ plural }: { readonly plural: string }) => (plurals.includes(plural) ? lagMs : 0) } },
})

const settled = (stage: Stage) => stage.until("settled", () => stage.isCompleted() && areCurrent(stage), 1_200_000)

describe("Services, ConfigMaps, budgets and policies as they were half a minute ago", () => {
  const labelled = (team: string) => ({ metadata: { labels: { "example.org/team": team } } })
  const changes: ReadonlyArray<Wish> = [
    {},
    { extra: { headlessService: labelled("red"), maxUnavailable: 2 } },
    {
      extra: {
        headlessService: labelled("blue"),
        podService: labelled("blue"),
        networkPolicyConfig: { enabled: true },
      },
    },
    { extra: { headlessService: labelled("red") }, service: { "proto-fd-max": 20_000 } },
    { extra: { disablePDB: true } },
    {},
  ]

  const writesOf = (pauseMs: number, options: Parameters<typeof play>[1]) => {
    const counts: Array<readonly [change: number, write: string, times: number]> = []
    let end: ReadonlyArray<string> = []
    play(
      (stage) =>
        Effect.gen(function* () {
          for (const [index, wish] of changes.entries()) {
            stage.reset()
            yield* stage.wish(wish)
            yield* settled(stage)
            yield* Effect.sleep(pauseMs)
            const objects = stage
              .writes()
              .filter((write) => /(services|configmaps|poddisruptionbudgets|networkpolicies) /.test(write))
            for (const write of new Set(objects))
              counts.push([index, write, objects.filter((other) => other === write).length])
          }
          yield* Effect.sleep("2 minutes")
          end = endState(stage.world.server, namespace)
        }),
      options,
    )
    return { counts, end }
  }

  it.each([
    ["changes follow each other before the last one is seen", 5_000],
    ["each change is seen before the next", 120_000],
  ])("R21: %s: one write per object and change, and no other end", (_title, pauseMs) => {
    const fresh = writesOf(pauseMs, {})
    const stale = writesOf(pauseMs, lagging("services", "configmaps", "poddisruptionbudgets", "networkpolicies"))
    expect(stale.counts.length).toBeGreaterThan(10)
    expect(stale.counts.filter(([, , times]) => times > 1)).toEqual([])
    expect(stale.end).toEqual(fresh.end)
  })
})

describe("the operator's own status as it was half a minute ago", () => {
  /** The last status, without what is chance, and every `observedGeneration` on the way. */
  const statusAfter = (options: Parameters<typeof play>[1]) => {
    const observed: Array<number> = []
    let status = ""
    play(
      (stage) =>
        Effect.gen(function* () {
          stage.world.server.onCommit(({ kind, object }) => {
            if (kind.kind !== "AerospikeCluster") return
            observed.push(
              Number((object["status"] as { observedGeneration?: number } | undefined)?.observedGeneration ?? 0),
            )
          })
          yield* stage.wish({})
          yield* settled(stage)
          yield* stage.wish({ image: newImage })
          yield* settled(stage)
          const operations = [{ kind: "PodRestart", id: "run-1", podList: ["db-0-1"] }]
          yield* stage.wish({ image: newImage, extra: { operations } })
          yield* stage.until("restart", () => stage.deletions().at(-1) === "db-0-1" && stage.deletions().length === 4)
          yield* stage.restartOperator
          yield* settled(stage)
          yield* Effect.sleep("5 minutes")
          const stored = stage.world.server.get(Kinds.AerospikeCluster, { namespace, name: "db" })
          status = JSON.stringify(stored["status"], undefined, 1)
            .replace(/[0-9a-f]{8}-0000-4000-8000-[0-9a-f]{12}/g, "UID")
            .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME")
            .replace(/"(podIP|hostIP|nodeID)": "[^"]*"/g, '"$1"')
        }),
      options,
    )
    return { observed, status }
  }

  it("R23, S10: loses none of its fields, and tells of no older generation than before", () => {
    const fresh = statusAfter({})
    const stale = statusAfter(lagging("aerospikeclusters"))
    expect(stale.observed).toEqual(stale.observed.toSorted((a, b) => a - b))
    expect(stale.observed.at(-1)).toBe(3)
    expect(stale.status).toContain("run-1")
    expect(stale.status).toBe(fresh.status)
  })
})
