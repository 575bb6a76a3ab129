/** Admission's verdict about a small valid cluster with something changed. */
import { reviewCluster, type Verdict } from "../../src/decide/admission/review.js"
import type { KubeObject } from "../../src/domain/Kubernetes.js"
import type { Json, JsonObject } from "../../src/domain/Json.js"

/** An AerospikeCluster `ns1/demo` of three nodes with the given spec over a valid one; `undefined` removes a field. */
export const cluster = (
  spec: Readonly<Record<string, Json | undefined>>,
  more: JsonObject = {},
): KubeObject & JsonObject => {
  const merged: Readonly<Record<string, Json | undefined>> = {
    size: 3,
    image: "aerospike:ce-8.1.1.1",
    aerospikeConfig: { namespaces: [namespace()] },
    ...spec,
  }
  const given: JsonObject = Object.fromEntries(
    Object.entries(merged).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  )
  return {
    apiVersion: "acko.io/v1alpha1",
    kind: "AerospikeCluster",
    metadata: { name: "demo", namespace: "ns1", uid: "uid-demo", resourceVersion: "1" },
    spec: given,
    ...more,
  }
}

/** One valid Aerospike namespace with more, or other, keys. */
export const namespace = (more: JsonObject = {}): JsonObject => ({
  name: "test",
  "replication-factor": 2,
  "storage-engine": { type: "memory", "data-size": 1073741824 },
  ...more,
})

export const review = (spec: Readonly<Record<string, Json | undefined>>): Verdict =>
  reviewCluster({ operation: "CREATE", object: cluster(spec) })

/** Rule ids of the errors. */
export const errorRules = ({ errors }: Verdict): ReadonlyArray<string | undefined> => errors.map(({ rule }) => rule)
/** Rule ids of the warnings. */
export const warningRules = ({ warnings }: Verdict): ReadonlyArray<string | undefined> =>
  warnings.map(({ rule }) => rule)

/** One case of a table: title, spec, the rules that refuse it, what their text must mention. */
export type RuleCase = readonly [
  title: string,
  spec: Readonly<Record<string, Json | undefined>>,
  rules: ReadonlyArray<string>,
  mentions: ReadonlyArray<string>,
]
