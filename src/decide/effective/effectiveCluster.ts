/** From the resource a user wrote to the one immutable value everything else decides from. */
import * as Either from "effect/Either"
import { type ClusterSpec, decodeSpec } from "../../domain/AerospikeCluster.js"
import type { Undecoded } from "../../domain/schema/decode.js"
import type { EffectiveCluster, EffectiveRack } from "../../domain/EffectiveCluster.js"
import type { JsonObject } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { Annotation } from "../../domain/Labels.js"
import type { ClusterView } from "../../domain/Snapshot.js"
import { resolveAmount } from "./amounts.js"
import { isObject, section } from "./configTree.js"
import {
  shapeProblems,
  wellShaped,
  withConfigDefaults,
  missingMonitoring,
  missingPodSpec,
  missingServiceMonitor,
  withDefaultedParts,
} from "./defaults.js"
import { type Draft, draftProblems } from "./findings.js"
import { effectiveRacks } from "./racks.js"
import { firstOfEach } from "./rules/problem.js"
import { textProblems } from "./rules/text.js"
import { type ResolvedSpec, resolveTemplate } from "./template.js"
import { heldTemplate } from "./template/snapshot.js"
import { besideUndecoded, isAtOrBelow } from "./undecoded.js"
import { specWarnings } from "./warnings.js"

type Problems = ReadonlyArray<SpecProblem>

/** What of a resource decides about its meaning. */
export type ClusterSubject = Pick<ClusterView, "namespace" | "name" | "uid" | "generation" | "annotations" | "spec"> & {
  readonly status: Pick<ClusterView["status"], "templateSnapshot">
}

/**
 * Where the template of a cluster is found: in the copy its status holds, as the reconciler does, or nowhere, because nobody knows it yet: then
 * what the cluster leaves to it is not judged.
 */
export type TemplateSource = "held" | "unknown"

/** Everything that can be said about a resource. */
export interface Examination {
  /** What is wrong, all of it. */
  readonly errors: Problems
  /** What is odd, whether or not something is wrong. */
  readonly warnings: Problems
  /** The cluster that is meant: there exactly when nothing is wrong and nothing is left to a template that is not known. */
  readonly cluster?: EffectiveCluster
  /** The resource is so deep or large that nothing beyond its shape was looked at. */
  readonly isUnreadable?: true
}

const refused = (errors: Problems): Examination => ({ errors: firstOfEach(errors), warnings: [] })

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

const batchPerRack = (
  racks: ReadonlyArray<EffectiveRack>,
  resolve: (size: number) => number,
): Readonly<Record<number, number>> => Object.fromEntries(racks.map((rack) => [rack.id, resolve(rack.size)]))

/** What resolving the template has told. */
interface Told extends Omit<ResolvedSpec, "spec"> {
  /** Something is left to a template that nobody knows. */
  readonly isOpen: boolean
}

const assemble = (
  cluster: ClusterSubject,
  { key, spec, racks }: Draft,
  config: JsonObject,
  { localClass, warnings }: Omit<Told, "isOpen">,
): EffectiveCluster => {
  const size = spec.size ?? 0
  const clusterName = section(config, "service")["cluster-name"]
  const maxUnavailableSpec = spec.maxUnavailable ?? 1
  return {
    key,
    uid: cluster.uid,
    generation: cluster.generation,
    spec,
    image: spec.image ?? "",
    size,
    racks,
    config,
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
    ...(localClass === undefined ? {} : { localClass }),
    warnings,
  }
}

/** Defaults, racks and rules for a spec that has taken over its template. */
const examineResolved = (cluster: ClusterSubject, resolved: ClusterSpec, told: Told): Examination => {
  const key = { namespace: cluster.namespace, name: cluster.name }
  const spec = withDefaultsOfParts(resolved)
  const written = spec.aerospikeConfig ?? {}
  const misshapen = shapeProblems(written, "spec.aerospikeConfig")
  const config = withConfigDefaults(wellShaped(written), { clusterName: cluster.name })
  const draft: Draft = { key, spec, racks: effectiveRacks(spec, config), isOpen: told.isOpen, config }
  const errors = firstOfEach([...misshapen, ...draftProblems(draft)])
  const warnings = firstOfEach([...told.warnings, ...specWarnings(draft, config)])
  return errors.length > 0 || told.isOpen
    ? { errors, warnings }
    : { errors, warnings, cluster: assemble(cluster, draft, config, { ...told, warnings }) }
}

const examineDecoded = (cluster: ClusterSubject, written: ClusterSpec, source: TemplateSource): Examination => {
  if (source === "unknown" && written.templateRef !== undefined)
    return examineResolved(cluster, written, { isOpen: true, warnings: [] })
  const resolved = Either.flatMap(heldTemplate(cluster.status, written.templateRef?.name), (template) =>
    resolveTemplate(written, template, cluster.name),
  )
  return Either.match(resolved, {
    // What the cluster itself gets wrong is told along with it.
    onLeft: (errors) => {
      const own = examineResolved(cluster, written, { isOpen: true, warnings: [] })
      return { errors: firstOfEach([...errors, ...own.errors]), warnings: own.warnings }
    },
    onRight: ({ spec, ...told }) => examineResolved(cluster, spec, { ...told, isOpen: false }),
  })
}

/** Stands in for a template whose name cannot be read. */
const someTemplate = { name: "unknown" }

const examineUndecoded = (
  cluster: ClusterSubject,
  undecoded: Undecoded<ClusterSpec>,
  source: TemplateSource,
): Examination => {
  const isTemplateUnread = [...undecoded.readAt, ...undecoded.lostAt].some((path) =>
    isAtOrBelow(path, "spec.templateRef"),
  )
  return besideUndecoded(undecoded, (rest) =>
    isTemplateUnread
      ? examineDecoded(cluster, { ...rest, templateRef: someTemplate }, "unknown")
      : examineDecoded(cluster, rest, source),
  )
}

/** Decoding, template, defaults, racks, sizes, ports and rules, applied once. Never throws, whatever the resource is. */
export const examine = (cluster: ClusterSubject, source: TemplateSource = "held"): Examination => {
  const { isUnreadable, problems: unsafe } = textProblems(cluster.spec)
  if (isUnreadable) return { ...refused(unsafe), isUnreadable: true }
  // Defaults come first: they replace an empty image or port that the schema would refuse.
  const spec = isObject(cluster.spec) ? withDefaultedParts(cluster.spec) : cluster.spec
  const decoded = decodeSpec(spec)
  const { errors, warnings, ...rest } = Either.isLeft(decoded)
    ? examineUndecoded(cluster, decoded.left, source)
    : examineDecoded(cluster, decoded.right, source)
  return unsafe.length === 0 ? { errors, warnings, ...rest } : { errors: firstOfEach([...unsafe, ...errors]), warnings }
}

/** The effective cluster, or everything that is wrong; nothing of the resource may then be carried out. */
export const effectiveCluster = (cluster: ClusterSubject): Either.Either<EffectiveCluster, Problems> => {
  const examined = examine(cluster)
  return examined.cluster === undefined ? Either.left(examined.errors) : Either.right(examined.cluster)
}
