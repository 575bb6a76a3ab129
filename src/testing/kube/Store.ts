/**
 * The versioned store under the API server: objects by key, one global counter, a bounded history per kind from which watches resume,
 * lagging caches read and continued lists see the state they began with.
 */
import { type KubeObject, type ResourceKind } from "../../domain/Kubernetes.js"
import { freezeJson, type JsonMap } from "./json.js"

/** One change, as history keeps it. A deletion carries the last state under the version of the deletion. */
export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly kind: ResourceKind
  readonly version: bigint
  readonly at: number
  readonly object: KubeObject
  readonly previous?: KubeObject
}

/** Objects of one kind. */
export interface Table {
  readonly objects: ReadonlyMap<string, KubeObject>
  readonly history: ReadonlyArray<Change>
  /** Versions below this one are forgotten. */
  readonly floor: bigint
}

interface MutableTable extends Table {
  readonly objects: Map<string, KubeObject>
  history: Array<Change>
  floor: bigint
}

export interface Store {
  readonly version: () => bigint
  readonly table: (kind: ResourceKind) => Table
  readonly find: (kind: ResourceKind, key: string) => KubeObject | undefined
  /** Stores an object under the next version; freezes and returns it. */
  readonly put: (kind: ResourceKind, key: string, object: JsonMap) => KubeObject
  /** Removes an object under the next version; returns its last state. */
  readonly drop: (kind: ResourceKind, key: string) => KubeObject | undefined
  /** The objects as they were at `version`; undefined when that is forgotten. */
  readonly snapshot: (kind: ResourceKind, version: bigint) => ReadonlyMap<string, KubeObject> | undefined
  /** The newest version of the kind's history at a time; the oldest known one for times before. */
  readonly versionAt: (kind: ResourceKind, at: number) => bigint
  readonly forget: (kind?: ResourceKind) => void
  readonly onChange: (kind: ResourceKind | undefined, listener: (change: Change) => void) => () => void
}

/** `namespace/name`, or `name` for cluster-scoped objects. */
export const objectKey = (ref: { readonly namespace?: string | undefined; readonly name: string }): string =>
  ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`

const tableKey = (kind: ResourceKind): string => `${kind.group}/${kind.plural}`

/** Changes of version above `version` undone, newest first. */
const rewind = (table: Table, version: bigint): ReadonlyMap<string, KubeObject> => {
  const objects = new Map(table.objects)
  for (let i = table.history.length - 1; i >= 0; i--) {
    const change = table.history[i]
    if (change === undefined || change.version <= version) break
    const key = objectKey({ namespace: change.object.metadata.namespace, name: change.object.metadata.name ?? "" })
    if (change.previous === undefined) objects.delete(key)
    else objects.set(key, change.previous)
  }
  return objects
}

export const makeStore = (options: {
  readonly now: () => number
  readonly startVersion: bigint
  readonly historyLimit: number
}): Store => {
  let counter = options.startVersion
  const tables = new Map<string, MutableTable>()
  const listeners = new Map<string, Set<(change: Change) => void>>()
  const pending: Array<Change> = []
  let isDelivering = false

  const table = (kind: ResourceKind): MutableTable => {
    const key = tableKey(kind)
    const found = tables.get(key)
    if (found !== undefined) return found
    const made: MutableTable = { objects: new Map(), history: [], floor: options.startVersion }
    tables.set(key, made)
    return made
  }

  /** Listeners may write: their changes wait until everybody has seen the present one, so all see one order. */
  const deliver = (): void => {
    if (isDelivering) return
    isDelivering = true
    try {
      for (let change = pending.shift(); change !== undefined; change = pending.shift()) {
        // Who keeps a record of everything comes first: watchers may take a while.
        for (const key of ["", tableKey(change.kind)]) {
          for (const listener of [...(listeners.get(key) ?? [])]) listener(change)
        }
      }
    } finally {
      isDelivering = false
    }
  }

  const record = (at: MutableTable, change: Change): void => {
    at.history.push(change)
    if (at.history.length > options.historyLimit * 1.25) {
      const dropped = at.history.splice(0, at.history.length - options.historyLimit)
      at.floor = dropped.at(-1)?.version ?? at.floor
    }
    pending.push(change)
    deliver()
  }

  const stamp = (object: JsonMap): KubeObject => {
    counter += 1n
    const metadata = { ...(object["metadata"] as JsonMap), resourceVersion: String(counter) }
    return freezeJson({ ...object, metadata }) as unknown as KubeObject
  }

  return {
    version: () => counter,
    table,
    find: (kind, key) => table(kind).objects.get(key),
    put: (kind, key, object) => {
      const at = table(kind)
      const previous = at.objects.get(key)
      const stored = stamp(object)
      at.objects.set(key, stored)
      const type = previous === undefined ? "ADDED" : "MODIFIED"
      const change: Change = { type, kind, version: counter, at: options.now(), object: stored }
      record(at, previous === undefined ? change : { ...change, previous })
      return stored
    },
    drop: (kind, key) => {
      const at = table(kind)
      const previous = at.objects.get(key)
      if (previous === undefined) return undefined
      at.objects.delete(key)
      const object = stamp(previous as unknown as JsonMap)
      record(at, { type: "DELETED", kind, version: counter, at: options.now(), object, previous })
      return object
    },
    snapshot: (kind, version) => {
      const at = table(kind)
      if (version < at.floor) return undefined
      return version >= counter ? at.objects : rewind(at, version)
    },
    versionAt: (kind, at) => {
      const { floor, history } = table(kind)
      const first = history.findIndex((change) => change.at > at)
      if (first < 0) return counter
      return first === 0 ? floor : (history[first - 1]?.version ?? floor)
    },
    forget: (kind) => {
      for (const [key, at] of tables) {
        if (kind !== undefined && key !== tableKey(kind)) continue
        at.history = []
        at.floor = counter
      }
    },
    onChange: (kind, listener) => {
      const key = kind === undefined ? "" : tableKey(kind)
      const set = listeners.get(key) ?? new Set()
      listeners.set(key, set)
      set.add(listener)
      return () => void set.delete(listener)
    },
  }
}
