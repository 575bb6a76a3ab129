/** One text in one place: admission refuses it, or everything the operator makes of it holds it as data only (R117, R118, R121, R122). */
import * as Either from "effect/Either"
import { encodeRequest } from "../../src/aerospike/infoProtocol.js"
import { reviewCluster, reviewTemplate } from "../../src/decide/admission/review.js"
import { configurationChange } from "../../src/decide/configuration/dynamic/changes.js"
import { configurationKey, initScript, initScriptKey } from "../../src/decide/objects/initScript.js"
import { Annotation } from "../../src/domain/Labels.js"
import { Container } from "../../src/domain/Names.js"
import type { KubeObject } from "../../src/domain/Kubernetes.js"
import { parameterTable } from "../../src/domain/serverParameters/ParameterTable.js"
import { type ConfNode, parseConf } from "../support/aerospikeConf.js"
import { confFaults, type Pair, shapeFaults } from "./compare.js"
import { commandsOf, type InfoCommand } from "./infoRequest.js"
import { nameRuleFaults } from "./nameRules.js"
import { type Outputs, outputsOf } from "./outputs.js"
import type { Resource, Subject } from "./resources.js"

/** What people write; tried in this order until one is accepted. */
const usual = [
  "zqmarker",
  "/opt/zqdir/zqmarker",
  "10.98.76.54",
  "any info",
  "info",
  "local0",
  "77",
  "77%",
  "77Gi",
  "77s",
  "true",
  "ClusterFirst",
  "read.zq",
  "sys-admin",
]

/** What admission says about the cluster, and about the template if there is one. */
export const isAccepted = ({ template }: Subject, cluster: Resource, text: string): boolean =>
  reviewCluster({ operation: "CREATE", object: cluster }).errors.length === 0 &&
  (template === undefined || reviewTemplate({ operation: "CREATE", object: template(text) }).errors.length === 0)

/** A place with a text that is accepted there. */
export interface Baseline {
  readonly subject: Subject
  readonly cluster: (text: string) => Resource
  readonly harmless: string
  readonly outputs: Outputs
  /** The same, read once. */
  readonly files: ReadonlyArray<ReadonlyArray<ConfNode>>
  readonly objects: ReadonlyArray<unknown>
}

const leavesOf = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, below]: [string, unknown]) => [key, ...leavesOf(below)])
}

/** Fields in which a text is more than data: what is read as a name or run. */
const readFields = new Set(["name", "labels", "annotations", "nodeSelector", "matchLabels", "args", "command", "env"])

const readTexts = (value: unknown): ReadonlyArray<string> => {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, below]: [string, unknown]) =>
    readFields.has(key) ? leavesOf(below) : readTexts(below),
  )
}

/** Whether the text of a place comes to the server's configuration, an info command, a shell, or a name of an object, rather than being kept. */
export const isReadAsText = ({ harmless, outputs, subject }: Baseline): boolean =>
  subject.place.path.includes(".aerospikeConfig") ||
  [
    ...configurationFiles(outputs),
    ...outputs.commands,
    ...outputs.objects.flatMap((object) => [...readTexts(object.metadata), ...podTexts(object)]),
  ].some((text) => text.includes(harmless))

/** Of the user's own containers, everything is the user's: only the operator's are looked into. */
const podTexts = (object: KubeObject): ReadonlyArray<string> => {
  const template = field(object["spec"], "template")
  const pod = field(template, "spec")
  return [
    ...readTexts(field(template, "metadata")),
    ...leavesOf(field(pod, "nodeSelector")),
    ...readTexts(list(field(object["spec"], "volumeClaimTemplates"))),
    ...["initContainers", "containers", "volumes"].flatMap((key) =>
      list(field(pod, key)).flatMap((item) => [
        String(field(item, "name")),
        ...(own.has(field(item, "name")) ? readTexts(item) : []),
      ]),
    ),
  ]
}

/** Undefined when no text is accepted. */
export const baselineOf = (subject: Subject): Baseline | undefined => {
  for (const harmless of [...usual.slice(0, 1), ...subject.place.samples.filter(Boolean), ...usual.slice(1)])
    for (const cluster of subject.clusters)
      if (isAccepted(subject, cluster(harmless), harmless)) {
        const outputs = outputsOf(cluster(harmless))
        if (outputs !== undefined)
          return {
            subject,
            cluster,
            harmless,
            outputs,
            files: configurationFiles(outputs).map(parseConf),
            objects: outputs.objects.map(withoutDerived),
          }
      }
  return undefined
}

/** Derived from everything else, and no text of the resource. */
const derived = new Set<string>([
  Annotation.appliedHash,
  Annotation.configHash,
  Annotation.podSpecHash,
  Annotation.templateHash,
  Annotation.templateParts,
])

/** What the operator writes as JSON into an annotation of its own must read back as what it was. */
const readBack = (key: string, value: unknown): unknown =>
  typeof value === "string" && key.startsWith("acko.io/") && value.startsWith("{") ? JSON.parse(value) : value

const withoutDerived = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutDerived)
  if (typeof value !== "object" || value === null) return value
  const kept: Record<string, unknown> = {}
  for (const [key, below] of Object.entries(value))
    if (!derived.has(key) && key !== configurationKey) kept[key] = readBack(key, withoutDerived(below))
  return kept
}

