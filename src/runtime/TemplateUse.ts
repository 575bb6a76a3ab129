/**
 * Keeps `status.usedBy` and the finalizer of templates as the clusters are. A queue of its own, by template name: one pass reads the stores,
 * decides purely and writes what differs. Several operators with namespaces of their own share both lists: each changes its part of what it
 * has read, and a change of another in between is a conflict. Not by server-side apply, which keeps what another manager has applied: an
 * operator that watches other namespaces than before could take nothing back.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { OperatorConfig } from "../config/OperatorConfig.js"
import { templateUse } from "../decide/template/use.js"
import { templateNameOf } from "../domain/AerospikeCluster.js"
import { Kinds } from "../domain/Kubernetes.js"
import { FieldManager } from "../domain/Labels.js"
import { KubeWriter } from "../kube/KubeClient.js"
import { isConflict, isNotFound } from "../kube/KubeError.js"
import { allReady, Stores, usersOf } from "../observe/Sources.js"
import * as Controller from "./Controller.js"
import { make as makeQueue } from "./WorkQueue.js"

/** Name of the controller and its queue in logs and metrics. */
const controllerName = "aerospikeclustertemplate"

/** Another operator, or a user, has written the template since we last heard of it: the store catches up within moments. */
const outdatedRetryMs = 1_000

/** Sets fields of the very version that was read; answers with the version that follows. */
const write = (
  name: string,
  resourceVersion: string,
  fields: { readonly metadata?: object; readonly status?: object },
) =>
  Effect.flatMap(KubeWriter, (writer) =>
    writer.patch(
      Kinds.AerospikeClusterTemplate,
      { name },
      {
        type: "merge",
        fieldManager: FieldManager.templates,
        body: { ...fields, metadata: { ...fields.metadata, resourceVersion } },
        ...(fields.status === undefined ? {} : { subresource: "status" }),
      },
    ),
  ).pipe(Effect.map(({ metadata }) => metadata.resourceVersion ?? ""))

export class TemplateUse extends Context.Tag("acko/TemplateUse")<
  TemplateUse,
  {
    /** Works until interrupted. */
    readonly run: Effect.Effect<never>
    /** Of its queue (see `WorkQueue.measure`). */
    readonly measure: Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.scoped(
    TemplateUse,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const stores = yield* Stores
  const { watchNamespaces } = yield* OperatorConfig
  const context = yield* Effect.context<KubeWriter>()
  const queue = yield* makeQueue<string>({ name: controllerName, keyString: (name) => name })
  yield* stores.templates.subscribe(({ before, after, why }) => queue.add((after ?? before)?.name ?? "", why))
  yield* stores.clusters.subscribe(({ before, after, why }) =>
    Effect.forEach(
      new Set([templateNameOf(before?.spec), templateNameOf(after?.spec)].filter((name) => name !== undefined)),
      (name) => queue.add(name, why),
      { discard: true },
    ),
  )
  const reconcile = (name: string) =>
    Effect.gen(function* () {
      const template = yield* stores.templates.get({ name })
      if (template === undefined) return {}
      const { finalizers, usedBy } = templateUse(template, yield* usersOf(stores, name), watchNamespaces)
      let version = template.resourceVersion
      // Listed before guarded, and no longer guarded only when no longer listed: the list always says why a template stays.
      if (usedBy !== undefined) version = yield* write(name, version, { status: { usedBy } })
      if (finalizers !== undefined) yield* write(name, version, { metadata: { finalizers } })
      return {}
    }).pipe(
      Effect.catchIf(isNotFound, () => Effect.succeed({})),
      Effect.catchIf(isConflict, () => Effect.succeed({ requeueAfterMs: outdatedRetryMs })),
      Effect.provide(context),
    )
  const controller = Controller.make({
    name: controllerName,
    queue,
    keyString: (name: string) => name,
    reconcile,
    classify: () => "Transient" as const,
    ready: allReady(stores),
    concurrency: 4,
  })
  return TemplateUse.of({ run: controller.run, measure: queue.measure })
})
