/** A message of decoding names the constraint that was broken, never what the field is for. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { decodeSpec } from "../../../src/domain/AerospikeCluster.js"
import { decodeTemplateSpec } from "../../../src/domain/AerospikeClusterTemplate.js"
import type { SpecProblem } from "../../../src/domain/SpecProblem.js"
import { specDecoder, type Undecoded } from "../../../src/domain/schema/decode.js"
import { described, int32 } from "../../../src/domain/schema/fields.js"

type Found = Pick<SpecProblem, "path" | "message">

const messages = (decoded: Either.Either<unknown, Undecoded<unknown>>): ReadonlyArray<Found> =>
  Either.match(decoded, {
    onLeft: ({ problems }) => problems.map(({ path, message }) => ({ path, message })),
    onRight: () => [],
  })

const longName = "x".repeat(64)
const cases: ReadonlyArray<readonly [string, object, string, string]> = [
  ["V1: a range", { size: 9 }, "spec.size", "a number between 0 and 8, it is 9: Community Edition has at most 8 nodes"],
  ["a whole number", { rollingUpdateBatchSize: 1.5 }, "spec.rollingUpdateBatchSize", "an integer, it is 1.5"],
  [
    "V28: the range of a port",
    { monitoring: { port: 65_536 } },
    "spec.monitoring.port",
    "a number between 1 and 65535, it is 65536",
  ],
  ["a number", { monitoring: { port: "x" } }, "spec.monitoring.port", 'number, it is "x"'],
  ["text", { image: 5 }, "spec.image", "string, it is 5"],
  ["a boolean", { paused: "yes" }, "spec.paused", 'boolean, it is "yes"'],
  ["one of two types", { maxUnavailable: true }, "spec.maxUnavailable", "number or string, it is true"],
  [
    "an enumeration",
    { networkPolicyConfig: { type: "x" } },
    "spec.networkPolicyConfig.type",
    '"kubernetes" or "cilium", it is "x"',
  ],
  [
    "a length",
    { storage: { volumes: [{ name: longName, source: {} }] } },
    "spec.storage.volumes[0].name",
    `a string at most 63 character(s) long, it is "${longName}"`,
  ],
  [
    "a number of items",
    { rackConfig: { racks: [] } },
    "spec.rackConfig.racks",
    "an array of at least 1 item(s), it is []",
  ],
  [
    "a type of Kubernetes",
    { podSpec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } } } },
    "spec.podSpec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution",
    "an object, it is []",
  ],
  ["an array", { k8sNodeBlockList: "a" }, "spec.k8sNodeBlockList", 'an array, it is "a"'],
  ["an object", { monitoring: 3 }, "spec.monitoring", "an object, it is 3"],
  ["an object in an array", { storage: { volumes: [4] } }, "spec.storage.volumes[0]", "an object, it is 4"],
  ["an object with rules", { storage: 3 }, "spec.storage", "an object, it is 3"],
  ["a map", { podSpec: { metadata: { labels: 3 } } }, "spec.podSpec.metadata.labels", "an object, it is 3"],
  ["the configuration", { aerospikeConfig: 4 }, "spec.aerospikeConfig", "an object, it is 4"],
]

describe("what a field is refused for", () => {
  it.each(cases)("%s", (_title, spec, path, expected) => {
    expect(messages(decodeSpec(spec))).toEqual([{ path, message: `expected ${expected}` }])
  })

  it.each([
    ["a number for a password", { env: [{ name: "PASSWORD", value: 12_345_678 }] }],
    ["a list of lines", { env: ["PASSWORD=12345678"] }],
    ["one line", { env: "PASSWORD=12345678" }],
    ["a map", { env: { PASSWORD: "12345678" } }],
    ["an object for a value", { env: [{ name: "PASSWORD", value: { of: "12345678" } }] }],
    [
      "a header",
      { livenessProbe: { httpGet: { port: 1, httpHeaders: [{ name: "Authorization", value: 12_345_678 }] } } },
    ],
    ["a container that is no list", undefined],
  ])("R129: %s is refused without being repeated", (_title, wrong) => {
    const tool = { name: "tool", env: [{ name: "PASSWORD", value: "12345678" }] }
    const spec = { podSpec: { sidecars: wrong === undefined ? tool : [{ ...tool, ...wrong }] } }
    const found = Either.getOrThrow(Either.flip(decodeSpec(spec))).problems
    expect(found).toHaveLength(1)
    expect(JSON.stringify(found)).not.toContain("12345678")
  })

  it.each<readonly [string, object, string, string]>([
    ["a number in quotes", { size: "3" }, "write 3, without quotes", "size"],
    ["a number for text", { podSpec: { nodeSelector: { disk: 1 } } }, 'write "1", in quotes', "podSpec.nodeSelector"],
    [
      "true for text",
      { podSpec: { metadata: { labels: { a: true } } } },
      'write "true", in quotes',
      "podSpec.metadata.labels",
    ],
    ["a word for true", { paused: "on" }, "write true, without quotes", "paused"],
    [
      "a word in other letters",
      { networkPolicyConfig: { type: "Cilium" } },
      'write "cilium"',
      "networkPolicyConfig.type",
    ],
    ["a value for a list", { k8sNodeBlockList: "a" }, 'write it as a list: ["a"]', "k8sNodeBlockList"],
    ["a name for a reference", { templateRef: "small" }, 'write it as a map: {"name":"small"}', "templateRef"],
    ["a number too many", { size: 9 }, "write a number between 0 and 8", "size"],
    ["something else", { paused: "maybe" }, "write a boolean", "paused"],
    ["nothing", { storage: { volumes: [{ name: "a" }] } }, "add source", "storage.volumes.source"],
  ])("the fix says what to write: %s", (_title, spec, fix, field) => {
    expect(Either.getOrThrow(Either.flip(decodeSpec(spec))).problems.map((problem) => problem.fix)).toEqual([
      `${fix}; \`kubectl explain aerospikecluster.spec.${field}\` tells what it takes`,
    ])
  })

  it("TV4: the enumeration of a template, with its rule", () => {
    const decoded = decodeTemplateSpec({ aerospikeConfig: { network: { heartbeat: { mode: "multicast" } } } })
    expect(Either.getOrThrow(Either.flip(decoded)).problems).toMatchObject([
      {
        rule: "TV4",
        path: "spec.aerospikeConfig.network.heartbeat.mode",
        message: 'expected "" or "mesh", it is "multicast"',
      },
    ])
  })

  it("also where a described schema is described again", () => {
    const port = described(described(int32(1, 10), "A port"), "The port of this")
    const decode = specDecoder(Schema.Struct({ port }), { resource: "thing", ruleOf: () => undefined })
    expect(messages(decode({ port: 11 }))).toEqual([
      { path: "spec.port", message: "expected a number between 1 and 10, it is 11" },
    ])
  })
})
