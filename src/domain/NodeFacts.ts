/**
 * What Aerospike nodes told us, and when. A fact is a value, an error the server gave, or absent: nothing is ever guessed (W36).
 * "Unknown" is not a value: everything that protects data treats it as "wait".
 */

/** Where a node listens. */
export interface NodeAddress {
  /** Pod IP. */
  readonly host: string
  /** Service port of the node. */
  readonly port: number
}

/** One answer to one info command or one statistic. */
export type Answer<A> =
  | { readonly _tag: "Value"; readonly value: A }
  | { readonly _tag: "ServerError"; readonly code: number | undefined; readonly message: string }
  | { readonly _tag: "Absent" }

export const value = <A>(a: A): Answer<A> => ({ _tag: "Value", value: a })
export const serverError = (code: number | undefined, message: string): Answer<never> => ({
  _tag: "ServerError",
  code,
  message,
})
export const absent: Answer<never> = { _tag: "Absent" }

/** The value, or undefined for an error or nothing. */
export const known = <A>(answer: Answer<A>): A | undefined => (answer._tag === "Value" ? answer.value : undefined)

/** Why a node gave no usable answer. Each is "unknown" for decisions; the word is for people. */
export type UnreachableReason = "Timeout" | "Refused" | "Reset" | "Unresolved" | "Protocol" | "TooLarge" | "Interrupted"

/** `statistics` and `namespace/<ns>` as the node sent them: names to text. */
export type Statistics = Readonly<Record<string, string>>

/** Everything one node said in one request. */
export interface NodeAnswers {
  readonly nodeId: Answer<string>
  readonly clusterName: Answer<string>
  readonly build: Answer<string>
  /** `host:port` entries the node advertises to clients. */
  readonly endpoints: Answer<ReadonlyArray<string>>
  readonly statistics: Answer<Statistics>
  /** Cluster key in hex when the node calls the cluster stable at the asked size with no migrations, else the server's error (W34). */
  readonly stableKey: Answer<string>
  /** By Aerospike namespace. */
  readonly namespaces: Readonly<Record<string, Answer<Statistics>>>
}

/** What we know about the node in one pod after one attempt to ask it. */
export type NodeFacts = {
  /** The pod asked: an answer counts only for this UID, a reused IP may hold another process (R74). */
  readonly podUid: string
  readonly address: string
} & (
  | { readonly _tag: "Answered"; readonly answers: NodeAnswers }
  | { readonly _tag: "Unreachable"; readonly reason: UnreachableReason; readonly message: string }
)

/** One parallel collection over all pods of a cluster. Times are monotonic-safe epoch ms of the operator's clock. */
export interface Collection {
  readonly startedAt: number
  readonly finishedAt: number
  /** The size given to `cluster-stable`. */
  readonly expectedSize: number
  /** By pod name. Pods without an IP are not asked and not listed. */
  readonly nodes: Readonly<Record<string, NodeFacts>>
}

/** The two latest collections of a cluster: the safety predicate needs two in a row (S3). */
export interface ClusterFacts {
  readonly latest?: Collection
  readonly previous?: Collection
}

export const noFacts: ClusterFacts = {}

/** What an application sees that connects with the `aerospike` client (design.md §2b). Never gates safety facts; shown and waited for. */
export interface ClientView {
  readonly checkedAt: number
  readonly outcome:
    | {
        readonly _tag: "Connected"
        /** Node id → `host:port` as the client reached it. */
        readonly nodes: Readonly<Record<string, string>>
        /** Addresses some node advertised and the client could not reach. */
        readonly unreachable: ReadonlyArray<string>
      }
    | { readonly _tag: "Disconnected"; readonly message: string }
    /** The probe itself failed (child died, timed out): says nothing about the cluster. */
    | { readonly _tag: "Unknown"; readonly message: string }
}
