/** What an application sees: the npm `aerospike` client connects like any client would (design.md §2b). */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { ClientView } from "../domain/NodeFacts.js"
import type { NodeAddress } from "./AerospikeInfo.js"

export interface ClientProbe {
  readonly seeds: ReadonlyArray<NodeAddress>
  /** `cluster-name` the client insists on. */
  readonly clusterName: string
}

/** Never fails and never blocks the event loop of this process: a broken probe is an `Unknown` outcome. Bounded in time. */
export class ClusterClient extends Context.Tag("acko/ClusterClient")<
  ClusterClient,
  { readonly view: (probe: ClientProbe) => Effect.Effect<ClientView> }
>() {}
