/** The ConfigMap of one rack (behaviour.md §2.8, §3.2). */
import type * as Either from "effect/Either"
import type { EffectiveCluster, EffectiveRack } from "../../domain/EffectiveCluster.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { type KubeObject, Kinds } from "../../domain/Kubernetes.js"
import { rackLabels } from "../../domain/Labels.js"
import { configMapName, podDnsName, podName } from "../../domain/Names.js"
import { withAccessAddresses } from "../configuration/accessAddresses.js"
import { rackConfigText, type Seed } from "../configuration/render.js"
import { configurationKey, initScript, initScriptKey } from "./initScript.js"
import { ownedObject } from "./ownedObject.js"

/** One seed per desired pod of every rack, in rack order, with the heartbeat port of the pod's own rack. DNS names: addresses change (R101). */
export const meshSeeds = (cluster: EffectiveCluster): ReadonlyArray<Seed> =>
  cluster.racks.flatMap((rack) =>
    Array.from({ length: rack.size }, (_, ordinal) => ({
      host: podDnsName(podName(cluster.key.name, rack.id, ordinal), cluster.key.name, cluster.key.namespace),
      port: rack.ports.heartbeat,
    })),
  )

/** The rack's `aerospike.conf`. */
export const renderedConfig = (
  cluster: EffectiveCluster,
  rack: EffectiveRack,
  seeds: ReadonlyArray<Seed>,
): Either.Either<string, ReadonlyArray<SpecProblem>> =>
  rackConfigText(
    withAccessAddresses(rack.config, cluster.spec.aerospikeNetworkPolicy),
    seeds,
    rack.placement?.aerospikeConfig === undefined
      ? "spec.aerospikeConfig"
      : `spec.rackConfig.racks[${cluster.racks.indexOf(rack)}].aerospikeConfig`,
  )

export const configMap = (cluster: EffectiveCluster, rack: EffectiveRack, configuration: string): KubeObject =>
  ownedObject(
    cluster,
    Kinds.ConfigMap,
    configMapName(cluster.key.name, rack.id),
    rackLabels(cluster.key.name, rack.id),
    { data: { [configurationKey]: configuration, [initScriptKey]: initScript } },
  )
