/** The queue of clusters that want a pass: everything that happens ends up here as a key and a reason. */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { keyString, type ClusterKey } from "../domain/Kubernetes.js"
import { make, type WorkQueue } from "./WorkQueue.js"

/** Name of the controller of clusters and its queue in logs and metrics: that of ACKO's, so that dashboards stay right. */
export const clusterController = "aerospikecluster"

export class Triggers extends Context.Tag("acko/Triggers")<Triggers, WorkQueue<ClusterKey>>() {
  /** No debounce: what arrives during a pass is one more pass anyway, and a ready pod should not wait even a millisecond. */
  static readonly layer = Layer.scoped(
    Triggers,
    make<ClusterKey>({ name: clusterController, keyString, debounceMs: 0 }),
  )
}