const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? (value as ReadonlyArray<unknown>) : [])

/** The `aerospike.conf` of each rack. */
export const configurationFiles = ({ objects }: Outputs): ReadonlyArray<string> =>
  objects.flatMap(({ kind, ...object }) => {
    const text = kind === "ConfigMap" ? field(object["data"], configurationKey) : undefined
    return typeof text === "string" ? [text] : []
  })

const containersOf = ({ objects }: Outputs): ReadonlyArray<unknown> =>
  objects.flatMap((object) => {
    const pod = field(field(object["spec"], "template"), "spec")
    return [...list(field(pod, "initContainers")), ...list(field(pod, "containers"))]
  })

/** Arguments the init script gets, by rack. */
export const initArguments = (outputs: Outputs): ReadonlyArray<ReadonlyArray<string>> =>
  containersOf(outputs)
    .filter((container) => field(container, "name") === Container.init)
    .map((container) => list(field(container, "args")).map(String))

const own = new Set<unknown>(Object.values(Container))

/** Kubernetes replaces `$(NAME)` in commands, arguments and environment: in the operator's own containers, no text of a resource may ask for it. */
const expansionFaults = (outputs: Outputs, { place }: Subject): ReadonlyArray<string> =>
  place.path.includes(".monitoring.env")
    ? []
    : containersOf(outputs)
        .filter((container) => own.has(field(container, "name")))
        .flatMap((container) => [
          ...["command", "args"].flatMap((key) => list(field(container, key))),
          ...list(field(container, "env")).map((variable) => field(variable, "value") ?? ""),
        ])
        .filter((value) => String(value).replaceAll("$$", "").includes("$("))
        .map((value) => `${JSON.stringify(value)} would be expanded`)

const scriptFaults = ({ objects }: Outputs): ReadonlyArray<string> =>
  objects.flatMap(({ kind, ...object }) =>
    kind === "ConfigMap" && field(object["data"], initScriptKey) !== initScript ? ["another script"] : [],
  )

/** Each command as the server reads it; one that cannot be sent is none. */
const sent = (commands: ReadonlyArray<string>): ReadonlyArray<InfoCommand> =>
  Either.match(encodeRequest(commands), { onLeft: () => [], onRight: commandsOf })

/** The same questions; one about a name that cannot be asked for is left out. */
const questionFaults = ({ outputs }: Baseline, now: Outputs, pair: Pair): ReadonlyArray<string> => {
  const [before, after] = [sent(outputs.commands), sent(now.commands)]
  if (after.length > before.length) return [`${after.length} info commands instead of ${before.length}`]
  return after.length < before.length && now.commands.length === after.length
    ? before.filter((command) => !after.some((other) => shapeFaults(command, other, pair, "").length === 0)).length > 1
      ? ["more than one question is missing"]
      : []
    : shapeFaults(before, after, pair, "info")
}

/** What changes at run time is one parameter that the server knows, in one command. */
const changeFaults = ({ outputs }: Baseline, now: Outputs): ReadonlyArray<string> =>
  now.configurations.flatMap((to, index) =>
    configurationChange(parameterTable(), outputs.configurations[index] ?? {}, to).dynamic.flatMap(
      ({ command, undo }) =>
        [command, undo].flatMap((text) => {
          const commands = sent([text])
          const [first] = commands
          const keys = (first?.parameters ?? []).map(([key]) => key)
          const scope = keys.filter((key) => ["context", "namespace", "set"].includes(key))
          return commands.length === 1 && first?.name === "set-config" && keys.length === scope.length + 1
            ? []
            : [`${JSON.stringify(text)} is not one command for one parameter`]
        }),
    ),
  )

const objectFaults = ({ objects }: Baseline, now: Outputs, pair: Pair): ReadonlyArray<string> => [
  ...shapeFaults(objects, now.objects.map(withoutDerived), pair, "objects"),
  ...now.objects.flatMap((object: KubeObject) => nameRuleFaults(object)),
]

const fileFaults = ({ files }: Baseline, now: Outputs, pair: Pair): ReadonlyArray<string> =>
  configurationFiles(now).flatMap((file, index) => confFaults(files[index] ?? [], parseConf(file), pair))

export interface Judgement {
  /** Absent: refused. */
  readonly outputs?: Outputs
  readonly faults: ReadonlyArray<string>
}

/**
 * What is wrong with what becomes of a text. The reconciler decides by the same function as admission, so its answer is the verdict.
 *
 * @param isCompared admission is asked, too, and must agree
 */
export const judgeText = (baseline: Baseline, text: string, isCompared: boolean): Judgement => {
  const { subject, cluster, harmless } = baseline
  const resource = cluster(text)
  const outputs = outputsOf(resource)
  if (isCompared && isAccepted(subject, resource, text) !== (outputs !== undefined))
    return { faults: ["admission and reconciler do not agree"] }
  if (outputs === undefined) return { faults: [] }
  const pair = { harmless, text }
  return {
    outputs,
    faults: [
      ...fileFaults(baseline, outputs, pair),
      ...questionFaults(baseline, outputs, pair),
      ...changeFaults(baseline, outputs),
      ...scriptFaults(outputs),
      ...expansionFaults(outputs, subject),
      ...objectFaults(baseline, outputs, pair),
    ],
  }
}
