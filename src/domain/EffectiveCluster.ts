/**
 * The cluster a user meant: defaults, rack overrides, sizes and ports resolved once into one immutable value. Everything below decides from
 * this value and never from the raw spec (W27, W28, W29).
 */
import type { ClusterSpec } from "./AerospikeCluster.js"
import type { JsonObject } from "./Json.js"
import type { ClusterKey, KubeObject, ResourceKind } from "./Kubernetes.js"
import type { Rack } from "./schema/racks.js"
import type { Storage } from "./schema/storage.js"
import type { SpecProblem } from "./SpecProblem.js"

/** A number of pods, or a share of them. */
export type IntOrPercent = number | string

export interface Ports {
  readonly service: number
  readonly fabric: number
  readonly heartbeat: number
}

/** One Aerospike namespace, as far as safety needs it. */
export interface EffectiveNamespace {
  readonly name: string
  readonly replicationFactor: number
  /** False: its records live in the memory of the process only and are gone when it stops. */
  readonly isPersistent: boolean
}

export interface EffectiveRack {
  /** 0 when the cluster has no racks. */
  readonly id: number
  /** Pods this rack should have. */
  readonly size: number
  /** The merged `aerospikeConfig` of this rack (cluster config, then rack config over it), with admission defaults. */
  readonly config: JsonObject
  readonly ports: Ports
  readonly namespaces: ReadonlyArray<EffectiveNamespace>
  /** Names of persistent volumes whose claims go with their pods (`cascadeDelete`). */
  readonly cascadeVolumes: ReadonlyArray<string>
  /** The storage of this rack's pods: the rack's own, else the cluster's. */
  readonly storage?: Storage
  /** The rack as written: placement and overrides. Absent for the implicit rack 0. */
  readonly placement?: Rack
}

export interface EffectiveCluster {
  readonly key: ClusterKey
  readonly uid: string
  readonly generation: number
  /** The decoded spec, for the builders of objects. Sizes, ports, racks and config are read from the resolved fields below, never from here. */
  readonly spec: ClusterSpec
  readonly image: string
  /** 0…8. */
  readonly size: number
  /** In spec order; at least one. */
  readonly racks: ReadonlyArray<EffectiveRack>
  /** The cluster's `aerospikeConfig` with defaults, before racks change it. */
  readonly config: JsonObject
  readonly clusterName: string
  readonly isPaused: boolean
  readonly readinessGateEnabled: boolean
  readonly disablePdb: boolean
  /** Disruption budget over the whole cluster, resolved to pods; at least 0, default 1. */
  readonly maxUnavailable: number
  /** As written, for the PodDisruptionBudget. */
  readonly maxUnavailableSpec: IntOrPercent
  /** Pods restarted at a time, by rack id, resolved; default 1. */
  readonly restartBatch: Readonly<Record<number, number>>
  /** Pods removed at a time, by rack id, resolved against the rack's surplus; default 1 (W22). */
  readonly scaleDownBatch: IntOrPercent | undefined
  /** Pods per rack that may be broken without holding up a roll-out, resolved; 0 means 0 (W10). */
  readonly maxIgnorablePods: Readonly<Record<number, number>>
  /** The user accepts restarts that lose data or availability. */
  readonly allowUnsafeRestart: boolean
  /** Fields that are accepted but do nothing on Community Edition (access control, `security`), for conditions and warnings. */
  readonly hasAccessControl: boolean
  /** StorageClass whose volumes must be local, where the template demands that. */
  readonly localClass?: string
  readonly warnings: ReadonlyArray<SpecProblem>
}

/** One rack's desired objects and the hashes that identify its pods. Built by `decide/objects`. */
export interface DesiredRack {
  readonly rack: EffectiveRack
  /** ACKO's config hash. */
  readonly configHash: string
  readonly podSpecHash: string
  /** Hash of the complete pod template plus rendered configuration without seeds: a pod with another one wants a restart. */
  readonly templateHash: string
  /**
   * A short hash per part of template and configuration (`image`, `config.service.proto-fd-max`, `podSpec.tolerations`, …), also written to
   * the pods: the difference of two such tables says in words why a pod wants a restart.
   */
  readonly templateParts?: Readonly<Record<string, string>>
  /** The tree that the file is written from: the rack's configuration with access addresses, without what is never written. */
  readonly configuration?: JsonObject
  readonly configMap: KubeObject
  /** The StatefulSet with this many replicas. */
  readonly statefulSet: (replicas: number) => KubeObject
}

/** Everything that should exist for one cluster. */
export interface DesiredObjects {
  readonly headlessService: KubeObject
  /** Absent with `disablePDB`. */
  readonly pdb?: KubeObject
  /** The one policy that `networkPolicyConfig` asks for, of Kubernetes or of Cilium. */
  readonly networkPolicy?: { readonly kind: ResourceKind; readonly object: KubeObject }
  /** In rack order. */
  readonly racks: ReadonlyArray<DesiredRack>
  /** Per-pod Services for these pod names; empty unless `spec.podService` is set. */
  readonly podServices: ReadonlyArray<KubeObject>
}
