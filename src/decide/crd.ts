/** CustomResourceDefinitions from the schemas that also decode the resources: one source for both (effect-notes §9, api.md §1). */
import * as JSONSchema from "effect/JSONSchema"
import type * as Schema from "effect/Schema"
import { ClusterSpec } from "../domain/AerospikeCluster.js"
import { TemplateSpec, TemplateStatusSchema } from "../domain/AerospikeClusterTemplate.js"
import { type KubeObject, Kinds, type ResourceKind } from "../domain/Kubernetes.js"
import { type CelRule } from "../domain/schema/fields.js"
import { ClusterStatusSchema } from "../domain/schema/status.js"
import { structural, type StructuralSchema } from "./structuralSchema.js"

interface Column {
  readonly name: string
  readonly type: "integer" | "string" | "date"
  readonly jsonPath: string
  readonly priority?: number
}

/** Rules over several fields of the spec, so that a cluster is protected without the webhook. */
const specRules: ReadonlyArray<CelRule> = [
  {
    rule: "has(self.templateRef) || (has(self.size) && self.size > 0)",
    message: "spec.size must be 1 to 8 unless spec.templateRef is set",
  },
  {
    rule: "has(self.templateRef) || (has(self.image) && self.image != '')",
    message: "spec.image must be set unless spec.templateRef is set",
  },
  {
    rule: "!has(self.image) || !self.image.matches('(?i)enterprise')",
    message: "spec.image is an Enterprise Edition image; only Community Edition is supported",
  },
  {
    rule: "!has(self.overrides) || has(self.templateRef)",
    message: "spec.overrides needs spec.templateRef",
  },
  {
    rule: "!has(self.size) || self.size == 0 || !has(self.aerospikeConfig) || !has(self.aerospikeConfig.namespaces) || self.aerospikeConfig.namespaces.all(n, !has(n.replication__dash__factor) || n.replication__dash__factor <= self.size)",
    message: "replication-factor must not exceed spec.size",
  },
]

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
  readonly spec: StructuralSchema
  readonly status: StructuralSchema
  readonly required: ReadonlyArray<string>
  readonly columns: ReadonlyArray<Column>
  readonly scale?: Readonly<Record<string, string>>
}

const definition = ({ kind, shortName, spec, status, required, columns, scale }: Definition): KubeObject => ({
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
            ...(required.length === 0 ? {} : { required }),
            properties: {
              apiVersion: { type: "string" },
              kind: { type: "string" },
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
    spec: { ...schemaOf(ClusterSpec), "x-kubernetes-validations": specRules },
    status: schemaOf(ClusterStatusSchema),
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
    spec: schemaOf(TemplateSpec),
    status: schemaOf(TemplateStatusSchema),
    required: [],
    columns: templateColumns,
  })
