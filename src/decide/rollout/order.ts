/**
 * In which order pods are restarted: the broken ones first (W10), then what differs, rack by rack, highest ordinal first, then what an operation
 * asks for, in its order.
 */
import { areContainersReady, type PodView } from "../../domain/Kubernetes.js"
import { Container } from "../../domain/Names.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { isAvailable } from "./availability.js"
import type { Candidate } from "./candidates.js"
import { clusterOf, readNode } from "./nodeReading.js"

/**
 * Whether the node in a pod serves data: `yes`, `no`, or `unknown` until fresh answers are there. Only `no` may be stopped without evidence: a
 * member whose sidecar or gate fails still holds its copies (R84, R88).
 */
export const servesData = (snapshot: Snapshot, pod: PodView): "yes" | "no" | "unknown" => {
  if (areContainersReady(pod)) return "yes"
  const server = pod.containers.find((container) => container.name === Container.server)
  if (pod.podIP === undefined || server?.startedAt === undefined) return "no"
  const { latest } = snapshot.facts
  if (latest === undefined || latest.startedAt <= snapshot.podsChangedAt) return "unknown"
  const reading = readNode(latest, pod)
  // A server that is still loading, or is about to crash, has no open port; one that hangs keeps it open and is not proven broken.
  if (reading._tag === "Unknown") return reading.isDown ? "no" : "unknown"
  return clusterOf(reading.answers) === undefined ? "unknown" : "yes"
}

/** Broken: not ready, and proven not to serve. */
export const isBroken = (snapshot: Snapshot, candidate: Candidate): boolean =>
  !isAvailable({ name: candidate.pod.name, rack: candidate.rack.id, ordinal: candidate.ordinal, pod: candidate.pod }) &&
  servesData(snapshot, candidate.pod) === "no"

/** Sorts candidates; `candidates` already come in rack order. */
export const inOrder = (snapshot: Snapshot, all: ReadonlyArray<Candidate>): ReadonlyArray<Candidate> => {
  const rank = (candidate: Candidate): number => (isBroken(snapshot, candidate) ? 0 : 1)
  const racks = [...new Set(all.map((candidate) => candidate.rack.id))]
  const place = ({ operation }: Candidate): number => operation?.place ?? -1
  return all.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      place(a) - place(b) ||
      racks.indexOf(a.rack.id) - racks.indexOf(b.rack.id) ||
      b.ordinal - a.ordinal,
  )
}
