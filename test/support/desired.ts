/** Effective cluster and desired objects of a spec, for tests of what comes after. */
import * as Either from "effect/Either"
import { effectiveCluster } from "../../src/decide/effective/effectiveCluster.js"
import { desiredObjects } from "../../src/decide/objects/desiredObjects.js"
import type { DesiredObjects, DesiredRack, EffectiveCluster } from "../../src/domain/EffectiveCluster.js"
import type { KubeObject } from "../../src/domain/Kubernetes.js"
import type { ClusterView } from "../../src/domain/Snapshot.js"
import { clusterView } from "./clusterView.js"

export const effectiveOf = (
  spec: Readonly<Record<string, unknown>> = {},
  overrides: Partial<ClusterView> = {},
): EffectiveCluster =>
  Either.getOrThrowWith(effectiveCluster(clusterView(spec, overrides)), (found) => new Error(JSON.stringify(found)))

export const desiredOf = (
  spec: Readonly<Record<string, unknown>> = {},
  pods: ReadonlyArray<string> = [],
  overrides: Partial<ClusterView> = {},
): DesiredObjects =>
  Either.getOrThrowWith(desiredObjects(effectiveOf(spec, overrides), pods), (found) => new Error(JSON.stringify(found)))

export const rackOf = (spec: Readonly<Record<string, unknown>> = {}, index = 0): DesiredRack => {
  const rack = desiredOf(spec).racks[index]
  if (rack === undefined) throw new Error(`no rack ${index}`)
  return rack
}

/** Any depth of JSON, for assertions. */
export const at = (object: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], object)

/** `spec.template` of the rack's StatefulSet. */
export const templateOf = (spec: Readonly<Record<string, unknown>> = {}, index = 0): unknown =>
  at(rackOf(spec, index).statefulSet(3), "spec", "template")

/** Everything that is applied, in no particular order. */
export const allObjects = (desired: DesiredObjects): ReadonlyArray<KubeObject> => [
  desired.headlessService,
  ...(desired.pdb ? [desired.pdb] : []),
  ...desired.podServices,
  ...desired.racks.flatMap((rack) => [rack.configMap, rack.statefulSet(rack.rack.size)]),
]
