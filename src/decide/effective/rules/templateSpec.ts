/**
 * A template's spec judged on its own: TV1–TV7, W17–W19, and what no cluster could use (api.md appendix B 6). `spec.overrides` of a cluster
 * are a template's spec too.
 */
import type { JsonObject } from "../../../domain/Json.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { TemplateSpec } from "../../../domain/schema/template.js"
import { isObject } from "../configTree.js"
import { nanos } from "../quantity.js"
import { unequalResources } from "../template/warnings.js"
import { unknownFields } from "../unknownFields.js"
import { enterpriseProblems } from "./enterprise.js"
import { imageProblems, imageWarnings } from "./image.js"
import { monitoringProblems, monitoringWarnings } from "./monitoring.js"
import { when } from "./problem.js"
import { resourceProblems, tolerationProblems } from "./resources.js"

const oneOf = (
  rule: string,
  path: string,
  value: string | undefined,
  allowed: ReadonlyArray<string>,
): ReadonlyArray<SpecProblem> =>
  when(
    Boolean(value) && !allowed.includes(value ?? ""),
    rule,
    path,
    `${JSON.stringify(value)} is none of ${allowed.join(", ")}`,
    `use one of ${allowed.join(", ")}, or remove the field`,
  )

const outside = (
  rule: string,
  path: string,
  value: number | undefined,
  [minimum, maximum]: readonly [number, number],
): ReadonlyArray<SpecProblem> =>
  when(
    value !== undefined && (value < minimum || value > maximum),
    rule,
    path,
    `${value} is outside ${minimum}–${maximum}`,
    `use a number from ${minimum} to ${maximum}`,
  )

/** TV7. */
const storageRequest = (template: TemplateSpec, path: string): ReadonlyArray<SpecProblem> => {
  const requests = template.storage?.resources?.["requests"]
  const wanted = isObject(requests) ? requests["storage"] : undefined
  if (wanted === undefined) return []
  const amount = nanos(wanted)
  return when(
    amount === undefined || amount <= 0n,
    "TV7",
    `${path}.storage.resources.requests.storage`,
    `${JSON.stringify(wanted)} is no size above zero`,
    "write a size such as 10Gi",
  )
}

/** Enterprise-only keys in what every namespace, or the service section, would inherit. The paths are those of the template. */
const configProblems = (template: TemplateSpec, path: string): ReadonlyArray<SpecProblem> => {
  const { service, namespaceDefaults } = template.aerospikeConfig ?? {}
  const at = `${path}.aerospikeConfig`
  const tree = (config: JsonObject): ReadonlyArray<SpecProblem> => enterpriseProblems(config, at)
  const moved = (found: SpecProblem): SpecProblem => ({
    ...found,
    path: found.path.replace(`${at}.namespaces[0]`, `${at}.namespaceDefaults`),
    fix: found.fix.replace(`${at}.namespaces[0]`, `${at}.namespaceDefaults`),
  })
  return [
    ...(isObject(service) ? tree({ service }) : []),
    ...(isObject(namespaceDefaults) ? tree({ namespaces: [namespaceDefaults] }).map(moved) : []),
  ]
}

/** TV6 judges the port; an empty image gets its default in the cluster that uses the template. */
const notOfTemplates: ReadonlySet<string | undefined> = new Set(["V28", "V30"])

/** What is wrong with the template's spec at `path` (`spec`, or `spec.overrides` of a cluster). */
export const templateSpecProblems = (template: TemplateSpec, path: string): ReadonlyArray<SpecProblem> => [
  ...oneOf("TV1", `${path}.scheduling.podAntiAffinityLevel`, template.scheduling?.podAntiAffinityLevel, [
    "none",
    "preferred",
    "required",
  ]),
  ...oneOf("TV2", `${path}.scheduling.podManagementPolicy`, template.scheduling?.podManagementPolicy, [
    "OrderedReady",
    "Parallel",
  ]),
  ...when(
    (template.rackConfig?.maxRacksPerNode ?? 0) < 0,
    "TV3",
    `${path}.rackConfig.maxRacksPerNode`,
    `${template.rackConfig?.maxRacksPerNode} is below 0`,
    "use 0 for no limit",
  ),
  ...oneOf(
    "TV4",
    `${path}.aerospikeConfig.network.heartbeat.mode`,
    template.aerospikeConfig?.network?.heartbeat?.mode,
    ["mesh"],
  ),
  ...outside("TV5", `${path}.size`, template.size, [1, 8]),
  ...outside("TV6", `${path}.monitoring.port`, template.monitoring?.port || undefined, [1, 65_535]),
  ...storageRequest(template, path),
  ...resourceProblems(template.resources, `${path}.resources`),
  ...resourceProblems(template.monitoring?.resources, `${path}.monitoring.resources`),
  ...tolerationProblems(template.scheduling?.tolerations, `${path}.scheduling.tolerations`),
  ...imageProblems(template.image, true, `${path}.image`),
  ...configProblems(template, path),
  ...monitoringProblems(template.monitoring, [], `${path}.monitoring`).filter(({ rule }) => !notOfTemplates.has(rule)),
]

/** Odd, but accepted. */
export const templateSpecWarnings = (template: TemplateSpec, path: string): ReadonlyArray<SpecProblem> => {
  const unequal = unequalResources(template.resources)
  return [
    ...(template.image ? imageWarnings(template.image, `${path}.image`) : []),
    ...when(
      Boolean(template.image) && !template.image?.includes("ce-"),
      "W19",
      `${path}.image`,
      `${template.image} does not say ce-: it may be no Community Edition image`,
      "use an image such as aerospike:ce-8.1.1.1",
    ),
    ...monitoringWarnings(template.monitoring, `${path}.monitoring`),
    ...unknownFields(TemplateSpec.ast, template, path),
    ...when(
      template.storage?.localPVRequired === true && !template.storage.storageClassName,
      "W17",
      `${path}.storage.storageClassName`,
      "localPVRequired without storageClassName: there is no class to check",
      "name a StorageClass of local volumes",
    ),
    ...when(
      unequal.length > 0,
      "W18",
      `${path}.resources`,
      `requests and limits of ${unequal.join(" and ")} differ: the pods are not in the Guaranteed class`,
      "make requests and limits equal",
    ),
  ]
}
