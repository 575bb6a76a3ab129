/** The table against the simulated node, parameter by parameter and in random combinations. */
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { effectiveCluster } from "../../../src/decide/effective/effectiveCluster.js"
import { rackConfigText } from "../../../src/decide/configuration/render.js"
import type { Json, JsonObject } from "../../../src/domain/Json.js"
import type { Parameter } from "../../../src/domain/serverParameters/Parameter.js"
import { parameterTable, type ParameterTable } from "../../../src/domain/serverParameters/ParameterTable.js"
import { newestOf80, newestOf81, type ServerVersion } from "../../../src/domain/serverParameters/ServerVersion.js"
import { type HostFacts, permissiveHost } from "../../../src/testing/aerospike/configuration/HostFacts.js"
import { readConfiguration } from "../../../src/testing/aerospike/configuration/NodeConfiguration.js"
import { clusterView } from "../../support/clusterView.js"
import { configTreeOf } from "../../support/configTree.js"
import { fileWith } from "../../support/wrongNames.js"

/** Nothing is missing on this host: what it would refuse is left to the configuration. */
const host: HostFacts = { ...permissiveHost, fileLimit: 2 ** 31 }

const serverSays = (text: string, table: ParameterTable): string =>
  Either.match(readConfiguration(text, host, table), {
    onLeft: ({ message }) => message,
    onRight: ({ hangs }) => (hangs ? "hangs" : "starts"),
  })

const admissionSays = (config: JsonObject, image: string): string =>
  Either.match(effectiveCluster(clusterView({ image, aerospikeConfig: config })), {
    onLeft: (problems) => problems.map(({ message }) => message).join("; "),
    onRight: () => "starts",
  })

const releases: ReadonlyArray<readonly [string, ServerVersion]> = [
  ["8.1.2.0", newestOf81],
  ["8.0.0.15", newestOf80],
]

const sections = [
  "service",
  "network.service",
  "network.admin",
  "network.heartbeat",
  "network.fabric",
  "namespace",
  "namespace.set",
  "namespace.geo2dsphere-within",
  "namespace.storage-engine device",
  "namespace.storage-engine memory",
  "mod-lua",
]

const parametersOf = (table: ParameterTable, section: string): ReadonlyArray<Parameter> => {
  const [context = "", variant] = section.split(" ")
  return table.of(context, variant).filter(({ kind }) => kind !== "section" && kind !== "sectionEnum")
}

/** Values around the limits and wrong ones. */
const probesOf = (parameter: Parameter): ReadonlyArray<string> => {
  const { min = 0, max = 2 ** 32 - 1 } = parameter
  switch (parameter.kind) {
    case "int":
    case "size":
      return [min - 1, min, min + 1, max, max + 1]
        .map(String)
        .concat("-1", "abc", "1.5", "0x10", "2K", "1Ki", "1s", "true")
    case "port":
      return ["0", "1023", "1024", "65535", "65536", "abc"]
    case "seconds":
      return ["-2", "-1", "0", "1", "1h", "1H", "1w", "3650d", "3651d", "4294967295", "4294967296", "abc"]
    case "bool":
      return ["true", "FALSE", "yes", "1", "on"]
    case "enum":
      return [...(parameter.enum ?? []), "bogus", (parameter.enum?.[0] ?? "").toUpperCase()]
    case "hex64":
      return ["1", "0xA1", "0", "11111111111111111", "xyz"]
    case "string":
      return [100, parameter.maxLength ?? 2, (parameter.maxLength ?? 2) + 1].map(
        (length) => `/${"x".repeat(length - 1)}`,
      )
    case "address":
      return ["10.0.0.1", "eth0"]
    default:
      return ["x"]
  }
}

/** Where the two differ on purpose: sizes of Kubernetes are translated, limits of the host are not known, some rules are stricter. */
const differs = (parameter: Parameter, value: string): boolean =>
  (parameter.startMax !== undefined && Number(value) > parameter.startMax) ||
  (parameter.kind === "size" && value === "1Ki") ||
  ["replication-factor", "cluster-name", "port", "mode", "multicast-group", "mesh-seed-address-port"].includes(
    parameter.name,
  )

describe("X-01: every parameter with values around its limits is judged as the server does", () => {
  for (const [release, version] of releases)
    it.each(sections)(`${release}: %s`, (section) => {
      const table = parameterTable(version)
      const disagreements = parametersOf(table, section).flatMap((parameter) =>
        probesOf(parameter)
          .filter((value) => !differs(parameter, value))
          .flatMap((value) => {
            const text = fileWith(section, `${parameter.name} ${value}`)
            const server = serverSays(text, table)
            const admission = admissionSays(configTreeOf(text), `aerospike:ce-${release}`)
            return (server === "starts") === (admission === "starts")
              ? []
              : [`${parameter.name} ${value.slice(0, 20)}: server ${server}, admission ${admission}`]
          }),
      )
      expect(disagreements).toEqual([])
    })
})

