/** What a resource asks for: the effective cluster and its objects. Computed once per spec, since passes come far more often than edits. */
import type * as Either from "effect/Either"
import type { DesiredObjects, EffectiveCluster } from "../domain/EffectiveCluster.js"
import type { SpecProblem } from "../domain/SpecProblem.js"
import type { PodView } from "../domain/Kubernetes.js"
import type { ClusterView, Snapshot } from "../domain/Snapshot.js"
import { effectiveCluster } from "./effective/effectiveCluster.js"
import { desiredObjects } from "./objects/desiredObjects.js"
import { members } from "./rollout/members.js"

type Problems = ReadonlyArray<SpecProblem>

/** Keeps the latest answer per spec: one that is the same value in memory cannot have changed. */
const remembering = <A>() => {
  const known = new WeakMap<object, { readonly key: string; readonly template: unknown; readonly value: A }>()
  return ({ spec, status }: ClusterView, key: string, compute: () => A): A => {
    const template = status.templateSnapshot?.spec
    if (typeof spec !== "object" || spec === null) return compute()
    const hit = known.get(spec)
    if (hit?.key === key && hit.template === template) return hit.value
    const value = compute()
    known.set(spec, { key, template, value })
    return value
  }
}

/** All of a resource besides its spec and the copy of its template that the effective cluster depends on. */
const identityOf = ({ namespace, name, uid, generation, annotations, labels, status }: ClusterView): string =>
  JSON.stringify([namespace, name, uid, generation, annotations, labels, status.templateSnapshot?.name])

const rememberEffective = remembering<Either.Either<EffectiveCluster, Problems>>()
const rememberDesired = remembering<Either.Either<DesiredObjects, Problems>>()

/** The effective cluster, or everything that is wrong with the spec. */
export const effectiveOf = (cluster: ClusterView): Either.Either<EffectiveCluster, Problems> =>
  rememberEffective(cluster, identityOf(cluster), () => effectiveCluster(cluster))

/** Names for which Services per pod are wanted: the pods there are and those there will be. */
const podNames = (snapshot: Snapshot, effective: EffectiveCluster): ReadonlyArray<string> => [
  ...new Set(
    members(snapshot, effective).racks.flatMap((rack) => [
      ...rack.slots.map((slot) => slot.name),
      ...rack.leaving.map((pod) => pod.name),
      ...Array.from({ length: rack.wanted }, (_, ordinal) => `${rack.name}-${ordinal}`),
    ]),
  ),
]

/** What the pods listen on, each set of ports once; nothing where no policy asks for it. */
const portsInUse = (snapshot: Snapshot, effective: EffectiveCluster): ReadonlyArray<PodView["ports"]> => {
  if (effective.spec.networkPolicyConfig?.enabled !== true) return []
  const { slots, leaving } = members(snapshot, effective)
  const pods = [...slots.flatMap((slot) => slot.pod ?? []), ...leaving]
  return [...new Map(pods.map(({ ports }) => [JSON.stringify(ports), ports])).values()]
}

/** The desired objects of an effective cluster. */
export const desiredOf = (snapshot: Snapshot, effective: EffectiveCluster): Either.Either<DesiredObjects, Problems> => {
  const names = podNames(snapshot, effective)
  const ports = portsInUse(snapshot, effective)
  const key = `${identityOf(snapshot.cluster)} ${names.join()} ${JSON.stringify(ports)}`
  return rememberDesired(snapshot.cluster, key, () => desiredObjects(effective, names, ports))
}
