/** How clusters form, grow, shrink, split and merge, with the delays and the contradictory answers of the recorded timelines. */
import { progress, rebalance, remaining } from "./Balance.js"
import { makeDataset, recordBytes } from "./Dataset.js"
import { clusterKey, hashText } from "./hash.js"
import { component, detectionTime, groupsOf } from "./mesh.js"
import { type Model, record } from "./Model.js"
import {
  alone,
  type Cluster,
  clusterNameOf,
  compareNodeIds,
  isBeating,
  minClusterSizeOf,
  replicationFactorOf,
  type Server,
  type View,
} from "./Server.js"
import { timing } from "./timing.js"

/** Most nodes of a CE cluster. */
export const maxClusterSize = 8

const skew = (server: Server): number => hashText(server.nodeId) % timing.spread

const change = (server: Server, view: Partial<View>): void => {
  server.view = { ...server.view, ...view }
}

const principalOf = (members: ReadonlyArray<Server>): Server | undefined => [...members].sort(compareNodeIds).at(-1)

const isLarge = (members: ReadonlyArray<Server>): boolean => {
  const principal = principalOf(members)
  return principal !== undefined && members.length >= minClusterSizeOf(principal)
}

/** Brings the copies up to date with the migrations done by now. Needed before anything that depends on who holds what. */
export const catchUp = (model: Model): void => {
  for (const server of model.servers.values()) {
    for (const balance of server.view.cluster?.balances.values() ?? []) progress(balance, model.agenda.now())
    for (const balance of server.cluster?.balances.values() ?? []) progress(balance, model.agenda.now())
  }
}

const pause = (cluster: Cluster, now: number): void => {
  for (const balance of cluster.balances.values()) {
    progress(balance, now)
    balance.pausedAt ??= now
  }
}

/** Decides on a new cluster: the old ones of its members are over, their migrations stand still. Nobody shows it yet. */
const decide = (model: Model, members: ReadonlyArray<Server>): Cluster | undefined => {
  const principal = principalOf(members)
  if (principal === undefined) return undefined
  const now = model.agenda.now()
  for (const member of members) {
    if (member.cluster !== undefined) {
      member.cluster.isOver = true
      pause(member.cluster, now)
    }
    if (member.view.cluster !== undefined) pause(member.view.cluster, now)
  }
  model.clustersFormed += 1
  const name = clusterNameOf(principal)
  const key = clusterKey(`${model.seed}/${principal.spec.namespace}/${name}/${model.clustersFormed}`)
  const cluster: Cluster = {
    name,
    key,
    principal,
    members: [...members].sort(compareNodeIds),
    balances: new Map(),
    isOver: false,
  }
  for (const member of members) {
    member.cluster = cluster
    for (const other of members) if (other !== member) member.met.add(other.spec.id)
  }
  return cluster
}

/** Runs a step later unless the cluster was replaced meanwhile. */
const later = (model: Model, cluster: Cluster, ms: number, step: () => void): void => {
  model.agenda.at(model.agenda.now() + ms, () => {
    if (!cluster.isOver) step()
  })
}

const datasetOf = (model: Model, server: Server, cluster: string, namespace: string) => {
  const key = `${server.spec.namespace}/${cluster}/${namespace}`
  const dataset = model.datasets.get(key) ?? makeDataset(key, namespace)
  model.datasets.set(key, dataset)
  return dataset
}

/** Puts the new distribution in force and starts its migrations. */
const activate = (model: Model, cluster: Cluster): void => {
  const now = model.agenda.now()
  const names = new Set(cluster.members.flatMap((member) => [...member.stores.keys()]))
  const fixed = cluster.members.flatMap(({ settings }) =>
    settings.migrateMs === undefined ? [] : [settings.migrateMs],
  )
  const pace = {
    fixedMs: fixed.length === 0 ? undefined : Math.max(...fixed),
    msPerGib: Math.max(...cluster.members.map(({ settings }) => settings.migrateMsPerGib)),
    leastMs: timing.leastMigration,
  }
  const mib = Math.max(...cluster.members.map(({ settings }) => settings.dataMib))
  for (const name of names) {
    const holders = cluster.members.flatMap((member) => {
      const store = member.stores.get(name)
      return store === undefined ? [] : [{ nodeId: member.nodeId, store, isAlive: () => isBeating(member) }]
    })
    const dataset = datasetOf(model, cluster.principal, cluster.name, name)
    const records = Math.round((mib * 2 ** 20) / recordBytes)
    const factor = replicationFactorOf(cluster.principal, name)
    cluster.balances.set(name, rebalance(dataset, holders, factor, records, pace, now))
  }
  const balances = [...cluster.balances.values()]
  if (balances.some((balance) => balance.partitions.length > 0)) {
    record(model, "MigrationsStarted", cluster.principal, cluster.name)
    later(model, cluster, Math.max(...balances.map((balance) => balance.endsAt)) - now, () => finish(model, cluster))
  }
}

