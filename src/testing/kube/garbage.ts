/**
 * The garbage collector and the namespace controller, as one step: dependents whose owners are gone (by UID) are deleted, foreground and
 * orphan finalizers are carried out, terminating namespaces are emptied.
 */
import { Kinds, type KubeObject, type OwnerReference, type ResourceKind } from "../../domain/Kubernetes.js"
import { asMap, type Engine, storageKind } from "./Engine.js"
import { cloneMap, ensureMap, listAt, stringAt } from "./json.js"
import { removeObject } from "./remove.js"
import type { ResourceDefinition } from "./ResourceRegistry.js"
import { refOf } from "./objects.js"
import { updateObject } from "./update.js"

const call = {
  user: "system:serviceaccount:kube-system:generic-garbage-collector",
  fieldManager: "kube-controller-manager",
}

interface Placed {
  readonly definition: ResourceDefinition
  readonly object: KubeObject
}

const everything = (engine: Engine): ReadonlyArray<Placed> =>
  engine.registry
    .all()
    .filter((definition) => definition.storage === undefined)
    .flatMap((definition) =>
      [...engine.store.table(storageKind(definition)).objects.values()].map((object) => ({ definition, object })),
    )

const hasFinalizer = (object: KubeObject, finalizer: string): boolean =>
  object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).includes(finalizer)

const setMetadata = (
  engine: Engine,
  { definition, object }: Placed,
  field: string,
  value: ReadonlyArray<unknown>,
): void => {
  const changed = cloneMap(object)
  const metadata = ensureMap(changed, "metadata")
  if (value.length === 0) delete metadata[field]
  else metadata[field] = cloneMap({ value })["value"]
  updateObject(engine, definition, object, changed, call)
}

const dropFinalizer = (engine: Engine, placed: Placed, finalizer: string): void =>
  setMetadata(
    engine,
    placed,
    "finalizers",
    (placed.object.metadata.finalizers ?? []).filter((f) => f !== finalizer),
  )

/** Whether an owner exists: same UID, in the dependent's namespace unless cluster-scoped. */
const isPresent = (byUid: ReadonlyMap<string, Placed>, dependent: KubeObject, owner: OwnerReference): boolean => {
  const found = byUid.get(owner.uid)
  if (found === undefined || found.object.kind !== owner.kind || found.object.metadata.name !== owner.name) return false
  return !found.definition.kind.namespaced || found.object.metadata.namespace === dependent.metadata.namespace
}

const collectDependent = (engine: Engine, byUid: ReadonlyMap<string, Placed>, placed: Placed): boolean => {
  const owners = placed.object.metadata.ownerReferences ?? []
  if (owners.length === 0 || placed.object.metadata.deletionTimestamp !== undefined) return false
  const present = owners.filter((owner) => isPresent(byUid, placed.object, owner))
  const waiting = present.filter((owner) => {
    const found = byUid.get(owner.uid)
    return found !== undefined && hasFinalizer(found.object, "foregroundDeletion")
  })
  if (present.length > waiting.length) {
    // Somebody solid still owns it: only the dangling references go.
    const solid = present.filter((owner) => !waiting.includes(owner) || owner.blockOwnerDeletion !== true)
    if (solid.length === owners.length) return false
    setMetadata(engine, placed, "ownerReferences", solid)
    return true
  }
  removeObject(
    engine,
    placed.definition,
    refOf(placed.object),
    {
      preconditions: { uid: placed.object.metadata.uid ?? "" },
      ...(waiting.length > 0 ? { propagationPolicy: "Foreground" as const } : {}),
    },
    call,
  )
  return true
}

const dependentsOf = (all: ReadonlyArray<Placed>, owner: KubeObject): ReadonlyArray<Placed> =>
  all.filter(({ object }) => object.metadata.ownerReferences?.some((ref) => ref.uid === owner.metadata.uid) === true)

const finishOwner = (engine: Engine, all: ReadonlyArray<Placed>, placed: Placed): boolean => {
  if (hasFinalizer(placed.object, "orphan")) {
    for (const dependent of dependentsOf(all, placed.object)) {
      const rest = (dependent.object.metadata.ownerReferences ?? []).filter((o) => o.uid !== placed.object.metadata.uid)
      setMetadata(engine, dependent, "ownerReferences", rest)
    }
    dropFinalizer(engine, placed, "orphan")
    return true
  }
  if (!hasFinalizer(placed.object, "foregroundDeletion")) return false
  const isBlocked = dependentsOf(all, placed.object).some(({ object }) =>
    object.metadata.ownerReferences?.some((o) => o.uid === placed.object.metadata.uid && o.blockOwnerDeletion === true),
  )
  if (isBlocked) return false
  dropFinalizer(engine, placed, "foregroundDeletion")
  return true
}

const emptyNamespace = (engine: Engine, all: ReadonlyArray<Placed>, namespace: KubeObject): boolean => {
  if (namespace.metadata.deletionTimestamp === undefined) return false
  const contents = all.filter(({ object }) => object.metadata.namespace === namespace.metadata.name)
  const fresh = contents.filter(({ object }) => object.metadata.deletionTimestamp === undefined)
  for (const { definition, object } of fresh) removeObject(engine, definition, refOf(object), {}, call)
  if (contents.length > 0) return fresh.length > 0
  if ((listAt(namespace, "spec", "finalizers") ?? []).length === 0) return false
  const changed = cloneMap(asMap(namespace))
  delete ensureMap(changed, "spec")["finalizers"]
  updateObject(engine, engine.registry.of(Kinds.Namespace), namespace, changed, call)
  return true
}

const isStillThere = (engine: Engine, kind: ResourceKind, object: KubeObject): boolean => {
  const ref = refOf(object)
  const key = ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`
  return engine.store.find(kind, key)?.metadata.resourceVersion === object.metadata.resourceVersion
}

/** One sweep over everything; the number of writes. */
const sweep = (engine: Engine): number => {
  const all = everything(engine)
  const byUid = new Map(all.map((placed) => [placed.object.metadata.uid ?? "", placed]))
  let writes = 0
  for (const placed of all) {
    if (!isStillThere(engine, storageKind(placed.definition), placed.object)) continue
    const isNamespace = placed.definition.kind.plural === "namespaces" && placed.definition.kind.group === ""
    const did =
      collectDependent(engine, byUid, placed) ||
      finishOwner(engine, all, placed) ||
      (isNamespace && emptyNamespace(engine, all, placed.object))
    if (did) writes++
  }
  return writes
}

/** A collector that sweeps until nothing more can be done, and only when something relevant changed since. */
export const makeCollector = (engine: Engine): (() => number) => {
  let isDirty = true
  engine.store.onChange(undefined, (change) => {
    const { deletionTimestamp, ownerReferences } = change.object.metadata
    if (change.type === "DELETED" || deletionTimestamp !== undefined || ownerReferences !== undefined) isDirty = true
    if (stringAt(change.object, "kind") === "Namespace") isDirty = true
  })
  return () => {
    let total = 0
    while (isDirty) {
      isDirty = false
      const writes = sweep(engine)
      total += writes
      if (writes === 0) break
    }
    return total
  }
}
