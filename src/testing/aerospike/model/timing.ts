/**
 * How long things take on a real node, in ms, from the recorded timelines of three CE 8.1.2 nodes on one machine (heartbeat
 * interval 150 ms, timeout 10). The model follows them so that code which relies on a shorter or longer window fails here too.
 */
export const timing = {
  /** Service port open → the first cluster of several waiting nodes exists. */
  form: 1_430,
  /** A node that just came up counts for a cluster being formed only after this long: heartbeats have to settle. */
  settleIn: 400,
  /** Service port open → the existing members begin to take the node in (`cluster-stable` fails from here). */
  join: 1_550,
  /** Beginning of a join → the members report the new size and key. */
  joinSeen: 200,
  /** Beginning of a join → the joining node itself reports them. */
  joinerSees: 300,
  /** Beginning of a join → `ns_cluster_size` is already the new one while `cluster_size` is not. */
  namespaceSeen: 110,
  /** Heartbeats are missed this much earlier than interval × timeout after the port closed. */
  detectionHeadStart: 200,
  /** Loss of a member noticed → the rest reports the new size and key. Nothing is visible before. */
  lossSeen: 520,
  /** The same when the lost member was the principal. `cluster_integrity` is false meanwhile. */
  principalLossSeen: 1_405,
  /** `recluster:` → new key everywhere. */
  recluster: 240,
  /**
   * New key visible → `migrate_allowed=true` and `migrate_partitions_remaining` above 0. In between the statistics say "nothing left to
   * migrate" although migrations are about to start; the per-namespace figures and `cluster-stable:` do not lie.
   */
  migrationsAppear: 28,
  /** Nodes report a change not all at once: at most this much apart. */
  spread: 35,
  /** A configuration the server refuses ends the process after this long. */
  refused: 20,
  /** Shortest round of migrations that has anything to move. */
  leastMigration: 300,
} as const
