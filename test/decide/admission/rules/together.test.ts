/** All errors at once: what the schema refuses does not hide what the rules refuse, and is no reason to refuse anything else. */
import { describe, expect, it } from "vitest"
import { reviewTemplate } from "../../../../src/decide/admission/review.js"
import type { Json } from "../../../../src/domain/EffectiveCluster.js"
import { namespace, review } from "../../../support/review.js"

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
        "V36 spec.storage.volumes",
        "V42 spec.storage.volumes[1].aerospike.path",
      ],
    ],
    [
      "V22, V23, V25: racks",
      { rackConfig: { scaleDownBatchSize: "2", racks: [{ id: 1 }, { id: 0 }, { id: "1" }] } },
      [
        "V22 spec.rackConfig.racks[1].id",
        "V22 spec.rackConfig.racks[2].id",
        "V23 spec.rackConfig.racks",
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
        "V14 spec.aerospikeAccessControl.users",
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
    ["nothing but the schema", { aerospikeAccessControl: { users: [admin] }, paused: "no" }, ["schema spec.paused"]],
  ])("%s", (_title, spec, expected) => expect(found(spec)).toEqual(expected))

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
