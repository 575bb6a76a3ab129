/** What must hold for every resource, however absurd (R115, R116, R126–R128). */
import * as Either from "effect/Either"
import { isDeepStrictEqual } from "node:util"
import { reviewCluster, reviewTemplate, type Verdict } from "../../src/decide/admission/review.js"
import { jsonPatch } from "../../src/decide/admission/patch.js"
import { isObject } from "../../src/decide/effective/configTree.js"
import { effectiveCluster } from "../../src/decide/effective/effectiveCluster.js"
import { desiredObjects } from "../../src/decide/objects/desiredObjects.js"
import type { Json } from "../../src/domain/Json.js"
import type { KubeObject } from "../../src/domain/Kubernetes.js"
import { clusterView } from "../../src/observe/views.js"
import { parseConf } from "../support/aerospikeConf.js"
import type { Candidate } from "./resources.js"

/** Longest answer of admission in milliseconds. */
export const deadlineMs = 100

/** Most bytes of all findings together. */
const maximumAnswer = 256 * 1024

export interface Judgement {
  readonly accepted: boolean
  /** Of one verdict: decoding, defaults and rules. */
  readonly ms: number
  /** What does not hold; empty when all is well. */
  readonly defects: ReadonlyArray<string>
}

const isKubeObject = (value: Json): value is Json & KubeObject =>
  isObject(value) &&
  typeof value["apiVersion"] === "string" &&
  typeof value["kind"] === "string" &&
  isObject(value["metadata"])

/** What the reconciler makes of the resource: undefined when it refuses it; throws when it cannot carry out what it accepts. */
const reconciled = (object: Json): ReadonlyArray<string> | undefined => {
  if (!isKubeObject(object)) return undefined
  const effective = Either.flatMap(clusterView(object), effectiveCluster)
  if (Either.isLeft(effective)) return undefined
  const { racks } = Either.getOrThrowWith(
    desiredObjects(effective.right, []),
    (found) => new Error(JSON.stringify(found)),
  )
  return racks.map(({ configMap }) => {
    const data = configMap["data"]
    const file = isObject(data) ? data["aerospike.conf"] : undefined
    return typeof file === "string" ? file : ""
  })
}

const verdictOf = ({ kind, operation }: Candidate, object: Json, oldObject: Json | undefined): Verdict =>
  kind === "template"
    ? reviewTemplate({ operation, object })
    : reviewCluster({ operation, object, ...(oldObject === undefined ? {} : { oldObject }) })

/** The shortest of a few tries: a busy machine makes a single one slow. */
const timed = (run: () => Verdict): readonly [Verdict, number] => {
  let best = Number.POSITIVE_INFINITY
  for (let tries = 0; ; tries++) {
    const from = performance.now()
    const verdict = run()
    best = Math.min(best, performance.now() - from)
    if (best <= deadlineMs / 10 || tries === 4) return [verdict, best]
  }
}

const findingDefects = ({ errors, warnings }: Verdict): ReadonlyArray<string> => [
  ...[...errors, ...warnings].flatMap(({ message, fix }) =>
    message === "" || fix === "" ? ["a finding without text"] : [],
  ),
  ...(JSON.stringify([errors, warnings]).length > maximumAnswer ? ["the answer is too long"] : []),
]

/** Changes are judged by admission only; they do not count when it is compared with the reconciler. */
const changeRules = new Set(["V54", "V55", "V56"])
/** The reconciler reads templates from the status of a cluster, and waits for one that is not there yet. */
const isOpen = (object: Json): boolean =>
  isObject(object) && isObject(object["spec"]) && isObject(object["spec"]["templateRef"]) && !isObject(object["status"])

/** What the reconciler sees otherwise than admission. */
export const agreementDefects = (object: Json, verdict: Verdict): ReadonlyArray<string> => {
  if (!isKubeObject(object) || isOpen(object)) return []
  const isRefused = verdict.errors.some(({ rule = "" }) => !changeRules.has(rule))
  return [object, verdict.defaulted].flatMap((given, index) => {
    const files = reconciled(given)
    const of = index === 0 ? "as sent" : "as stored"
    if ((files === undefined) !== isRefused)
      return [`admission ${isRefused ? "refuses" : "accepts"} what the reconciler, ${of}, does not`]
    files?.forEach((file) => parseConf(file))
    return []
  })
}

/** Defaults that change what is defaulted already. */
export const defaultingDefects = (candidate: Candidate, verdict: Verdict): ReadonlyArray<string> => {
  const again = verdictOf(candidate, verdict.defaulted, undefined)
  const isSame = jsonPatch(verdict.defaulted, again.defaulted).length === 0
  const isStable = isDeepStrictEqual(again.defaulted, verdict.defaulted)
  return isSame && isStable ? [] : ["defaulting twice is not defaulting once"]
}

/** Everything at once; a thrown exception is a defect like any other. */
export const judge = (candidate: Candidate): Judgement => {
  try {
    const object = JSON.parse(candidate.text) as Json
    const oldObject = candidate.oldText === undefined ? undefined : (JSON.parse(candidate.oldText) as Json)
    const [verdict, ms] = timed(() => verdictOf(candidate, object, oldObject))
    return {
      accepted: verdict.errors.length === 0,
      ms,
      defects: [
        ...(ms > deadlineMs ? [`the answer took ${ms.toFixed(0)} ms`] : []),
        ...findingDefects(verdict),
        ...defaultingDefects(candidate, verdict),
        ...(candidate.kind === "cluster" ? agreementDefects(object, verdict) : []),
      ],
    }
  } catch (thrown) {
    return {
      accepted: false,
      ms: 0,
      defects: [`thrown: ${thrown instanceof Error ? (thrown.stack ?? thrown.message).slice(0, 600) : String(thrown)}`],
    }
  }
}
