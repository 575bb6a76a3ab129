/** Keeps the status of PodDisruptionBudgets true: what an eviction is decided by (R46, R92). */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Kinds, type KubeObject } from "../../../domain/Kubernetes.js"
import { KubeWriter } from "../../../kube/KubeClient.js"
import { isNotFound, type KubeError } from "../../../kube/KubeError.js"
import { type BudgetStatus, budgetStatus, countsPods } from "./disruptionBudget.js"
import { Informers, subjectOf } from "./Informers.js"
import { makeKeyedLoop } from "./KeyedLoop.js"
import {
  type BudgetObject,
  controllerOf,
  nameOf,
  namespaceOf,
  type PodObject,
  refOf,
  type StatefulSetObject,
  uidOf,
} from "./objects.js"
import { canonical } from "./revisions.js"
import { matchesSelector } from "./selectors.js"

const fields = (status: Readonly<Record<string, unknown>>): unknown => {
  const { conditions, currentHealthy, desiredHealthy, disruptedPods, disruptionsAllowed, expectedPods } = status
  const { observedGeneration } = status
  return {
    conditions,
    currentHealthy,
    desiredHealthy,
    disruptedPods: disruptedPods ?? {},
    disruptionsAllowed,
    expectedPods,
    observedGeneration,
  }
}

/** Runs until the scope closes. Only StatefulSets count as controllers of pods; pods of other owners count as themselves. */
export const runDisruptionController: Effect.Effect<void, never, Informers | KubeWriter | Scope.Scope> = Effect.gen(
  function* () {
    const writer = yield* KubeWriter
    const { follow } = yield* Informers
    const isReady = yield* Deferred.make<void>()

    const expected = (namespace: string, selected: ReadonlyArray<PodObject>): number => {
      const owners = new Set(selected.map(controllerOf))
      const owned = sets.list(namespace).filter((set) => owners.has(uidOf(set)))
      const uids = new Set(owned.map(uidOf))
      const foreign = selected.filter((pod) => !uids.has(controllerOf(pod) ?? ""))
      return owned.reduce((sum, set) => sum + (set.spec?.replicas ?? 1), foreign.length)
    }

    const reconcile = (key: string): Effect.Effect<void, KubeError> =>
      Effect.gen(function* () {
        yield* Deferred.await(isReady)
        const [namespace = "", name = ""] = key.split("/")
        const budget = budgets.get({ namespace, name })
        if (budget === undefined) return
        const selected = pods
          .list(namespace)
          .filter((pod) => matchesSelector(pod.metadata.labels, budget.spec?.selector))
        const count = countsPods(budget) ? selected.length : expected(namespace, selected)
        const status: BudgetStatus = budgetStatus(budget, selected, count, yield* Clock.currentTimeMillis)
        if (canonical(fields({ ...status })) === canonical(fields(budget.status ?? {}))) return
        yield* writer
          .patch(Kinds.PodDisruptionBudget, refOf(budget), {
            type: "merge",
            body: {
              // An eviction decided meanwhile must not be overwritten by a count that does not know it.
              metadata: { resourceVersion: budget.metadata.resourceVersion },
              status: {
                ...status,
                disruptedPods: {
                  ...Object.fromEntries(Object.keys(budget.status?.["disruptedPods"] ?? {}).map((pod) => [pod, null])),
                  ...status.disruptedPods,
                },
              },
            },
            subresource: "status",
            fieldManager: "disruption-controller",
          })
          .pipe(Effect.catchIf(isNotFound, () => Effect.void))
      })
    const loop = yield* makeKeyedLoop("disruption", reconcile)

    const ofNamespace = (object: KubeObject): Effect.Effect<void> =>
      Effect.suspend(() =>
        Effect.forEach(
          budgets.list(namespaceOf(object)),
          (budget) => loop.add(`${namespaceOf(budget)}/${nameOf(budget)}`),
          { discard: true },
        ),
      )
    const budgets = yield* follow<BudgetObject>(Kinds.PodDisruptionBudget, ({ current }) =>
      current === undefined ? Effect.void : loop.add(`${namespaceOf(current)}/${nameOf(current)}`),
    )
    const sets = yield* follow<StatefulSetObject>(Kinds.StatefulSet, (change) => ofNamespace(subjectOf(change)))
    const pods = yield* follow<PodObject>(Kinds.Pod, (change) => ofNamespace(subjectOf(change)))
    yield* Effect.all([budgets.synced, sets.synced, pods.synced], { discard: true }).pipe(
      Effect.zipRight(Deferred.succeed(isReady, undefined)),
      Effect.forkScoped,
    )
  },
)
