/**
 * Keeps `status.usedBy` and the finalizer of templates as the clusters are. A queue of its own, by template name: one pass reads the stores,
 * decides purely and writes what differs, by server-side apply, so that several operators with namespaces of their own get along.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createHash } from "node:crypto"
import { OperatorConfig } from "../config/OperatorConfig.js"
import { templateUse } from "../decide/template/use.js"
import { templateNameOf } from "../domain/AerospikeCluster.js"
import { apiVersionOf, Kinds } from "../domain/Kubernetes.js"
import { FieldManager, templateFinalizer } from "../domain/Labels.js"
import type { TemplateView } from "../domain/Snapshot.js"
import { KubeWriter } from "../kube/KubeClient.js"
import { isConflict, isNotFound } from "../kube/KubeError.js"
import { allReady, Stores, usersOf } from "../observe/Sources.js"
import * as Controller from "./Controller.js"
import { make as makeQueue } from "./WorkQueue.js"

/** Name of the controller and its queue in logs and metrics. */
const controllerName = "aerospikeclustertemplate"

/** One field manager per set of watched namespaces: what one operator does not list, another may. */
const managerFor = (namespaces: ReadonlyArray<string>): string =>
  namespaces.length === 0
    ? FieldManager.templates
    : `${FieldManager.templates}-${createHash("sha256")
        .update([...namespaces].sort().join())
        .digest("hex")
        .slice(0, 16)}`

const write = (template: TemplateView, fields: object, fieldManager: string, subresource?: "status") =>
  Effect.flatMap(KubeWriter, (writer) =>
    writer.apply(
      Kinds.AerospikeClusterTemplate,
      {
        apiVersion: apiVersionOf(Kinds.AerospikeClusterTemplate),
        kind: Kinds.AerospikeClusterTemplate.kind,
        // The UID is a precondition: a namesake made meanwhile is not touched, and nothing deleted is made again.
        metadata: { name: template.name, uid: template.uid, ...(subresource === undefined ? fields : {}) },
        ...(subresource === undefined ? {} : { status: fields }),
      },
      { fieldManager, force: true, ...(subresource === undefined ? {} : { subresource }) },
    ),
  ).pipe(
    Effect.asVoid,
    // Gone or replaced meanwhile: its event is on the way.
    Effect.catchIf(
      (error) => isNotFound(error) || isConflict(error),
      () => Effect.void,
    ),
  )

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
  const manager = managerFor(watchNamespaces)
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
      const use = templateUse(template, yield* usersOf(stores, name), watchNamespaces)
      // Listed before guarded, and no longer guarded only when no longer listed: the list always says why a template stays.
      if (use.usedBy !== undefined) yield* write(template, { usedBy: use.usedBy }, manager, "status")
      if (use.guarded !== undefined)
        yield* write(template, use.guarded ? { finalizers: [templateFinalizer] } : {}, manager)
      return {}
    }).pipe(Effect.provide(context))
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