const finish = (model: Model, cluster: Cluster): void => {
  for (const balance of cluster.balances.values()) progress(balance, model.agenda.now())
  if (!areMigrationsDone(cluster)) return
  record(model, "MigrationsFinished", cluster.principal, cluster.name)
  noteSettled(model, cluster)
}

export const areMigrationsDone = (cluster: Cluster): boolean =>
  [...cluster.balances.values()].every((balance) => remaining(balance) === 0)

/** All running servers of the name are in it and say so, and nothing has to migrate. */
export const isSettled = (model: Model, cluster: Cluster): boolean =>
  !cluster.isOver &&
  cluster.balances.size > 0 &&
  cluster.members.every(
    (member) => member.view.cluster === cluster && member.view.migrateAllowed && isBeating(member),
  ) &&
  [...model.servers.values()].every(
    (server) =>
      server.spec.namespace !== cluster.principal.spec.namespace ||
      clusterNameOf(server) !== cluster.name ||
      server.cluster === cluster,
  ) &&
  areMigrationsDone(cluster)

const noteSettled = (model: Model, cluster: Cluster): void => {
  if (isSettled(model, cluster)) {
    record(model, "Settled", cluster.principal, cluster.name, `${cluster.members.length} nodes`)
  }
}

/** A member starts to report the new cluster. `allowed`: it reports its migrations at once, as members that took in another do. */
const publish = (model: Model, cluster: Cluster, member: Server, allowed: boolean): void => {
  if (!cluster.members.includes(member) || member.phase !== "Serving") return
  const before = member.view.cluster
  const peers = new Set((before?.members ?? []).map((peer) => peer.spec.id))
  const changes = cluster.members.filter((peer) => peer !== member && !peers.delete(peer.spec.id)).length
  const gone = [...peers].filter((id) => id !== member.spec.id).length
  member.generations.peers += changes + gone
  member.generations.cluster += 1
  member.generations.rebalance += 1
  member.generations.partition += 1
  member.rebalancedAt = model.agenda.now()
  member.view = {
    cluster,
    integrity: true,
    isMember: true,
    isExchanging: false,
    migrateAllowed: allowed,
    namespaceClusterSize: cluster.members.length,
  }
  if (before === undefined) record(model, "Joined", member, cluster.name, `${cluster.members.length} nodes`)
  if (allowed) return noteSettled(model, cluster)
  later(model, cluster, timing.migrationsAppear, () => {
    if (member.view.cluster !== cluster) return
    change(member, { migrateAllowed: true })
    noteSettled(model, cluster)
  })
}

const publishAfter = (model: Model, cluster: Cluster, member: Server, ms: number, allowed: boolean): void =>
  later(model, cluster, ms + (member === cluster.principal ? 0 : skew(member)), () => {
    publish(model, cluster, member, allowed)
  })

/** Members stop agreeing: unstable for everyone who asks. */
const exchange = (cluster: Cluster): void => {
  for (const member of cluster.members) {
    if (member.view.cluster !== undefined) change(member, { isExchanging: true, migrateAllowed: false })
    else change(member, { integrity: true, isMember: true })
  }
}

/** Servers without a cluster that were up long enough to be counted. */
const waiting = (model: Model, servers: ReadonlyArray<Server>): ReadonlyArray<Server> =>
  servers.filter(
    (server) => server.cluster === undefined && (server.servingAt ?? Infinity) <= model.agenda.now() - timing.settleIn,
  )

/** Forms the first cluster of servers that have none; more than eight new ones never agree. */
const tryForm = (model: Model, server: Server): void => {
  if (!isBeating(server) || server.cluster !== undefined) return
  const around = component(model, server)
  if (around.length > maxClusterSize || around.some((other) => other.cluster !== undefined)) return
  const members = waiting(model, around)
  if (!isLarge(members)) return
  const cluster = decide(model, members)
  if (cluster === undefined) return
  activate(model, cluster)
  for (const member of members) publishAfter(model, cluster, member, 0, false)
}

