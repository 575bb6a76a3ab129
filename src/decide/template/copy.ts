/**
 * The copy of its template that a cluster holds (api.md §7.2): when to take one, what it contains, whether the template has moved on since.
 * Drift is a difference in content, never a number that went up (Appendix B 25).
 */
import { templateNameOf } from "../../domain/AerospikeCluster.js"
import type { TemplateSnapshot } from "../../domain/ClusterStatus.js"
import { isSame } from "../../domain/Json.js"
import type { KubeObject } from "../../domain/Kubernetes.js"
import { Annotation } from "../../domain/Labels.js"
import type { Step } from "../../domain/Plan.js"
import type { Results } from "../../domain/Report.js"
import { isOlder } from "../../domain/ResourceVersion.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { timestamp } from "../status/bounds.js"

/** Whether two template specs say the same. An absent spec is an empty one. */
export const isSameContent = (a: unknown, b: unknown): boolean => isSame(a ?? {}, b ?? {})

/** The cluster's own copy of the template it refers to. */
export const heldCopy = ({ cluster }: Pick<Snapshot, "cluster">): TemplateSnapshot | undefined => {
  const held = cluster.status.templateSnapshot
  return held !== undefined && held.name === templateNameOf(cluster.spec) ? held : undefined
}

/** The user asked for a fresh copy. */
const wantsResync = ({ cluster }: Snapshot): boolean => cluster.annotations[Annotation.resyncTemplate] === "true"

/** The step that takes the copy, if one is due and can be taken: no copy of this template yet, or a fresh one was asked for. */
export const copyDue = (snapshot: Snapshot): Extract<Step, { readonly _tag: "CopyTemplate" }> | undefined => {
  const { template } = snapshot
  if (template === undefined || template.name !== templateNameOf(snapshot.cluster.spec)) return undefined
  const held = heldCopy(snapshot)
  const isDue = held === undefined ? !template.isTerminating : wantsResync(snapshot)
  return isDue ? { _tag: "CopyTemplate", template: template.name, held: held?.spec } : undefined
}

/** The picture we have of the template is from before the copy: it says nothing about what came after. */
const isBehind = ({ template }: Snapshot, held: TemplateSnapshot): boolean =>
  template !== undefined &&
  held.resourceVersion !== undefined &&
  isOlder(template.resourceVersion, held.resourceVersion)

/** The held copy with what we know now. A template that is gone leaves it as it is. */
const checked = (snapshot: Snapshot, held: TemplateSnapshot): TemplateSnapshot => {
  const { template } = snapshot
  if (template === undefined || template.name !== held.name || isBehind(snapshot, held)) return held
  return { ...held, synced: isSameContent(template.spec, held.spec) }
}

const copyOf = (template: KubeObject, at: number): TemplateSnapshot => ({
  name: template.metadata.name ?? "",
  ...(template.metadata.resourceVersion === undefined ? {} : { resourceVersion: template.metadata.resourceVersion }),
  snapshotTimestamp: timestamp(at),
  synced: true,
  spec: template["spec"] ?? {},
})

/** `status.templateSnapshot` after a pass: the fresh copy, or the held one with its `synced`. One that is no longer referred to stays. */
export const templateSnapshotAfter = (snapshot: Snapshot, results: Results): TemplateSnapshot | undefined => {
  const taken = results.steps.find((result) => result.step._tag === "CopyTemplate")
  const stored = snapshot.cluster.status.templateSnapshot
  if (taken?._tag === "Done" && taken.object !== undefined) {
    const fresh = copyOf(taken.object, results.finishedAt)
    const isNews = stored === undefined || stored.name !== fresh.name || !isSameContent(stored.spec, fresh.spec)
    return isNews ? fresh : { ...stored, synced: true }
  }
  return stored === undefined ? undefined : checked(snapshot, stored)
}
