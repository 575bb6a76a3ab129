/** Resources of files, judged as the API server would judge them now, and what becomes of the clusters among them. */
import * as Effect from "effect/Effect"
import { heldCopy } from "../../decide/template/copy.js"
import { isObject, section } from "../../decide/effective/configTree.js"
import { templateNameOf } from "../../domain/AerospikeCluster.js"
import type { Json, JsonObject } from "../../domain/Json.js"
import { type ClusterKey, keyString, Kinds } from "../../domain/Kubernetes.js"
import { Annotation } from "../../domain/Labels.js"
import type { ClusterView, TemplateView } from "../../domain/Snapshot.js"
import type { Entry } from "../validate/documents.js"
import { judge, type Judgements, type Known } from "../validate/judge.js"
import type { Foresight } from "./foresee.js"
import type { Look } from "./look.js"

const metadataText = (object: JsonObject, field: "name" | "namespace"): string => {
  const text = section(object, "metadata")[field]
  return typeof text === "string" ? text : ""
}

const isCluster = ({ object }: Entry): boolean => object["kind"] === Kinds.AerospikeCluster.kind

/** As `kubectl apply` would send them: every cluster is in a namespace, in this one if it names none. */
export const inNamespace = (entries: ReadonlyArray<Entry>, namespace: string): ReadonlyArray<Entry> =>
  entries.map((entry) => {
    const metadata = section(entry.object, "metadata")
    return !isCluster(entry) || typeof metadata["namespace"] === "string"
      ? entry
      : { ...entry, object: { ...entry.object, metadata: { ...metadata, namespace } } }
  })

/** The namespaces of the clusters, each once. */
export const namespacesOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> => [
  ...new Set(entries.filter(isCluster).map(({ object }) => metadataText(object, "namespace"))),
]

const keyOf = (object: JsonObject): ClusterKey => ({
  namespace: metadataText(object, "namespace"),
  name: metadataText(object, "name"),
})

interface Found {
  readonly cluster: ClusterView | undefined
  readonly template: TemplateView | undefined
}

const nothing: Found = { cluster: undefined, template: undefined }

const isResync = (object: JsonObject): boolean =>
  section(section(object, "metadata"), "annotations")[Annotation.resyncTemplate] === "true"

/** What the stored cluster is resolved with: its copy, unless a fresh one is asked for; else the template of the files, or the stored one. */
const templateFor = ({ cluster, template }: Found, object: JsonObject, inFiles: Json | undefined): Json | undefined => {
  const held = cluster === undefined || isResync(object) ? undefined : heldCopy({ cluster })
  if (held !== undefined && isObject(held.spec)) return { spec: held.spec }
  return inFiles ?? (isObject(template?.spec) ? { spec: template.spec } : undefined)
}

/** The verdicts, and what would happen to every cluster that is accepted. Every cluster is in a namespace ({@link inNamespace}). */
export const planFiles = (
  look: Look,
  entries: ReadonlyArray<Entry>,
): Effect.Effect<Judgements & { readonly foresights: ReadonlyArray<Foresight> }> =>
  Effect.gen(function* () {
    const found = new Map<string, Found>()
    for (const { object } of entries.filter(isCluster)) {
      const reference = templateNameOf(object["spec"])
      found.set(keyString(keyOf(object)), {
        cluster: yield* look.cluster(keyOf(object)),
        template: reference === undefined ? undefined : yield* look.template(reference),
      })
    }
    const foundFor = (object: JsonObject): Found => found.get(keyString(keyOf(object))) ?? nothing
    const known: Known = {
      stored: (object) => {
        const stored = foundFor(object).cluster?.object
        return isObject(stored) ? stored : undefined
      },
      template: (_reference, object, inFiles) => templateFor(foundFor(object), object, inFiles),
    }
    const judged = judge(entries, known)
    const accepted = judged.judgements.flatMap(({ accepted: isAccepted, defaulted, kind }) =>
      isAccepted && isObject(defaulted) ? [{ kind, object: defaulted }] : [],
    )
    const templates = new Map(
      accepted
        .filter(({ kind }) => kind === Kinds.AerospikeClusterTemplate.kind)
        .map(({ object }) => [metadataText(object, "name"), object] as const),
    )
    const foresights = yield* Effect.forEach(
      accepted.filter(({ kind }) => kind === Kinds.AerospikeCluster.kind),
      ({ object }) => look.foresee(keyOf(object), object, templates),
    )
    return { ...judged, foresights }
  })
