/** CustomResourceDefinitions from the schemas that also decode the resources: one source for both (effect-notes §9, api.md §1). */
import * as JSONSchema from "effect/JSONSchema"
import type * as Schema from "effect/Schema"
import { ClusterSpec } from "../domain/AerospikeCluster.js"
import { TemplateSpec, TemplateStatusSchema } from "../domain/AerospikeClusterTemplate.js"
import { type KubeObject, Kinds, type ResourceKind } from "../domain/Kubernetes.js"
import { clusterRules, objectRules } from "../domain/schema/clusterRules.js"
import { type CelRule, published } from "../domain/schema/fields.js"
import { ClusterStatusSchema } from "../domain/schema/status.js"
import { structural, type StructuralSchema } from "./structuralSchema.js"

interface Column {
  readonly name: string
  readonly type: "integer" | "string" | "date"
  readonly jsonPath: string
  readonly priority?: number
}

const clusterColumns: ReadonlyArray<Column> = [
  { name: "RackSize", type: "integer", jsonPath: ".spec.size" },
  { name: "Health", type: "string", jsonPath: ".status.health" },
  { name: "Phase", type: "string", jsonPath: ".status.phase" },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  { name: "Available", type: "string", jsonPath: ".status.conditions[?(@.type=='Available')].status" },
  { name: "Image", type: "string", jsonPath: ".spec.image", priority: 1 },
  { name: "ObservedGen", type: "integer", jsonPath: ".status.observedGeneration", priority: 1 },
  { name: "PhaseReason", type: "string", jsonPath: ".status.phaseReason", priority: 1 },
  { name: "AS-Size", type: "integer", jsonPath: ".status.aerospikeClusterSize", priority: 1 },
]

const templateColumns: ReadonlyArray<Column> = [
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  { name: "AntiAffinity", type: "string", jsonPath: ".spec.scheduling.podAntiAffinityLevel" },
  { name: "StorageClass", type: "string", jsonPath: ".spec.storage.storageClassName", priority: 1 },
  { name: "Description", type: "string", jsonPath: ".spec.description", priority: 1 },
]

const schemaOf = <A, I>(schema: Schema.Schema<A, I>): StructuralSchema =>
  structural(
    JSONSchema.fromAST(schema.ast, {
      definitions: {},
      target: "jsonSchema7",
      additionalPropertiesStrategy: "allow",
      topLevelReferenceStrategy: "skip",
    }),
  )

interface Definition {
  readonly kind: ResourceKind
  readonly shortName: string
  readonly description: string
  readonly spec: StructuralSchema
  readonly status: StructuralSchema
  readonly required: ReadonlyArray<string>
  readonly columns: ReadonlyArray<Column>
  readonly rules: ReadonlyArray<CelRule>
  readonly scale?: Readonly<Record<string, string>>
}

const definition = ({
  kind,
  shortName,
  description,
  spec,
  status,
  required,
  columns,
  rules,
  scale,
}: Definition): KubeObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${kind.plural}.${kind.group}`, annotations: { "helm.sh/resource-policy": "keep" } },
  spec: {
    group: kind.group,
    names: {
      kind: kind.kind,
      listKind: `${kind.kind}List`,
      plural: kind.plural,
      singular: kind.kind.toLowerCase(),
      shortNames: [shortName],
    },
    scope: kind.namespaced ? "Namespaced" : "Cluster",
    versions: [
      {
        name: kind.version,
        served: true,
        storage: true,
        additionalPrinterColumns: columns,
        subresources: { status: {}, ...(scale === undefined ? {} : { scale }) },
        schema: {
          openAPIV3Schema: {
            type: "object",
            description,
            ...(required.length === 0 ? {} : { required }),
            ...(rules.length === 0 ? {} : { "x-kubernetes-validations": rules.map(published) }),
            properties: {
              apiVersion: { type: "string", description: "acko.io/v1alpha1" },
              kind: { type: "string", description: kind.kind },
              metadata: { type: "object" },
              spec,
              status,
            },
          },
        },
      },
    ],
  },
})

/** The definition of AerospikeCluster. */
export const aerospikeClusterCrd = (): KubeObject =>
  definition({
    kind: Kinds.AerospikeCluster,
    shortName: "asc",
    description: "A cluster of Aerospike Community Edition nodes",
    rules: objectRules,
    spec: {
      description: "What the cluster should be",
      ...schemaOf(ClusterSpec),
      "x-kubernetes-validations": clusterRules.map(published),
    },
    status: { ...schemaOf(ClusterStatusSchema), description: "What the cluster is; written by the operator" },
    required: ["spec"],
    columns: clusterColumns,
    scale: {
      specReplicasPath: ".spec.size",
      statusReplicasPath: ".status.size",
      labelSelectorPath: ".status.selector",
    },
  })

/** The definition of AerospikeClusterTemplate. */
export const aerospikeClusterTemplateCrd = (): KubeObject =>
  definition({
    kind: Kinds.AerospikeClusterTemplate,
    shortName: "asct",
    description: "Defaults that clusters refer to by name",
    rules: [],
    spec: { ...schemaOf(TemplateSpec), description: "What clusters take from it where they leave something open" },
    status: { ...schemaOf(TemplateStatusSchema), description: "Who uses it; written by the operator" },
    required: [],
    columns: templateColumns,
  })
