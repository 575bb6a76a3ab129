/** The racks of a cluster: sizes, merged configuration, ports and storage of each (api.md §2.1, §2.4). */
import type { ClusterSpec } from "../../domain/AerospikeCluster.js"
import type { EffectiveRack, Ports } from "../../domain/EffectiveCluster.js"
import type { JsonObject } from "../../domain/Json.js"
import type { Rack } from "../../domain/schema/racks.js"
import { rackSizes } from "./amounts.js"
import { deepMerge, intOr, section } from "./configTree.js"
import { effectiveNamespaces } from "./namespaces.js"
import { cascadeVolumes } from "./volumes.js"

const portsOf = (config: JsonObject): Ports => {
  const network = section(config, "network")
  const port = (name: string, fallback: number): number => intOr(section(network, name)["port"], fallback)
  return { service: port("service", 3000), fabric: port("fabric", 3001), heartbeat: port("heartbeat", 3002) }
}

const effectiveRack = (spec: ClusterSpec, config: JsonObject, rack: Rack | undefined, size: number): EffectiveRack => {
  const merged = rack?.aerospikeConfig === undefined ? config : deepMerge(config, rack.aerospikeConfig)
  const storage = rack?.storage ?? spec.storage
  return {
    id: rack?.id ?? 0,
    size,
    config: merged,
    ports: portsOf(merged),
    namespaces: effectiveNamespaces(merged, storage),
    cascadeVolumes: cascadeVolumes(storage),
    ...(storage === undefined ? {} : { storage }),
    ...(rack === undefined ? {} : { placement: rack }),
  }
}

/** The racks in the order of the spec; none written means one implicit rack with id 0. */
export const effectiveRacks = (spec: ClusterSpec, config: JsonObject): ReadonlyArray<EffectiveRack> => {
  const list: ReadonlyArray<Rack | undefined> = spec.rackConfig?.racks ?? [undefined]
  const sizes = rackSizes(spec.size ?? 0, list.length)
  return list.map((rack, index) => effectiveRack(spec, config, rack, sizes[index] ?? 0))
}