const legalValue = (parameter: Parameter): fc.Arbitrary<Json> => {
  const { min = 0, max = 2 ** 31 - 1, startMax = max } = parameter
  const number = fc.integer({ min: Math.max(min, 0), max: Math.max(min, Math.min(startMax, 2 ** 31 - 1)) })
  switch (parameter.kind) {
    case "bool":
      return fc.constantFrom<Json>(true, false, "true", "FALSE")
    case "int":
    case "port":
      return fc.oneof(number, number.map(String))
    case "size":
      return parameter.powerOf2 === true ? fc.constantFrom(min, startMax) : fc.oneof(number, number.map(String))
    case "seconds":
      return fc.constantFrom<Json>(0, 1, "60", "1h", "30d")
    case "enum":
      return fc.constantFrom(...(parameter.enum ?? []))
    default:
      return fc.constantFrom("/opt/aerospike/x", "/opt/aerospike/y z", "10.0.0.1")
  }
}

/** Values around the limits, of another kind, in another spelling. */
const oddValue = (parameter: Parameter): fc.Arbitrary<Json> =>
  fc.oneof(
    fc.constantFrom<Json>(
      "512M",
      "1Gi",
      "1G",
      "2T",
      "8Mi",
      "1.5Gi",
      "2K",
      "Ki",
      "",
      "abc",
      "yes",
      -1,
      0,
      2.5,
      true,
      null,
    ),
    fc.constantFrom<Json>(...probesOf(parameter), {}, [], ["a", "b"], [1, 2]),
  )

const valueOf = (parameter: Parameter): fc.Arbitrary<Json> =>
  fc.oneof({ weight: 8, arbitrary: legalValue(parameter) }, { weight: 1, arbitrary: oddValue(parameter) })

const table = parameterTable(newestOf81)

/** Some parameters of a section, rarely one that does not belong there. */
const entriesOf = (section: string, always: JsonObject = {}): fc.Arbitrary<JsonObject> =>
  fc
    .uniqueArray(
      fc
        .constantFrom(...parametersOf(table, section).filter(({ refused }) => refused === undefined))
        .chain((parameter) => valueOf(parameter).map((value): readonly [string, Json] => [parameter.name, value])),
      { selector: ([name]) => name, maxLength: 2 },
    )
    .map((entries) => ({ ...Object.fromEntries(entries), ...always }))

const engine = fc.oneof(
  entriesOf("namespace.storage-engine memory", { type: "memory", "data-size": "1Gi" }),
  entriesOf("namespace.storage-engine memory", { type: "memory" }),
  entriesOf("namespace.storage-engine device", { type: "device", device: ["/dev/xvda", "/dev/xvdb"] }),
  entriesOf("namespace.storage-engine device", { type: "device", file: "/opt/aerospike/data/a.dat", filesize: "4Gi" }),
  fc.constantFrom<Json>("memory", "device", { type: "ssd" }),
)

const namespace = (name: string): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(entriesOf("namespace"), engine, fc.array(entriesOf("namespace.set", { name: "s" }), { maxLength: 1 }))
    .map(([entries, storage, sets]) => ({
      ...entries,
      "replication-factor": 2,
      name,
      "storage-engine": storage,
      ...(sets.length === 0 ? {} : { sets }),
    }))

const configuration: fc.Arbitrary<JsonObject> = fc
  .record({
    service: entriesOf("service", { "cluster-name": "demo" }),
    network: fc.record({
      service: entriesOf("network.service", { port: 3000 }),
      heartbeat: entriesOf("network.heartbeat", { mode: "mesh", port: 3002 }),
      fabric: entriesOf("network.fabric", { port: 3001 }),
    }),
    namespaces: fc.oneof(fc.tuple(namespace("a")), fc.tuple(namespace("a"), namespace("b"))),
  })
  .map((config) => config as unknown as JsonObject)

describe("X-01: what admission accepts for 8.1.2, the server starts with", () => {
  it("for any combination of parameters and values (S8)", () => {
    let accepted = 0
    fc.assert(
      fc.property(configuration, (config) => {
        const verdict = effectiveCluster(clusterView({ image: "aerospike:ce-8.1.2.0", aerospikeConfig: config }))
        if (Either.isLeft(verdict)) return
        accepted += 1
        for (const rack of verdict.right.racks) {
          const text = Either.getOrThrow(rackConfigText(rack.config, [{ host: "demo-0-0", port: 3002 }], "config"))
          expect(serverSays(text, table)).toBe("starts")
        }
      }),
      { numRuns: 3000 },
    )
    expect(accepted, "the property says something only when enough is accepted").toBeGreaterThan(150)
  })
})
