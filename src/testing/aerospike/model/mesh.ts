/** Who hears whom: mesh seeds, remembered peers, cut links, heartbeats that stopped. */
import type { Model } from "./Model.js"
import { clusterNameOf, heartbeatSpan, isBeating, podKey, type Server } from "./Server.js"
import { timing } from "./timing.js"

/** So long after its last heartbeat a node is missed, in ms. */
export const detectionTime = (server: Server): number =>
  Math.max(timing.detectionHeadStart, heartbeatSpan(server) - timing.detectionHeadStart)

/** A seed is an address, a pod's DNS name (`<pod>.<service>.<namespace>…`) or a bare pod name. */
const resolvesTo = (host: string, server: Server): boolean => {
  if (host === server.spec.address || host === server.spec.podName) return true
  const [pod, , namespace] = host.split(".")
  return pod === server.spec.podName && namespace === server.spec.namespace
}

const knows = (from: Server, to: Server): boolean =>
  from.met.has(to.spec.id) ||
  from.tips.has(`${to.spec.address}:${to.configuration.heartbeatPort}`) ||
  from.configuration.seeds.some((seed) => seed.port === to.configuration.heartbeatPort && resolvesTo(seed.host, to))

const cutSince = (model: Model, a: Server, b: Server): number | undefined =>
  model.cuts.get(`${podKey(a.spec)}|${podKey(b.spec)}`)

const isConnected = (model: Model, a: Server, b: Server): boolean =>
  (knows(a, b) || knows(b, a)) && cutSince(model, a, b) === undefined && clusterNameOf(a) === clusterNameOf(b)

const reach = (
  start: Server,
  all: ReadonlyArray<Server>,
  linked: (a: Server, b: Server) => boolean,
): ReadonlyArray<Server> => {
  const found = new Set([start])
  for (const server of found) {
    for (const other of all) if (!found.has(other) && linked(server, other)) found.add(other)
  }
  return all.filter((server) => found.has(server))
}

/** The running servers of the same cluster name that exchange heartbeats with the given one, itself included. */
export const component = (model: Model, server: Server): ReadonlyArray<Server> =>
  reach(server, [...model.servers.values()].filter(isBeating), (a, b) => isConnected(model, a, b))

/** Whether a member is missed by another: silent, cut off or renamed for longer than the heartbeat timeout. */
const isMissed = (model: Model, by: Server, other: Server): boolean => {
  const now = model.agenda.now()
  const silent = other.silentSince
  if (silent !== undefined && now - silent >= detectionTime(other)) return true
  const cut = cutSince(model, by, other)
  if (cut !== undefined && now - cut >= detectionTime(other)) return true
  return clusterNameOf(by) !== clusterNameOf(other)
}

/** The groups the members of a cluster have fallen into. A silent member is in none. */
export const groupsOf = (model: Model, members: ReadonlyArray<Server>): ReadonlyArray<ReadonlyArray<Server>> => {
  const rest = new Set(members.filter((member) => !isMissed(model, member, member)))
  const groups: Array<ReadonlyArray<Server>> = []
  for (const member of rest) {
    const group = reach(member, [...rest], (a, b) => !isMissed(model, a, b) && !isMissed(model, b, a))
    for (const found of group) rest.delete(found)
    groups.push(group)
  }
  return groups
}
