/** From the resource a user wrote to the one immutable value everything else decides from. */
import * as Either from "effect/Either"
import { type ClusterSpec, decodeSpec } from "../../domain/AerospikeCluster.js"
import type { EffectiveCluster, EffectiveRack, JsonObject, Ports, SpecProblem } from "../../domain/EffectiveCluster.js"
import { Annotation } from "../../domain/Labels.js"
import type { Rack } from "../../domain/schema/racks.js"
import type { ClusterView } from "../../domain/Snapshot.js"
import { rackConfigText } from "../configuration/render.js"
import { rackSizes, resolveAmount } from "./amounts.js"
import { deepMerge, intOr, section } from "./configTree.js"
import { defaultedConfig, missingMonitoring, missingPodSpec, missingServiceMonitor } from "./defaults.js"
import { effectiveNamespaces } from "./namespaces.js"
import { configProblems } from "./rules/config.js"
import { enterpriseProblems } from "./rules/enterprise.js"
import { imageProblems } from "./rules/image.js"
import { nameProblems } from "./rules/names.js"
import { pathProblems } from "./rules/paths.js"
import { problem, when } from "./rules/problem.js"
import { rackProblems } from "./rules/racks.js"
import { storageProblems } from "./rules/storage.js"
import { resolveTemplate } from "./template.js"
import { heldTemplate } from "./template/snapshot.js"
import { specWarnings } from "./warnings.js"
import { cascadeVolumes } from "./volumes.js"

const portsOf = (config: JsonObject): Ports => {
  const network = section(config, "network")
  const port = (name: string, fallback: number): number => intOr(section(network, name)["port"], fallback)
  return { service: port("service", 3000), fabric: port("fabric", 3001), heartbeat: port("heartbeat", 3002) }
}

/** The racks as written; none means one implicit rack with id 0. */
const rackList = (spec: ClusterSpec): ReadonlyArray<Rack | undefined> => spec.rackConfig?.racks ?? [undefined]

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

/** A rack's merged tree repeats what it inherits: of findings with the same rule and text the first counts, the cluster's own. */
const firstOfEach = (problems: ReadonlyArray<SpecProblem>): ReadonlyArray<SpecProblem> => {
  const identity = (found: SpecProblem): string => `${found.rule ?? found.path}\n${found.message}`
  const identities = problems.map(identity)
  return problems.filter((found, index) => identities.indexOf(identity(found)) === index)
}

/** Nodes with different cluster names never form one cluster. */
const clusterNameProblems = (config: JsonObject, racks: ReadonlyArray<EffectiveRack>): ReadonlyArray<SpecProblem> => {
  const name = section(config, "service")["cluster-name"]
  return racks.flatMap((rack, index) =>
    when(
      section(rack.config, "service")["cluster-name"] !== name,
      "rack.cluster-name",
      `spec.rackConfig.racks[${index}].aerospikeConfig.service.cluster-name`,
      "racks of one cluster cannot have different cluster names",
      "remove cluster-name from the rack",
    ),
  )
}

const treeProblems = (config: JsonObject, size: number, path: string): ReadonlyArray<SpecProblem> => {
  const found = [
    ...enterpriseProblems(config, path),
    ...configProblems(config, size, path),
    ...pathProblems(config, path),
  ]
  // What a rule refuses need not be rendered to be refused once more.
  return found.length > 0
    ? found
    : Either.match(rackConfigText(config, [], path), { onLeft: (p) => p, onRight: () => [] })
}

const sizeProblems = (spec: ClusterSpec): ReadonlyArray<SpecProblem> =>
  when(
    (spec.size ?? 0) === 0,
    "V2",
    "spec.size",
    "no size, and no templateRef to take it from",
    "set spec.size to a number from 1 to 8; to stop a cluster, delete it",
  )

const batchPerRack = (
  racks: ReadonlyArray<EffectiveRack>,
  resolve: (size: number) => number,
): Readonly<Record<number, number>> => Object.fromEntries(racks.map((rack) => [rack.id, resolve(rack.size)]))

/** D10–D14. */
const withDefaultsOfParts = (spec: ClusterSpec): ClusterSpec => {
  const { podSpec, monitoring } = spec
  const serviceMonitor = monitoring?.serviceMonitor
  return {
    ...spec,
    ...(podSpec === undefined ? {} : { podSpec: { ...podSpec, ...missingPodSpec(podSpec) } }),
    ...(monitoring === undefined
      ? {}
      : {
          monitoring: {
            ...monitoring,
            ...missingMonitoring(monitoring),
            ...(serviceMonitor === undefined
              ? {}
              : { serviceMonitor: { ...serviceMonitor, ...missingServiceMonitor(monitoring, serviceMonitor) } }),
          },
        }),
  }
}

/** What of a resource decides about its meaning. */
export interface ClusterSubject extends Pick<
  ClusterView,
  "namespace" | "name" | "uid" | "generation" | "annotations" | "spec"
> {
  /** Where the copy of its template is. Absent: it holds none. */
  readonly status?: Pick<ClusterView["status"], "templateSnapshot">
}

