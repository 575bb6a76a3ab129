/** Configuration that changes on running nodes: what pods and nodes themselves say before and after, on a real control plane. */
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, expect, it } from "vitest"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import { nameOf } from "../../src/testing/kube/controllers/objects.js"
import type { Cluster, ClusterObject } from "./Cluster.js"
import type { Installation } from "./Installation.js"
import { resource } from "./resources.js"
import { makeWorld, type Operator, type World } from "./world.js"

const namespace = "e2e-dynamic"

let world: World
let installation: Installation
let operator: Operator
beforeAll(async () => {
  world = await makeWorld()
  await world.makeNamespace(namespace)
  installation = await world.install("acko-system")
  operator = await world.startOperator(installation, { leaderElect: true })
})
afterAll(() => world.close())

interface Asked {
  readonly threads: number
  readonly defragSleep: number
  readonly maxUnavailable?: number
}

const apply = (name: string, { defragSleep, maxUnavailable = 1, threads }: Asked) =>
  world.run(
    `apply -n ${namespace} -f -`,
    resource(name, {
      size: 3,
      image: "aerospike:ce-8.1.2.0",
      enableDynamicConfigUpdate: true,
      maxUnavailable,
      aerospikeConfig: {
        service: { "migrate-threads": threads },
        namespaces: [
          {
            name: "test",
            "replication-factor": 2,
            "storage-engine": { type: "memory", "data-size": 1_073_741_824, "defrag-sleep": defragSleep },
          },
        ],
      },
    }),
  )

const threadsAt = ["get-config:context=service", "migrate-threads"] as const
const sleepAt = ["get-config:context=namespace;namespace=test", "storage-engine.defrag-sleep"] as const

/** What the nodes themselves answer over TCP, in the order of their pods. */
const told = async (cluster: Cluster, [command, key]: readonly [string, string]) => {
  const pods = (await cluster.pods()).toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))
  const answers = await Effect.runPromise(
    Effect.flatMap(AerospikeInfo, ({ ask }) =>
      Effect.forEach(pods, (pod) => ask({ host: pod.status?.podIP ?? "", port: 3000 }, [command])),
    ).pipe(Effect.provide(AerospikeInfo.layer)),
  )
  return answers.map(([answer]) =>
    answer?._tag === "Value"
      ? answer.value
          .split(";")
          .find((pair) => pair.startsWith(`${key}=`))
          ?.slice(key.length + 1)
      : undefined,
  )
}

/** Identity and times of the pods and of their processes. */
const lives = async (cluster: Cluster) =>
  Object.fromEntries(
    (await cluster.pods()).map((pod) => [
      nameOf(pod),
      [
        pod.metadata.uid,
        pod.metadata.creationTimestamp,
        pod.status?.containerStatuses?.map(({ restartCount, state }) => [restartCount, state]),
      ],
    ]),
  )

const condition = (object: ClusterObject, type: string) =>
  (object.status?.["conditions"] as ReadonlyArray<Readonly<Record<string, unknown>>> | undefined)?.find(
    (found) => found["type"] === type,
  )

const field = (object: ClusterObject, name: string) => Object.values(object.status?.pods ?? {}).map((pod) => pod[name])

it("N-02 a change that all nodes take restarts nothing, and an operator that starts anew knows of it", async () => {
  const cluster = await world.cluster(namespace, "taken")
  await apply("taken", { threads: 1, defragSleep: 1_000 })
  await cluster.completed()
  const before = await lives(cluster)
  expect(await told(cluster, threadsAt)).toEqual(["1", "1", "1"])

  await apply("taken", { threads: 3, defragSleep: 2_000 })
  const object = await cluster.completed()
  expect(await told(cluster, threadsAt)).toEqual(["3", "3", "3"])
  expect(await told(cluster, sleepAt)).toEqual(["2000", "2000", "2000"])
  expect(await lives(cluster)).toEqual(before)
  expect(field(object, "dynamicConfigStatus")).toEqual(["Applied", "Applied", "Applied"])
  expect(condition(object, "ConfigApplied")).toMatchObject({ status: "True" })
  expect(object.status?.["aerospikeConfig"]).toMatchObject({ service: { "migrate-threads": 3 } })
  expect(object.status?.["appliedSpec"]).toEqual(object.spec)
  const [hash, ...others] = new Set(field(object, "configHash"))
  expect(others).toEqual([])
  const wanted = `get sts taken-0 -n ${namespace} -o jsonpath={.spec.template.metadata.annotations.acko\\.io/config-hash}`
  expect(await world.run(wanted)).toBe(hash)
  await world.until(`get events -n ${namespace} -o jsonpath={.items[*].reason}`, (out) =>
    out.includes("DynamicConfigApplied"),
  )

  await operator.kill()
  operator = await world.startOperator(installation, { leaderElect: true })
  await apply("taken", { threads: 1, defragSleep: 2_000 })
  await cluster.completed()
  expect(await told(cluster, threadsAt)).toEqual(["1", "1", "1"])
  expect(await told(cluster, sleepAt)).toEqual(["2000", "2000", "2000"])
  expect(await lives(cluster)).toEqual(before)
  expect(cluster.deletions()).toBe(0)
})

it("N-03 a change that one of 3 nodes refuses is taken back on the others", async () => {
  const cluster = await world.cluster(namespace, "refused")
  await apply("refused", { threads: 1, defragSleep: 1_000 })
  await cluster.completed()
  const before = await lives(cluster)
  const command = "set-config:context=service;migrate-threads=3"
  const refusal = { _tag: "Answers", byCommand: { [command]: "ERROR:4:invalid set-config parameter" } } as const
  await Effect.runPromise(world.machines.aerospike.setFault(`${namespace}/refused-0-1`, refusal))

  // Nothing may be unavailable: so the restarts that would follow wait, and there is time to look.
  await apply("refused", { threads: 3, defragSleep: 2_000, maxUnavailable: 0 })
  const object = await cluster.until(
    "the refusal is told",
    (found) => condition(found, "DynamicConfigDegraded")?.["status"] === "True",
  )
  expect(condition(object, "DynamicConfigDegraded")).toMatchObject({
    reason: "ApplyFailed",
    message: expect.stringContaining("refused-0-1 refused service.migrate-threads = 3") as string,
  })
  expect(field(object, "dynamicConfigStatus")).toEqual(["Failed", "Failed", "Failed"])
  expect(await told(cluster, threadsAt)).toEqual(["1", "1", "1"])
  expect(await told(cluster, sleepAt)).toEqual(["1000", "1000", "1000"])
  expect(await lives(cluster)).toEqual(before)

  await apply("refused", { threads: 3, defragSleep: 2_000 })
  const healed = await cluster.completed()
  expect(cluster.deletions()).toBe(3)
  expect(await told(cluster, threadsAt)).toEqual(["3", "3", "3"])
  expect(await told(cluster, sleepAt)).toEqual(["2000", "2000", "2000"])
  expect(condition(healed, "DynamicConfigDegraded")).toMatchObject({ status: "False" })
})
