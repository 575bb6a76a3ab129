/** The built-in kinds: names, abilities and strategies. */
import { apiVersionOf, Kinds, type ResourceKind } from "../../domain/Kubernetes.js"
import { definitionStrategy } from "./custom/customResources.js"
import { decodeBuiltin } from "./decodeBuiltin.js"
import { coreEvent, modernEvent } from "./events.js"
import { podStrategy } from "./kinds/pod.js"
import {
  bindingStrategy,
  configMapStrategy,
  disruptionBudgetStrategy,
  eventStrategy,
  fixedEventProblems,
  leaseStrategy,
  namespaceStrategy,
  newEventProblems,
  secretStrategy,
} from "./kinds/policy.js"
import { networkPolicyStrategy, serviceStrategy } from "./kinds/service.js"
import { claimStrategy, storageClassStrategy, volumeStrategy } from "./kinds/storage.js"
import { mutatingWebhookStrategy, validatingWebhookStrategy } from "./kinds/webhooks.js"
import {
  controllerRevisionStrategy,
  deploymentStrategy,
  replicaSetStrategy,
  statefulSetStrategy,
} from "./kinds/workloads.js"
import type { ResourceDefinition, ScalePaths, Strategy } from "./ResourceRegistry.js"
import { builtinType } from "./TypeSchema.js"

interface Traits {
  /** Short names, then `|` and categories. */
  readonly names?: string
  readonly status?: true
  readonly generation?: true
  readonly scale?: true
  /** PUT needs a resourceVersion. */
  readonly conditional?: true
  readonly createOnUpdate?: true
  readonly returnsDeleted?: true
  readonly strategy?: Strategy
  readonly storage?: NonNullable<ResourceDefinition["storage"]>
  /** Name in the type table where it differs from the kind. */
  readonly type?: string
}

const scalePaths: ScalePaths = {
  specReplicas: ["spec", "replicas"],
  statusReplicas: ["status", "replicas"],
  selector: ["spec", "selector"],
}

const words = (text: string | undefined): ReadonlyArray<string> => (text ?? "").split(" ").filter((w) => w !== "")

const builtin = (kind: ResourceKind, traits: Traits): ResourceDefinition => {
  const type = builtinType(traits.type ?? kind.kind)
  const [shortNames, categories] = (traits.names ?? "").split("|")
  return {
    kind,
    singular: kind.kind.toLowerCase(),
    listKind: `${kind.kind}List`,
    shortNames: words(shortNames),
    categories: words(categories),
    hasStatus: traits.status ?? false,
    ...(traits.scale === true ? { scale: scalePaths } : {}),
    isCustom: false,
    hasGeneration: traits.generation ?? false,
    unconditionalUpdate: traits.conditional !== true,
    createOnUpdate: traits.createOnUpdate ?? false,
    returnsDeleted: traits.returnsDeleted ?? false,
    type,
    strategy: traits.strategy ?? {},
    decode: (object) => {
      const decoded = decodeBuiltin(type, object)
      return { ...decoded, object: { ...decoded.object, apiVersion: apiVersionOf(kind), kind: kind.kind } }
    },
    ...(traits.storage === undefined ? {} : { storage: traits.storage }),
  }
}

const kindIn = (group: string, kind: string, plural: string, namespaced = true): ResourceKind => ({
  group,
  version: "v1",
  kind,
  plural,
  namespaced,
})
const rbac = "rbac.authorization.k8s.io"

/** Built-in kinds beyond those the operator knows. */
export const MoreKinds = {
  Secret: kindIn("", "Secret", "secrets"),
  ServiceAccount: kindIn("", "ServiceAccount", "serviceaccounts"),
  Endpoints: kindIn("", "Endpoints", "endpoints"),
  EndpointSlice: kindIn("discovery.k8s.io", "EndpointSlice", "endpointslices"),
  PersistentVolume: kindIn("", "PersistentVolume", "persistentvolumes", false),
  PriorityClass: kindIn("scheduling.k8s.io", "PriorityClass", "priorityclasses", false),
  ReplicaSet: kindIn("apps", "ReplicaSet", "replicasets"),
  Deployment: kindIn("apps", "Deployment", "deployments"),
  Role: kindIn(rbac, "Role", "roles"),
  RoleBinding: kindIn(rbac, "RoleBinding", "rolebindings"),
  ClusterRole: kindIn(rbac, "ClusterRole", "clusterroles", false),
  ClusterRoleBinding: kindIn(rbac, "ClusterRoleBinding", "clusterrolebindings", false),
} as const satisfies Record<string, ResourceKind>

