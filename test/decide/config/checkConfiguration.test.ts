import { describe, expect, it } from "vitest"
import { checkConfiguration, type Subject } from "../../../src/decide/configuration/check/checkConfiguration.js"
import { editDistance } from "../../../src/decide/configuration/check/nearest.js"
import { configProblems, configWarnings } from "../../../src/decide/effective/rules/config.js"
import type { JsonObject } from "../../../src/domain/Json.js"

const subject: Subject = { path: "spec.aerospikeConfig", size: 3, image: "aerospike:ce-8.1.2.0", isOpen: false }
const valid: JsonObject = {
  service: { "cluster-name": "demo" },
  network: { service: { port: 3000 }, heartbeat: { mode: "mesh", port: 3002 }, fabric: { port: 3001 } },
  namespaces: [{ name: "test", "replication-factor": 2, "storage-engine": { type: "memory", "data-size": "1Gi" } }],
}
const withService = (service: JsonObject): JsonObject => ({ ...valid, service: { "cluster-name": "demo", ...service } })
const rulesOf = (config: JsonObject, more: Partial<Subject> = {}) =>
  checkConfiguration(config, { ...subject, ...more }).map(({ rule, severity }) => `${rule} ${severity}`)

describe("a finding names the place, the value, the reason and the fix (X-01)", () => {
  it("for a value out of range", () => {
    expect(configProblems(withService({ "migrate-threads": 101 }), subject)).toEqual([
      {
        rule: "config.value",
        path: "spec.aerospikeConfig.service.migrate-threads",
        message: "service: migrate-threads must be from 0 to 100, not 101",
        fix: "use a value from 0 to 100",
      },
    ])
  })

  it("for a misspelt name", () => {
    expect(configProblems(withService({ "migrate-thread": 1 }), subject)).toEqual([
      {
        rule: "config.name",
        path: "spec.aerospikeConfig.service.migrate-thread",
        message: 'service: server 8.1.2.0 knows no "migrate-thread" here and would not start',
        fix: "write migrate-threads, the nearest name, or remove it",
      },
    ])
  })

  it("for an obsolete name, with the server's advice", () => {
    expect(configProblems(withService({ "scan-threads-limit": 1 }), subject).map(({ fix }) => fix)).toEqual([
      "remove it (the server's advice: please use 'query-threads-limit')",
    ])
  })

  it("and tells one namespace from another", () => {
    const namespace = (name: string) => ({
      name,
      "storage-engine": { type: "memory", "data-size": "1G" },
      "max-ttl": 1,
    })
    const found = configProblems({ ...valid, namespaces: [namespace("a"), namespace("b")] }, subject)
    expect(found.map(({ message }) => message.split(":")[0])).toEqual(["namespace a", "namespace b"])
  })
})

describe("which release counts", () => {
  const typo = withService({ "proto-fd-mx": 1 })

  it.each([
    ["aerospike:ce-8.1.2.0", "refused"],
    ["aerospike:8.1.1.1", "refused"],
    ["registry:5000/a/aerospike:v8.0.0@sha256:abc", "refused"],
    ["aerospike", "advised"],
    ["aerospike:latest", "advised"],
    ["aerospike:ce-8.1", "advised"],
    ["aerospike@sha256:abc", "advised"],
    ["aerospike:8.1.2.1", "advised"],
    ["aerospike:8.2.0.0", "advised"],
    ["aerospike:9.0.0.0", "advised"],
    ["", "advised"],
  ])("%s: %s", (image, severity) => {
    expect(rulesOf(typo, { image })).toEqual([`config.name ${severity}`])
  })

  it("a warning says why it is none of the server's own words", () => {
    const message = (image: string) => configWarnings(typo, { ...subject, image }).map((warning) => warning.message)
    expect(message("aerospike")[0]).toContain("(as server 8.1.2.0 says; the image names no release)")
    expect(message("aerospike:8.3.0.0")[0]).toContain(
      "(as server 8.1.2.0 says, the newest one known; the image is newer)",
    )
    expect(message("aerospike:8.1")[0]).toContain("(as server 8.1.2.0 says; tag 8.1 may stand for another release)")
  })

  it("a parameter of a later release is unknown to an earlier one", () => {
    const later = withService({ "cgroup-mem-tracking": true })
    expect(rulesOf(later)).toEqual([])
    expect(rulesOf(later, { image: "aerospike:8.1.1.2" })).toEqual(["config.name refused"])
  })

  it("obsolete sections: read by 8.0, ignored by 8.1", () => {
    const info = { ...valid, network: { ...(valid["network"] as JsonObject), info: { port: 1 } } }
    expect(rulesOf(info)).toEqual(["info.section advised"])
    expect(rulesOf(info, { image: "aerospike:8.0.0.15" })).toEqual(["config.value refused"])
  })
})

describe("sizes (Kubernetes spelling)", () => {
  const sized = (size: string | number): JsonObject => ({
    ...valid,
    namespaces: [{ name: "test", "storage-engine": { type: "memory", "data-size": size } }],
  })

  it.each(["1Gi", "1G", "1g", "1073741824", 1073741824, "2T"])("%j is translated or taken as it is", (size) => {
    expect(rulesOf(sized(size))).toEqual([])
  })

  it.each(["1.5Gi", "1GB", "+1G", "1e9", "-1", "G", "256Mi", "", true as unknown as string])(
    "%j is refused",
    (size) => {
      expect(rulesOf(sized(size))).toContain("config.value refused")
    },
  )

  it("of counts are not translated", () => {
    expect(rulesOf(withService({ "proto-fd-max": "15Ki" }))).toEqual(["config.value refused"])
    expect(rulesOf(withService({ "proto-fd-max": "15K" }))).toEqual([])
  })
})

describe("what only people need to know", () => {
  it.each<[string, JsonObject]>([
    ["config.deprecated advised", withService({ "proto-fd-idle-ms": 0 })],
    ["config.items advised", withService({ "migrate-threads": [1, 2] })],
    ["node-id.shared advised", withService({ "node-id": "a1" })],
    ["best-practices advised", withService({ "enforce-best-practices": true })],
    ["fd.limit advised", withService({ "proto-fd-max": 2_000_000 })],
  ])("%s", (rule, config) => {
    expect(rulesOf(config)).toEqual([rule])
  })
})

describe("a template that is not known", () => {
  it("may fill in what is missing, but not mend what is wrong", () => {
    const namespaces = [{ name: "test", "default-ttl": 10, "nsup-perod": 1 }]
    expect(rulesOf({ ...valid, namespaces }, { isOpen: true })).toEqual(["config.name refused"])
    expect(rulesOf({ ...valid, namespaces })).toEqual([
      "config.name refused",
      "ns.ttl-nsup refused",
      "required.storage-engine refused",
    ])
  })
})

describe("absurd trees (R128)", () => {
  it("are judged quickly, and told briefly", () => {
    const names = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`name-${index}`, 1]))
    const started = performance.now()
    const found = checkConfiguration(withService({ ...names, [`${"x".repeat(1_000_000)}`]: 1 }), subject)
    expect(found).toHaveLength(101)
    expect(found.at(-1)?.message).toBe("19901 more findings like these")
    expect(performance.now() - started, "ms").toBeLessThan(2_000)
  })
})

describe("edit distance", () => {
  it.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["abc", "", 3],
    ["interval", "intreval", 1],
    ["threads", "thread", 1],
    ["kitten", "sitting", 3],
  ])("%s to %s", (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance)
    expect(editDistance(to, from)).toBe(distance)
  })
})
