/**
 * Who uses a template: `status.usedBy`, and the finalizer that keeps a template in use from going (api.md §4.7). Clusters hold copies and would
 * live on without it, but nobody could create or resync one any more.
 */
import type { ClusterKey } from "../../domain/Kubernetes.js"
import { keyString } from "../../domain/Kubernetes.js"
import { templateFinalizer } from "../../domain/Labels.js"
import type { TemplateView } from "../../domain/Snapshot.js"

/** What must be written, whole lists; absent: it is right as it is. */
export interface TemplateUse {
  /** With or without ours; those of others stay. */
  readonly finalizers?: ReadonlyArray<string>
  /** `namespace/name`, sorted. */
  readonly usedBy?: ReadonlyArray<string>
}

/**
 * What to write for `users`, the clusters that refer to `template`. An operator that watches some namespaces only answers for those
 * (`watched`; empty: for all) and leaves the others' entries alone, whoever wrote them: which namespaces an operator watches may change.
 */
export const templateUse = (
  template: TemplateView,
  users: ReadonlyArray<ClusterKey>,
  watched: ReadonlyArray<string>,
): TemplateUse => {
  const isOurs = (entry: string): boolean =>
    watched.length === 0 || watched.some((name) => entry.startsWith(`${name}/`))
  const usedBy = [...template.usedBy.filter((entry) => !isOurs(entry)), ...users.map(keyString)].sort()
  const others = template.finalizers.filter((name) => name !== templateFinalizer)
  const isGuarded = others.length < template.finalizers.length
  // An object on its way out takes no new finalizer.
  const wantsGuard = usedBy.length > 0 && (isGuarded || !template.isTerminating)
  return {
    ...(wantsGuard === isGuarded ? {} : { finalizers: wantsGuard ? [...others, templateFinalizer] : others }),
    ...(usedBy.join() === template.usedBy.toSorted().join() ? {} : { usedBy }),
  }
}
