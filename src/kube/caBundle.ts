/**
 * Tells the API server whom to trust when it calls our webhooks: `caBundle` of the webhook configurations. Of these objects nothing else is
 * written. Every replica writes, leader or not, and only its own authorities: a change of another replica in between is a conflict, and what
 * to write is worked out again from what is there then.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { apiVersionOf, Kinds, type KubeObject, type ObjectRef, type ResourceKind } from "../domain/Kubernetes.js"
import { mergedBundle } from "../tls/bundle.js"
import { KubeReader, KubeWriter } from "./KubeClient.js"
import { isConflict, isNotFound, type KubeError } from "./KubeError.js"

/** Owner of `caBundle` in `managedFields`. All replicas share it: the field has one value. */
export const caBundleManager = "acko-webhook-ca"

export interface CaBundleTarget {
  /** Name of both configurations. */
  readonly configuration: string
  /** Webhooks that call this Service are ours; others in the same configuration are left alone. */
  readonly service: Required<ObjectRef>
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

interface Webhook {
  readonly name: string
  /** PEM. */
  readonly bundle: string
}

const webhooksOf = (configuration: KubeObject, service: Required<ObjectRef>): ReadonlyArray<Webhook> => {
  const { webhooks } = configuration
  return (Array.isArray(webhooks) ? webhooks : []).flatMap((webhook: unknown): ReadonlyArray<Webhook> => {
    if (!isRecord(webhook) || typeof webhook["name"] !== "string" || !isRecord(webhook["clientConfig"])) return []
    const { service: called, caBundle } = webhook["clientConfig"]
    if (!isRecord(called) || called["name"] !== service.name || called["namespace"] !== service.namespace) return []
    const bundle = typeof caBundle === "string" ? Buffer.from(caBundle, "base64").toString() : ""
    return [{ name: webhook["name"], bundle }]
  })
}

const publishTo = (kind: ResourceKind, target: CaBundleTarget, own: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const reader = yield* KubeReader
    const writer = yield* KubeWriter
    const found = yield* reader.get(kind, { name: target.configuration })
    const now = new Date(yield* Clock.currentTimeMillis)
    const webhooks = webhooksOf(found, target.service).map(({ name, bundle }) => ({
      name,
      before: bundle,
      after: mergedBundle({ present: bundle, own, now }),
    }))
    if (webhooks.every(({ before, after }) => before === after)) return
    const { resourceVersion = "" } = found.metadata
    yield* writer.apply(
      kind,
      {
        apiVersion: apiVersionOf(kind),
        kind: kind.kind,
        metadata: { name: target.configuration, resourceVersion },
        webhooks: webhooks.map(({ name, after }) => ({
          name,
          clientConfig: { caBundle: Buffer.from(after).toString("base64") },
        })),
      },
      { fieldManager: caBundleManager },
    )
    yield* Effect.logInfo(`webhook authority published in ${kind.kind} ${target.configuration}`)
  })

const whenRaced = Schedule.exponential("50 millis").pipe(Schedule.jittered, Schedule.intersect(Schedule.recurs(6)))

/**
 * Sees to it that both configurations trust `own` (PEM). A configuration that does not exist calls nobody, and is not missed: it is looked for
 * again next time.
 */
export const publishAuthorities = (
  target: CaBundleTarget,
  own: ReadonlyArray<string>,
): Effect.Effect<void, KubeError, KubeReader | KubeWriter> =>
  Effect.forEach(
    [Kinds.MutatingWebhookConfiguration, Kinds.ValidatingWebhookConfiguration],
    (kind) =>
      publishTo(kind, target, own).pipe(
        Effect.retry({ schedule: whenRaced, while: isConflict }),
        Effect.catchIf(isNotFound, () => Effect.logDebug(`there is no ${kind.kind} ${target.configuration}`)),
      ),
    { discard: true },
  )
