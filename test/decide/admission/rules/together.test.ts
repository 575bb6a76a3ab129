/** All errors at once: what the schema refuses does not hide what the rules refuse, and is no reason to refuse anything else. */
import { describe, expect, it } from "vitest"
import { reviewCluster, reviewTemplate } from "../../../../src/decide/admission/review.js"
import type { Json } from "../../../../src/domain/Json.js"
import { cluster, namespace, review } from "../../../support/review.js"

const found = (spec: Readonly<Record<string, Json>>): ReadonlyArray<string> =>
  review(spec).errors.map(({ rule = "schema", path }) => `${rule} ${path}`)

const admin = { name: "admin", secretName: "s", roles: ["sys-admin", "user-admin"] }

describe("errors of schema and rules together", () => {
  it.each<readonly [string, Readonly<Record<string, Json>>, ReadonlyArray<string>]>([
    [
      "V1, V49: a size in quotes is judged as meant",
      { size: "1" },
      ["V1 spec.size", "V49 spec.aerospikeConfig.namespaces[0].replication-factor"],
    ],
    ["V1: a size that cannot be read is no size 0", { size: "many", rollingUpdateBatchSize: 2 }, ["V1 spec.size"]],
    [
      "V36, V42: volumes beside one that is incomplete",
      {
        storage: {
          volumes: [{ name: "data" }, { name: "data", source: { emptyDir: {} }, aerospike: { path: "opt" } }],
        },
      },
      [
        "schema spec.storage.volumes[0].source",
        "V36 spec.storage.volumes[1].name",
        "V42 spec.storage.volumes[1].aerospike.path",
      ],
    ],
    [
      "V22, V23, V25: racks",
      { rackConfig: { scaleDownBatchSize: "2", racks: [{ id: 1 }, { id: 0 }, { id: "1" }] } },
      [
        "V22 spec.rackConfig.racks[1].id",
        "V22 spec.rackConfig.racks[2].id",
        "V23 spec.rackConfig.racks[2].id",
        "V25 spec.rackConfig.scaleDownBatchSize",
      ],
    ],
    [
      "V14, V15, V18: users; nobody misses an administrator who only lacks a Secret",
      {
        aerospikeAccessControl: {
          roles: [{ name: "own", privileges: [] }],
          users: [
            { name: "admin", roles: ["sys-admin", "user-admin"] },
            { name: "bob", secretName: "s", roles: ["own", "nope"] },
            { name: "bob", secretName: "s", roles: "read" },
          ],
        },
      },
      [
        "schema spec.aerospikeAccessControl.roles[0].privileges",
        "V15 spec.aerospikeAccessControl.users[0].secretName",
        "schema spec.aerospikeAccessControl.users[2].roles",
        "V14 spec.aerospikeAccessControl.users[2].name",
        "V18 spec.aerospikeAccessControl.users[1].roles[1]",
      ],
    ],
    [
      "V29, V31: monitoring",
      { monitoring: { enabled: true, port: 3000, metricLabels: { "a=b": "x", n: 1 } } },
      ["schema spec.monitoring.metricLabels.n", "V29 spec.monitoring.port", "V31 spec.monitoring.metricLabels"],
    ],
    [
      "V10: a template whose name cannot be read leaves size and image open",
      {
        size: 0,
        image: "",
        templateRef: {},
        overrides: { size: 2 },
        aerospikeConfig: { namespaces: [namespace({ "rack-id": 1 })] },
      },
      ["schema spec.templateRef.name", "V10 spec.aerospikeConfig.namespaces[0].rack-id"],
    ],
    [
      "V15, V22: the same mistake in several places is told for each",
      {
        rackConfig: { racks: [{ id: 0 }, { id: 0 }] },
        monitoring: { prometheusRule: { customRules: [{ name: "a" }, { name: "b" }] }, enabled: true },
      },
      [
        "V22 spec.rackConfig.racks[0].id",
        "V22 spec.rackConfig.racks[1].id",
        "V35 spec.monitoring.prometheusRule.customRules[0].rules",
        "V35 spec.monitoring.prometheusRule.customRules[1].rules",
      ],
    ],
    [
      "V57, V59, V9, V12: parts of the configuration that are no maps hide nothing",
      {
        aerospikeConfig: {
          service: "text",
          network: { fabric: 3001, heartbeat: { port: 70_000 } },
          namespaces: "test",
          security: { ldap: {} },
        },
      },
      [
        "V57 spec.aerospikeConfig.service",
        "V59 spec.aerospikeConfig.network.fabric",
        "V12 spec.aerospikeConfig.security.ldap",
        "V9 spec.aerospikeConfig.namespaces",
        "port.range spec.aerospikeConfig.network.heartbeat.port",
      ],
    ],
    [
      "config.name: devices instead of device are not missed as well",
      { aerospikeConfig: { namespaces: [namespace({ "storage-engine": { type: "device", devices: ["/dev/sda"] } })] } },
      ["config.name spec.aerospikeConfig.namespaces[0].storage-engine.devices"],
    ],
    [
      "ns.duplicate, port.same: the second is meant",
      {
        aerospikeConfig: {
          namespaces: [namespace(), namespace()],
          network: { service: { port: 3000 }, heartbeat: { port: 3002 }, fabric: { port: 3002 } },
        },
      },
      ["ns.duplicate spec.aerospikeConfig.namespaces[1].name", "port.same spec.aerospikeConfig.network.heartbeat.port"],
    ],
    ["nothing but the schema", { aerospikeAccessControl: { users: [admin] }, paused: "no" }, ["schema spec.paused"]],
  ])("%s", (_title, spec, expected) => expect(found(spec)).toEqual(expected))

  it("V4, V10: what the overrides bring along is told where it stands, once", () => {
    const template = { metadata: { name: "small" }, spec: { size: 3, image: "aerospike:ce-8.1.1.1" } }
    const object = cluster({
      size: undefined,
      image: undefined,
      templateRef: { name: "small" },
      overrides: {
        image: "aerospike:ee-8.1.1.1",
        resources: { limits: { memory: "4GB" } },
        aerospikeConfig: { namespaceDefaults: { "strong-consistency": true } },
      },
    })
    expect(reviewCluster({ operation: "CREATE", object, template }).errors.map(({ path }) => path)).toEqual([
      "spec.overrides.resources.limits.memory",
      "spec.overrides.image",
      "spec.overrides.aerospikeConfig.namespaceDefaults.strong-consistency",
    ])
  })

  it("name.length: the cluster name that would follow from it is not refused as well", () => {
    const object = cluster({}, { metadata: { namespace: "ns1", name: "a".repeat(64) } })
    expect(reviewCluster({ operation: "CREATE", object }).errors.map(({ rule }) => rule)).toEqual(["name.length"])
  })

  it.each<readonly [string, Json, string, string]>([
    ["V10: storage-engine pmem in a map", { type: "pmem" }, "V10", "use memory or device"],
    ["V10: storage-engine pmem as a word", "pmem", "V10", "use memory or device"],
    ["config.value: an engine of another name", { type: "ssd" }, "config.value", "use device, or another of them"],
  ])("%s is not answered with an Enterprise feature", (_title, engine, rule, fix) => {
    const { errors } = review({ aerospikeConfig: { namespaces: [namespace({ "storage-engine": engine })] } })
    expect(errors.map((error) => [error.rule, error.fix])).toEqual([[rule, fix]])
  })

  it.each<readonly [string, Json | undefined, string, string]>([
    ["a word that YAML reads as true", true, "not true", "write the name in quotes"],
    ["none", undefined, "this has none", "plain name"],
  ])("ns.name: %s", (_title, name, message, fix) => {
    const { name: _name, ...rest } = namespace()
    const { errors } = review({ aerospikeConfig: { namespaces: [name === undefined ? rest : { ...rest, name }] } })
    expect(errors).toMatchObject([
      {
        rule: "ns.name",
        message: expect.stringContaining(message) as string,
        fix: expect.stringContaining(fix) as string,
      },
    ])
  })

  it("TV5, V10: a template", () => {
    const object = {
      apiVersion: "acko.io/v1alpha1",
      kind: "AerospikeClusterTemplate",
      metadata: { name: "small" },
      spec: { size: 9, aerospikeConfig: { namespaceDefaults: { "strong-consistency": true } } },
    }
    expect(reviewTemplate({ operation: "CREATE", object }).errors.map(({ path }) => path)).toEqual([
      "spec.size",
      "spec.aerospikeConfig.namespaceDefaults.strong-consistency",
    ])
  })
})