/** Every built-in definition, in the order of discovery. */
export const builtinResources: ReadonlyArray<ResourceDefinition> = [
  builtin(Kinds.Namespace, { names: "ns", status: true, strategy: namespaceStrategy }),
  builtin(Kinds.Node, { names: "no", status: true }),
  builtin(Kinds.Pod, { names: "po|all", status: true, generation: true, returnsDeleted: true, strategy: podStrategy }),
  builtin(Kinds.Service, {
    names: "svc|all",
    status: true,
    createOnUpdate: true,
    returnsDeleted: true,
    strategy: serviceStrategy,
  }),
  builtin(Kinds.ConfigMap, { names: "cm", strategy: configMapStrategy }),
  builtin(MoreKinds.Secret, { strategy: secretStrategy }),
  builtin(MoreKinds.ServiceAccount, { names: "sa", returnsDeleted: true }),
  builtin(MoreKinds.Endpoints, { names: "ep", createOnUpdate: true }),
  builtin(Kinds.PersistentVolumeClaim, { names: "pvc", status: true, returnsDeleted: true, strategy: claimStrategy }),
  builtin(MoreKinds.PersistentVolume, { names: "pv", status: true, returnsDeleted: true, strategy: volumeStrategy }),
  builtin(Kinds.CoreEvent, { names: "ev", type: "CoreEvent", createOnUpdate: true, strategy: eventStrategy }),
  builtin(Kinds.StatefulSet, {
    names: "sts|all",
    status: true,
    generation: true,
    scale: true,
    strategy: statefulSetStrategy,
  }),
  builtin(MoreKinds.Deployment, {
    names: "deploy|all",
    status: true,
    generation: true,
    scale: true,
    strategy: deploymentStrategy,
  }),
  builtin(MoreKinds.ReplicaSet, {
    names: "rs|all",
    status: true,
    generation: true,
    scale: true,
    strategy: replicaSetStrategy,
  }),
  builtin(Kinds.ControllerRevision, { strategy: controllerRevisionStrategy }),
  builtin(Kinds.PodDisruptionBudget, {
    names: "pdb",
    status: true,
    generation: true,
    conditional: true,
    strategy: disruptionBudgetStrategy,
  }),
  builtin(Kinds.Lease, { conditional: true, createOnUpdate: true, strategy: leaseStrategy }),
  builtin(Kinds.Event, {
    names: "ev",
    type: "EventsEvent",
    createOnUpdate: true,
    strategy: { validate: newEventProblems, validateUpdate: fixedEventProblems },
    storage: { kind: Kinds.CoreEvent, toStored: coreEvent, fromStored: modernEvent },
  }),
  builtin(MoreKinds.EndpointSlice, { generation: true }),
  builtin(Kinds.NetworkPolicy, { names: "netpol", generation: true, strategy: networkPolicyStrategy }),
  builtin(Kinds.StorageClass, { names: "sc", returnsDeleted: true, strategy: storageClassStrategy }),
  builtin(MoreKinds.PriorityClass, { names: "pc", generation: true }),
  builtin(MoreKinds.Role, {}),
  builtin(MoreKinds.RoleBinding, { strategy: bindingStrategy }),
  builtin(MoreKinds.ClusterRole, {}),
  builtin(MoreKinds.ClusterRoleBinding, { strategy: bindingStrategy }),
  builtin(Kinds.MutatingWebhookConfiguration, { generation: true, strategy: mutatingWebhookStrategy }),
  builtin(Kinds.ValidatingWebhookConfiguration, { generation: true, strategy: validatingWebhookStrategy }),
  builtin(Kinds.CustomResourceDefinition, {
    names: "crd crds|api-extensions",
    status: true,
    generation: true,
    conditional: true,
    strategy: definitionStrategy,
  }),
]
