/** Everything that is wrong with a resolved and defaulted spec, in the order of api.md §6.1. The rules themselves are in `rules/`. */
import * as Either from "effect/Either"
import type { ClusterSpec } from "../../domain/AerospikeCluster.js"
import type { EffectiveRack } from "../../domain/EffectiveCluster.js"
import type { JsonObject } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import type { Storage } from "../../domain/schema/storage.js"
import type { ClusterKey } from "../../domain/Kubernetes.js"
import type { Subject } from "../configuration/check/checkConfiguration.js"
import { rackConfigText } from "../configuration/render.js"
import { section } from "./configTree.js"
import { shapeProblems } from "./defaults.js"
import { accessControlProblems } from "./rules/accessControl.js"
import { backingWarnings } from "./rules/backing.js"
import { configProblems, configWarnings } from "./rules/config.js"
import { enterpriseProblems } from "./rules/enterprise.js"
import { imageProblems } from "./rules/image.js"
import { monitoringProblems } from "./rules/monitoring.js"
import { nameProblems } from "./rules/names.js"
import { operationProblems } from "./rules/operations.js"
import { pathProblems } from "./rules/paths.js"
import { podPartProblems } from "./rules/pods.js"
import { firstOfEach, when } from "./rules/problem.js"
import { rackProblems } from "./rules/racks.js"
import { overridesProblems, sizeProblems, templateNameProblems } from "./rules/size.js"
import { storageProblems } from "./rules/storage.js"
import { templateSpecProblems } from "./rules/templateSpec.js"
import { deviceBytes } from "./volumes.js"

/** A spec on its way to an effective cluster. */
export interface Draft {
  readonly key: ClusterKey
  /** With the template's values and the defaults of D10–D14. */
  readonly spec: ClusterSpec
  /** The defaulted tree (D1–D9), without what was not well shaped. */
  readonly config: JsonObject
  readonly racks: ReadonlyArray<EffectiveRack>
  /** The template is not known: what the spec leaves to it cannot be missed. */
  readonly isOpen: boolean
}

const path = "spec.aerospikeConfig"
const rackPath = (index: number): string => `spec.rackConfig.racks[${index}]`

/** What a tree at a path is judged by: `storage` is what its pods have. */
const subjectOf = ({ spec, isOpen }: Draft, at: string, storage: Storage | undefined): Subject => ({
  path: at,
  size: spec.size ?? 0,
  image: spec.image ?? "",
  devices: deviceBytes(storage),
  isOpen,
})

/** Racks whose pods are not like the cluster's: with a tree or storage of their own. */
const racksApart = (
  draft: Draft,
): ReadonlyArray<{ readonly rack: EffectiveRack; readonly isMerged: boolean; readonly subject: Subject }> =>
  draft.racks.flatMap((rack, index) => {
    const isMerged = rack.placement?.aerospikeConfig !== undefined
    const at = isMerged ? `${rackPath(index)}.aerospikeConfig` : path
    return isMerged || rack.placement?.storage !== undefined
      ? [{ rack, isMerged, subject: subjectOf(draft, at, rack.storage) }]
      : []
  })

/** Odd content of the cluster's tree and of those racks change. */
export const configurationWarnings = (draft: Draft, config: JsonObject): ReadonlyArray<SpecProblem> => [
  ...configWarnings(config, subjectOf(draft, path, draft.spec.storage)),
  ...racksApart(draft).flatMap(({ rack, subject }) => configWarnings(rack.config, subject)),
]

/** Storage of namespaces that the pods of some rack do not have. Volumes may come from a template that is not known yet. */
export const storageWarningsOfRacks = ({ racks, isOpen }: Draft): ReadonlyArray<SpecProblem> =>
  isOpen
    ? []
    : racks.flatMap(({ config, storage, placement }, index) =>
        backingWarnings(
          config,
          storage,
          placement?.aerospikeConfig === undefined ? path : `${rackPath(index)}.aerospikeConfig`,
        ),
      )

