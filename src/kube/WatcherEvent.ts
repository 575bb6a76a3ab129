/** What a {@link watch} tells its consumer: five events that keep a store equal to the API server, three about the connection itself. */
import type { KubeObject } from "../domain/Kubernetes.js"
import type { KubeError } from "./KubeError.js"

/**
 * Five events feed a store:
 * - `Init`: a complete picture follows. An `Init` that was never finished is void: the next `Init` starts over, so a consumer collects
 *   `InitApply` aside and swaps at `InitDone` (R42: half a list is never used).
 * - `InitApply`: one object of that picture.
 * - `InitDone`: the picture is complete as of `resourceVersion`; what is not in it is gone (deletes during an outage, R32).
 * - `Apply`: an object was created or changed. May repeat or be older than what a poll brought (R43, R44): compare `resourceVersion`.
 * - `Delete`: the last state of an object that is gone (or left the selector).
 *
 * Three tell about the connection:
 * - `Connected`: the current watch connection has delivered its first line (event or bookmark), so it is alive. Once per connection.
 * - `Bookmark`: nothing of interest up to `resourceVersion` (about one a minute from a real API server).
 * - `Failed`: a list or watch failed; the watcher goes on by itself after `retryInMs`. `failures` counts them since the last `Connected`.
 */
export type WatcherEvent =
  | { readonly _tag: "Init" }
  | { readonly _tag: "InitApply"; readonly object: KubeObject }
  | { readonly _tag: "InitDone"; readonly resourceVersion: string }
  | { readonly _tag: "Apply"; readonly object: KubeObject }
  | { readonly _tag: "Delete"; readonly object: KubeObject }
  | { readonly _tag: "Connected"; readonly resourceVersion: string }
  | { readonly _tag: "Bookmark"; readonly resourceVersion: string }
  | {
      readonly _tag: "Failed"
      /** Which half failed: a refused `watch` can be polled around, a refused `list` cannot. */
      readonly during: "list" | "watch"
      readonly error: KubeError
      /** Failures in a row, this one included; back to 0 at the next `Connected`. */
      readonly failures: number
      readonly retryInMs: number
    }
