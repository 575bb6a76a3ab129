/** With the webhook off: definitions and reconciliation say together what the webhook says. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { reviewCluster } from "../../src/decide/admission/review.js"
import { isObject } from "../../src/decide/effective/configTree.js"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import { play } from "./stage.js"

const memory = { type: "memory", "data-size": 1_073_741_824 }
const testNamespace = { name: "test", "replication-factor": 1, "storage-engine": memory }
const config = (parts: object) => ({ aerospikeConfig: { namespaces: [testNamespace], ...parts } })
const inNamespace = (parts: object) => config({ namespaces: [{ ...testNamespace, ...parts }] })

/** What a cluster says beyond one small node: accepted and refused, by the schema, by CEL and by rules only code can check. */
const table: Readonly<Record<string, object>> = {
  plain: {},
  "with-labels": { podSpec: { metadata: { labels: { team: "a" } } } },
  "no-tag": { image: "aerospike" },
  "registry-port": { image: "registry.example.com:5000/aerospike:ce-8.1.1.1" },
  racks: { size: 2, rackConfig: { racks: [{ id: 1 }, { id: 2 }] } },
  "security-stanza": config({ security: {} }),
  "empty-dir": { storage: { volumes: [{ name: "w", source: { emptyDir: {} }, aerospike: { path: "/w" } }] } },
  "too-large": { size: 9 },
  "no-size": { size: 0 },
  "enterprise-image": { image: "aerospike:ee-8.1.1.1" },
  "enterprise-behind-port": { image: "registry.example.com:5000/aerospike:ee-8.1.1.1" },
  "old-image": { image: "aerospike:ce-7.2.0.1" },
  "no-image": { image: "" },
  "rf-too-high": inNamespace({ "replication-factor": 2 }),
  "rf-text": inNamespace({ "replication-factor": "two" }),
  "enterprise-config": config({ xdr: { dcs: [] } }),
  "tls-config": config({ network: { tls: [{ name: "x" }] } }),
  "service-no-map": config({ service: 1 }),
  "namespaces-map": { aerospikeConfig: { namespaces: { test: {} } } },
  "three-namespaces": config({ namespaces: ["a", "b", "c"].map((name) => ({ ...testNamespace, name })) }),
  "second-directive": inNamespace({ "default-ttl": "1\\n}\\nsecurity {" }),
  "rack-twice": { size: 2, rackConfig: { racks: [{ id: 1 }, { id: 1 }] } },
  "rack-enterprise": { rackConfig: { racks: [{ id: 1, aerospikeConfig: { xdr: {} } }] } },
  "two-sources": { storage: { volumes: [{ name: "w", source: { emptyDir: {}, hostPath: { path: "/x" } } }] } },
  "overrides-alone": { overrides: { size: 1 } },
  "equal-ports": config({ network: { service: { port: 3000 }, fabric: { port: 3000 } } }),
  "exporter-port": { monitoring: { enabled: true, port: 3000 } },
  "zero-batch": { rollingUpdateBatchSize: 0 },
}

const cluster = (name: string, parts: object): KubeObject => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { name, namespace: "aerospike" },
  spec: { size: 1, image: "aerospike:ce-8.1.1.1", ...config({}), ...parts },
})

const isRefusedByWebhook = (object: KubeObject): boolean =>
  isObject(object) && reviewCluster({ operation: "CREATE", object }).errors.length > 0

describe("R126: the webhook is bypassed or absent", () => {
  it("the table has good and bad ones", () => {
    const refused = Object.entries(table).filter(([name, parts]) => isRefusedByWebhook(cluster(name, parts)))
    expect(Object.keys(table).filter((name) => !refused.some(([other]) => other === name))).toEqual(
      Object.keys(table).slice(0, 7),
    )
  })

  it("each gets the same verdict, at the API server or from the operator, and none holds up another", () => {
    play((stage) =>
      Effect.gen(function* () {
        const { server } = stage.world
        const stored = Object.entries(table).filter(([name, parts]) => {
          try {
            server.create(Kinds.AerospikeCluster, cluster(name, parts))
            return true
          } catch {
            return false
          }
        })
        yield* Effect.sleep("1 minute")
        const isCarriedOut = (name: string) => {
          if (!stored.some(([other]) => other === name)) return false
          const { phase } = stage.status(name)
          expect([name, phase]).toEqual([name, expect.stringMatching(/^(Completed|Error)$/)])
          return phase === "Completed"
        }
        for (const [name, parts] of Object.entries(table)) {
          expect([name, isCarriedOut(name)]).toEqual([name, !isRefusedByWebhook(cluster(name, parts))])
        }
        // The rules reach beyond what schema and CEL can say.
        expect(stored.filter(([name]) => stage.status(name).phase === "Error").length).toBeGreaterThan(3)
      }),
    )
  }, 120_000)
})
