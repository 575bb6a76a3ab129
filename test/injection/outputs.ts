/** What the operator makes of a resource, wherever a text of the resource could be read as more than data. */
import * as Either from "effect/Either"
import { factCommands } from "../../src/aerospike/nodeFacts.js"
import { plan } from "../../src/decide/plan.js"
import type { JsonObject } from "../../src/domain/Json.js"
import type { KubeObject } from "../../src/domain/Kubernetes.js"
import { type ClusterView, defaultSettings, emptyMemory, type Snapshot } from "../../src/domain/Snapshot.js"
import { clusterView } from "../../src/observe/views.js"
import { podOf } from "../support/snapshots.js"

export interface Outputs {
  /** Everything it would write to the API server for a new cluster, in order. */
  readonly objects: ReadonlyArray<KubeObject>
  /** What it would ask each node. */
  readonly commands: ReadonlyArray<string>
  /** The configuration of each rack, for what changes at run time. */
  readonly configurations: ReadonlyArray<JsonObject>
}

const now = Date.parse("2026-01-01T00:00:00Z")

/** Nothing exists yet but one pod, which can be asked. */
const snapshotOf = (cluster: ClusterView): Snapshot => ({
  key: { namespace: cluster.namespace, name: cluster.name },
  now,
  cluster,
  pods: [podOf({ ordinal: 0, fields: { namespace: cluster.namespace } })],
  statefulSets: [],
  configMaps: [],
  services: [],
  pdbs: [],
  networkPolicies: [],
  ciliumPolicies: [],
  claims: [],
  facts: {},
  podsChangedAt: now - 1000,
  memory: emptyMemory,
  settings: defaultSettings,
})

/** Undefined when the reconciler refuses the resource. */
export const outputsOf = (cluster: JsonObject & KubeObject): Outputs | undefined => {
  const view = clusterView(cluster)
  if (Either.isLeft(view)) return undefined
  const made = plan(snapshotOf(view.right))
  if (made._tag !== "Proceed" || made.effective === undefined) return undefined
  if (made.facts === undefined) throw new Error("the operator has no question to its nodes")
  return {
    objects: made.tracks.flatMap(({ steps }) => steps.flatMap((step) => (step._tag === "Apply" ? [step.object] : []))),
    commands: factCommands(made.facts.expectedSize, made.facts.namespaces),
    configurations: made.effective.racks.map(({ config }) => config),
  }
}