/** Takes waiting servers into the cluster around, and merges clusters that see each other again. */
const tryJoin = (model: Model, server: Server): void => {
  if (!isBeating(server)) return
  const around = component(model, server)
  const clusters = new Set(around.flatMap((other) => (other.cluster === undefined ? [] : [other.cluster])))
  if (clusters.size === 0) return tryForm(model, server)
  const old = around.filter((other) => other.cluster !== undefined)
  if (old.length > maxClusterSize) return
  const joining = [...waiting(model, around)]
    .sort((a, b) => (a.servingAt ?? 0) - (b.servingAt ?? 0))
    .slice(0, maxClusterSize - old.length)
  if (clusters.size === 1 && joining.length === 0) return
  const cluster = decide(model, [...old, ...joining])
  if (cluster === undefined) return
  exchange(cluster)
  later(model, cluster, timing.namespaceSeen, () => {
    for (const member of cluster.members) change(member, { namespaceClusterSize: cluster.members.length })
  })
  const shown = cluster.members.filter((member) => member.view.cluster !== undefined)
  later(model, cluster, timing.joinSeen, () => {
    activate(model, cluster)
    for (const member of shown) publishAfter(model, cluster, member, 0, true)
    for (const member of cluster.members) {
      if (!shown.includes(member)) publishAfter(model, cluster, member, timing.joinerSees - timing.joinSeen, false)
    }
  })
}

/** A server's port has opened: it looks for others. */
export const seek = (model: Model, server: Server): void => {
  const now = model.agenda.now()
  model.agenda.at(now + timing.form, () => tryForm(model, server))
  model.agenda.at(now + timing.join, () => tryJoin(model, server))
}

/** A member fell silent, was cut off or changed its cluster name: the others notice after the heartbeat timeout. */
export const miss = (model: Model, server: Server): void => {
  const around = server.cluster
  model.agenda.at(model.agenda.now() + detectionTime(server), () => {
    const cluster = server.cluster ?? around
    if (cluster !== undefined && !cluster.isOver) regroup(model, cluster)
    retryWaiting(model)
  })
}

/** Servers that found no place (ninth node, too few for `min-cluster-size`) try again when others are gone. */
const retryWaiting = (model: Model): void => {
  for (const server of model.servers.values()) {
    if (isBeating(server) && server.cluster === undefined) {
      model.agenda.at(model.agenda.now() + timing.form, () => tryJoin(model, server))
    }
  }
}

const leave = (model: Model, member: Server, cluster: Cluster): void => {
  record(model, "Left", member, cluster.name, `${cluster.members.length - 1} nodes`)
  if (member.cluster === cluster) member.cluster = undefined
  for (const store of member.stores.values()) store.inStep = false
}

const regroup = (model: Model, cluster: Cluster): void => {
  const groups = groupsOf(model, cluster.members)
  const largest = groups.reduce<ReadonlyArray<Server>>((best, group) => (group.length > best.length ? group : best), [])
  if (largest.length === cluster.members.length) return
  for (const member of cluster.members) if (!largest.includes(member)) leave(model, member, cluster)
  cluster.isOver = true
  pause(cluster, model.agenda.now())
  for (const group of groups) shrink(model, cluster, group)
}

/** What is left of a cluster goes on as a new one, later when its principal is lost. */
const shrink = (model: Model, old: Cluster, group: ReadonlyArray<Server>): void => {
  const keepsPrincipal = group.includes(old.principal)
  const cluster = decide(model, group)
  if (cluster === undefined) return
  if (!keepsPrincipal) {
    for (const member of group)
      change(member, { integrity: false, isMember: false, isExchanging: true, migrateAllowed: false })
  }
  later(model, cluster, keepsPrincipal ? timing.lossSeen : timing.principalLossSeen, () => {
    if (!isLarge(cluster.members)) return disband(cluster)
    activate(model, cluster)
    for (const member of cluster.members) publishAfter(model, cluster, member, 0, false)
  })
}

/** Fewer than `min-cluster-size`: no cluster at all. */
const disband = (cluster: Cluster): void => {
  cluster.isOver = true
  for (const member of cluster.members) {
    member.cluster = undefined
    member.view = alone
  }
}

/** `recluster:` on the principal: same members, new key, new distribution (and the replication factor set meanwhile). */
export const recluster = (model: Model, server: Server): boolean => {
  const old = server.cluster
  if (old === undefined || old.principal !== server || server.view.cluster !== old) return false
  const cluster = decide(model, old.members)
  if (cluster === undefined) return false
  exchange(cluster)
  later(model, cluster, timing.recluster, () => {
    activate(model, cluster)
    for (const member of cluster.members) publishAfter(model, cluster, member, 0, true)
  })
  return true
}

/** A frozen process goes on: it learns soon that the others went on without it, and asks to be taken in again. */
export const wake = (model: Model, server: Server): void => {
  server.isFrozen = false
  server.silentSince = undefined
  if (server.cluster !== undefined) return
  const now = model.agenda.now()
  server.servingAt = now
  model.agenda.at(now + timing.namespaceSeen, () => {
    if (server.cluster === undefined) server.view = alone
  })
  seek(model, server)
}

/** Links came back: clusters that see each other merge. */
export const reconnect = (model: Model): void => {
  for (const server of model.servers.values()) {
    model.agenda.at(model.agenda.now() + timing.join, () => tryJoin(model, server))
  }
}
