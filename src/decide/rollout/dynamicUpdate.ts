/**
 * Which candidates need no restart: only their configuration differs, only in values that their server changes while it runs, and the user wants
 * it so (`enableDynamicConfigUpdate`). All of them change in one step; what cannot be known yet is waited for.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { DesiredObjects, DesiredRack, EffectiveCluster } from "../../domain/EffectiveCluster.js"
import type { JsonObject } from "../../domain/Json.js"
import { areContainersReady, type PodView } from "../../domain/Kubernetes.js"
import { Annotation } from "../../domain/Labels.js"
import { known } from "../../domain/NodeFacts.js"
import type { Step, Wait } from "../../domain/Plan.js"
import { type NodeChange, recordOf, runOf, settledOf, valueSet } from "../../domain/RunningConfiguration.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { serverOfImage } from "../configuration/check/serverOfImage.js"
import { configurationChange } from "../configuration/dynamic/changes.js"
import { refusalOf } from "../configuration/dynamic/refusal.js"
import { isObject } from "../effective/configTree.js"
import { differsInConfigurationOnly } from "../objects/templateDifference.js"
import { servicePortOf } from "../requeue.js"
import type { Candidate } from "./candidates.js"
import { readNode } from "./nodeReading.js"
import type { FactsNeed } from "./safety.js"

export interface DynamicUpdate {
  readonly steps: ReadonlyArray<Step>
  readonly waits: ReadonlyArray<Wait>
  readonly facts?: FactsNeed
  /** Candidates that are taken care of here. */
  readonly candidates: ReadonlySet<Candidate>
}

type Verdict =
  | { readonly _tag: "Restart" }
  | { readonly _tag: "Unknown"; readonly pod: string; readonly why: string }
  | { readonly _tag: "Change"; readonly change: NodeChange }

const restart: Verdict = { _tag: "Restart" }

const readTree = Schema.decodeUnknownOption(Schema.parseJson())

/** The tree that the file of a pod was written from. */
const fileOf = (pod: PodView): JsonObject | undefined => {
  const text = pod.annotations[Annotation.config]
  const tree = text === undefined ? undefined : Option.getOrUndefined(readTree(text))
  return isObject(tree) ? tree : undefined
}

const verdictOf = (snapshot: Snapshot, effective: EffectiveCluster, rack: DesiredRack, pod: PodView): Verdict => {
  const [file, run, was, host] = [fileOf(pod), runOf(pod), settledOf(pod), pod.podIP]
  if (file === undefined || run === undefined || was === undefined || host === undefined) return restart
  if (rack.configuration === undefined || !areContainersReady(pod) || !differsInConfigurationOnly(rack, pod))
    return restart
  const reading = readNode(snapshot.facts.latest, pod)
  if (reading._tag === "Unknown") return { _tag: "Unknown", pod: pod.name, why: reading.why }
  const build = known(reading.answers.build)
  if (build === undefined) return { _tag: "Unknown", pod: pod.name, why: "did not tell its release" }
  const pending = recordOf(pod)?.pending ?? []
  const told = [...was.told, ...pending.map(({ target }) => target)]
  const { table } = serverOfImage(`:${build}`)
  const { dynamic, static: restarts } = configurationChange(table, file, rack.configuration, told)
  if (restarts.length > 0) return restart
  const becomes = {
    templateHash: rack.templateHash,
    configHash: rack.configHash,
    told: dynamic.filter(({ command, undo }) => valueSet(command) !== valueSet(undo)).map(({ target }) => target),
  }
  const port = servicePortOf(snapshot, effective, pod)
  const { configHash, templateHash } = was
  return {
    _tag: "Change",
    change: {
      pod,
      host,
      port,
      run,
      was: { templateHash, configHash, told: was.told },
      pending,
      becomes,
      changes: dynamic,
    },
  }
}

const none: DynamicUpdate = { steps: [], waits: [], candidates: new Set() }

/** The next step for those of `queue` that need no restart. `expectedSize`: members the cluster should have. */
export const dynamicUpdate = (
  snapshot: Snapshot,
  effective: EffectiveCluster,
  desired: DesiredObjects,
  queue: ReadonlyArray<Candidate>,
  expectedSize: number,
): DynamicUpdate => {
  if (effective.spec.enableDynamicConfigUpdate !== true || refusalOf(snapshot) !== undefined) return none
  const verdicts = queue.flatMap((candidate): ReadonlyArray<readonly [Candidate, Verdict]> => {
    const rack = desired.racks.find(({ rack: { id } }) => id === candidate.rack.id)
    const verdict = rack === undefined ? restart : verdictOf(snapshot, effective, rack, candidate.pod)
    return verdict._tag === "Restart" ? [] : [[candidate, verdict]]
  })
  if (verdicts.length === 0) return none
  const candidates = new Set(verdicts.map(([candidate]) => candidate))
  const unknown = verdicts.flatMap(([, verdict]) => (verdict._tag === "Unknown" ? [verdict] : []))
  const [first] = unknown
  if (first === undefined) {
    const nodes = verdicts.flatMap(([, verdict]) => (verdict._tag === "Change" ? [verdict.change] : []))
    return { steps: [{ _tag: "SetConfig", clusterName: effective.clusterName, nodes }], waits: [], candidates }
  }
  const message = `waiting until every node answers, to change its configuration: ${first.pod} ${first.why}`
  return {
    steps: [],
    waits: [{ kind: "NodeUnknown", pods: unknown.map(({ pod }) => pod), message }],
    facts: { when: "fresh", expectedSize, because: "which release does the node run?" },
    candidates,
  }
}