/** One tree, as the pods of a rack would get it. */
const treeProblems = (config: JsonObject, subject: Subject): ReadonlyArray<SpecProblem> => {
  const { path: at } = subject
  const found = [...enterpriseProblems(config, at), ...configProblems(config, subject), ...pathProblems(config, at)]
  // What a rule refuses need not be rendered to be refused once more.
  return found.length > 0
    ? found
    : Either.match(rackConfigText(config, [], at), { onLeft: (problems) => problems, onRight: () => [] })
}

/** A rack's own tree merged over the cluster's, or the cluster's on storage of the rack's own. */
const rackTreeProblems = (draft: Draft): ReadonlyArray<SpecProblem> =>
  racksApart(draft).flatMap(({ rack, isMerged, subject }) => {
    const shapes = isMerged ? shapeProblems(rack.config, subject.path) : []
    return shapes.length > 0 ? shapes : treeProblems(rack.config, subject)
  })

/** Nodes with different cluster names never form one cluster. */
const clusterNameProblems = (config: JsonObject, racks: ReadonlyArray<EffectiveRack>): ReadonlyArray<SpecProblem> => {
  const name = section(config, "service")["cluster-name"]
  return racks.flatMap((rack, index) =>
    when(
      section(rack.config, "service")["cluster-name"] !== name,
      "rack.cluster-name",
      `${rackPath(index)}.aerospikeConfig.service.cluster-name`,
      "racks of one cluster cannot have different cluster names",
      "remove cluster-name from the rack",
    ),
  )
}

const configurationProblems = (draft: Draft): ReadonlyArray<SpecProblem> => [
  ...treeProblems(draft.config, subjectOf(draft, path, draft.spec.storage)),
  ...rackTreeProblems(draft),
  ...clusterNameProblems(draft.config, draft.racks),
]

/** A cluster name that nobody wrote is as good as the name it comes from. */
const isInherited =
  ({ key, config }: Draft) =>
  ({ rule }: SpecProblem): boolean =>
    rule === "name.cluster" && section(config, "service")["cluster-name"] === key.name

const allStorageProblems = ({ spec }: Draft): ReadonlyArray<SpecProblem> => [
  ...storageProblems(spec.storage, "spec.storage"),
  ...(spec.rackConfig?.racks ?? []).flatMap((rack, index) =>
    storageProblems(rack.storage, `${rackPath(index)}.storage`),
  ),
]

/** What a finding says, wherever it says it: overrides know no name of a namespace. */
const wording = ({ rule = "", message }: SpecProblem): string => `${rule} ${message.replace(/^namespace [^:]*: /, "")}`

/** Findings about the cluster, then those about its overrides: what comes from the overrides is told where it was written. */
const withOverrides = (found: ReadonlyArray<SpecProblem>, { overrides }: Draft["spec"]): ReadonlyArray<SpecProblem> => {
  if (overrides === undefined) return found
  const inOverrides = templateSpecProblems(overrides, "spec.overrides")
  const told = new Set(inOverrides.map(wording))
  return [...found.filter((one) => !told.has(wording(one))), ...inOverrides]
}

/** Each finding once. */
export const draftProblems = (draft: Draft): ReadonlyArray<SpecProblem> => {
  const { key, spec, racks, isOpen } = draft
  const names = nameProblems(
    key,
    racks.map((rack) => rack.id),
  )
  const configuration = configurationProblems(draft)
  const found = [
    ...names,
    ...sizeProblems(spec, isOpen),
    ...imageProblems(spec.image, isOpen),
    ...(names.length === 0 ? configuration : configuration.filter((found) => !isInherited(draft)(found))),
    ...accessControlProblems(spec.aerospikeAccessControl),
    ...rackProblems(spec),
    ...monitoringProblems(
      spec.monitoring,
      racks.map(({ ports }) => ports),
    ),
    ...allStorageProblems(draft),
    ...operationProblems(spec.operations),
    ...overridesProblems(spec),
    ...templateNameProblems(spec),
    ...podPartProblems(spec),
  ]
  return firstOfEach(withOverrides(found, spec))
}