const assemble = (
  cluster: ClusterSubject,
  spec: ClusterSpec,
  config: JsonObject,
  racks: ReadonlyArray<EffectiveRack>,
  templateWarnings: ReadonlyArray<SpecProblem>,
): EffectiveCluster => {
  const size = spec.size ?? 0
  const clusterName = section(config, "service")["cluster-name"]
  const maxUnavailableSpec = spec.maxUnavailable ?? 1
  return {
    key: { namespace: cluster.namespace, name: cluster.name },
    uid: cluster.uid,
    generation: cluster.generation,
    spec,
    image: spec.image ?? "",
    size,
    racks,
    clusterName: typeof clusterName === "string" ? clusterName : cluster.name,
    isPaused: spec.paused ?? false,
    readinessGateEnabled: spec.podSpec?.readinessGateEnabled ?? false,
    disablePdb: spec.disablePDB ?? false,
    maxUnavailable: resolveAmount(maxUnavailableSpec, size, { minimum: 0, fallback: 1 }),
    maxUnavailableSpec,
    restartBatch: batchPerRack(racks, (rackSize) =>
      resolveAmount(spec.rackConfig?.rollingUpdateBatchSize ?? spec.rollingUpdateBatchSize, rackSize, {
        minimum: 1,
        fallback: 1,
      }),
    ),
    scaleDownBatch: spec.rackConfig?.scaleDownBatchSize,
    maxIgnorablePods: batchPerRack(racks, (rackSize) =>
      resolveAmount(spec.rackConfig?.maxIgnorablePods, rackSize, { minimum: 0, fallback: 0 }),
    ),
    allowUnsafeRestart: cluster.annotations[Annotation.allowUnsafeRestart] === "true",
    hasAccessControl: spec.aerospikeAccessControl !== undefined || Object.hasOwn(config, "security"),
    warnings: [...templateWarnings, ...specWarnings(spec, config, size)],
  }
}

/**
 * Defaults, template, racks, sizes, ports and rules applied once. Left: everything that is wrong, together; nothing of the resource may
 * then be carried out.
 */
export const effectiveCluster = (
  cluster: ClusterSubject,
): Either.Either<EffectiveCluster, ReadonlyArray<SpecProblem>> => {
  const decoded = decodeSpec(cluster.spec)
  if (Either.isLeft(decoded)) return Either.left(decoded.left)
  const written = decoded.right
  const overridesProblem = when(
    written.overrides !== undefined && written.templateRef === undefined,
    "V53",
    "spec.overrides",
    "spec.overrides without spec.templateRef",
    "name a template in spec.templateRef, or remove spec.overrides",
  )
  const resolved = Either.flatMap(heldTemplate(cluster.status ?? {}, written.templateRef?.name), (template) =>
    resolveTemplate(written, template, cluster.name),
  )
  if (Either.isLeft(resolved)) return Either.left([...overridesProblem, ...resolved.left])
  const spec = withDefaultsOfParts(resolved.right.spec)
  const size = spec.size ?? 0
  const shapes = [...overridesProblem, ...sizeProblems(spec), ...imageProblems(spec.image, false)]
  const defaulted = defaultedConfig(spec.aerospikeConfig ?? {}, { clusterName: cluster.name })
  if (Either.isLeft(defaulted)) return Either.left([...shapes, ...defaulted.left])
  const config = defaulted.right
  const list = rackList(spec)
  const sizes = rackSizes(size, list.length)
  const racks = list.map((rack, index) => effectiveRack(spec, config, rack, sizes[index] ?? 0))
  const problems = firstOfEach([
    ...nameProblems(
      cluster,
      racks.map((rack) => rack.id),
    ),
    ...shapes,
    ...treeProblems(config, size, "spec.aerospikeConfig"),
    ...racks.flatMap((rack, index) =>
      rack.placement?.aerospikeConfig === undefined
        ? []
        : treeProblems(rack.config, size, `spec.rackConfig.racks[${index}].aerospikeConfig`),
    ),
    ...clusterNameProblems(config, racks),
    ...rackProblems(spec),
    ...storageProblems(spec.storage, "spec.storage"),
    ...(spec.rackConfig?.racks ?? []).flatMap((rack, index) =>
      storageProblems(rack.storage, `spec.rackConfig.racks[${index}].storage`),
    ),
    ...monitoringPortProblems(spec, racks),
  ])
  return problems.length > 0
    ? Either.left(problems)
    : Either.right(assemble(cluster, spec, config, racks, resolved.right.warnings))
}

/** V29, against the ports the racks really use (W32). */
const monitoringPortProblems = (spec: ClusterSpec, racks: ReadonlyArray<EffectiveRack>): ReadonlyArray<SpecProblem> => {
  const port = spec.monitoring?.enabled === true ? spec.monitoring.port : undefined
  const clash = racks
    .flatMap(({ ports }) => Object.entries(ports) as ReadonlyArray<[string, number]>)
    .find(([, used]) => used === port)
  return clash === undefined
    ? []
    : [
        problem(
          "V29",
          "spec.monitoring.port",
          `port ${port} is the ${clash[0]} port of the server`,
          "use another port, such as 9145",
        ),
      ]
}
