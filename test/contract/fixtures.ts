/** Kinds and objects the cases use. */
import { Kinds, type KubeObject, type ResourceKind } from "../../src/domain/Kubernetes.js"
import { MoreKinds } from "../../src/testing/kube/builtinResources.js"
import type { Body } from "./Place.js"

export const {
  ConfigMap,
  Pod,
  Service,
  StatefulSet,
  PodDisruptionBudget,
  NetworkPolicy,
  PersistentVolumeClaim,
  Lease,
} = Kinds
export const { Namespace, CustomResourceDefinition, ControllerRevision, Event, CoreEvent, StorageClass } = Kinds
export const { Secret, ServiceAccount, Deployment, ReplicaSet } = MoreKinds

const custom = (kind: string, plural: string): ResourceKind => ({
  group: "contract.acko.io",
  version: "v1",
  kind,
  plural,
  namespaced: true,
})

/** A small custom kind: status, scale, one list by key. */
export const Widgets = custom("Widget", "widgets")
/** A custom kind with every kind of rule. */
export const Gadgets = custom("Gadget", "gadgets")
/** The other served version of {@link Gadgets}. */
export const OldGadgets: ResourceKind = { ...Gadgets, version: "v1beta1" }

const keyed = (key: string, properties: Body): Body => ({
  type: "array",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": [key],
  items: { type: "object", required: [key], properties },
})
const text = { type: "string" }
const integer = { type: "integer" }

const widgetSchema: Body = {
  type: "object",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      required: ["size"],
      properties: {
        size: { type: "integer", format: "int32", minimum: 1, maximum: 8 },
        mode: { type: "string", enum: ["Fast", "Safe"], default: "Safe" },
        image: { type: "string", pattern: "^[a-z0-9./:-]+$", maxLength: 64 },
        raw: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        racks: keyed("id", { id: integer, zone: text }),
      },
    },
    status: {
      type: "object",
      properties: {
        size: integer,
        selector: text,
        phase: text,
        conditions: keyed("type", { type: text, status: text }),
      },
    },
  },
}

const gadgetSchema: Body = {
  type: "object",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      "x-kubernetes-validations": [
        { rule: "!has(self.low) || !has(self.high) || self.low <= self.high", message: "low must not exceed high" },
        {
          rule: "!has(self.high) || self.high != 13",
          messageExpression: "self.high > 0 ? 'high is unlucky' : 'high is low'",
          reason: "FieldValueForbidden",
          fieldPath: ".high",
        },
        { rule: "!has(self.low) || self.low != 13" },
        { rule: "has(oldSelf.pinned) == has(self.pinned)", message: "pinned may not come or go" },
      ],
      properties: {
        low: { type: "integer", minimum: 0 },
        high: integer,
        ratio: { type: "number", minimum: 0, maximum: 1, exclusiveMaximum: true },
        even: { type: "integer", multipleOf: 2 },
        pinned: {
          type: "string",
          "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "pinned is immutable" }],
        },
        word: { type: "string", minLength: 2, maxLength: 5, pattern: "^[a-z]+$" },
        port: { "x-kubernetes-int-or-string": true },
        maybe: { type: "string", nullable: true },
        on: { type: "boolean" },
        when: { type: "string", format: "date-time" },
        labels: { type: "object", additionalProperties: text, maxProperties: 2 },
        tags: { type: "array", items: text, "x-kubernetes-list-type": "set", maxItems: 3 },
        list: { type: "array", items: integer, minItems: 1 },
        point: {
          type: "object",
          "x-kubernetes-map-type": "atomic",
          properties: { x: integer, y: integer },
        },
        nested: {
          type: "object",
          default: {},
          properties: { deep: { type: "string", default: "yes" }, plain: text },
        },
        optional: { type: "object", properties: { deep: { type: "string", default: "yes" } } },
        members: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          maxItems: 8,
          items: {
            type: "object",
            required: ["name"],
            properties: {
              name: { type: "string", maxLength: 20 },
              role: { type: "string", default: "data" },
              weight: integer,
            },
            "x-kubernetes-validations": [{ rule: "self.name != self.role", message: "a member is not its role" }],
          },
        },
        choice: {
          type: "object",
          properties: { a: text, b: text },
          oneOf: [{ required: ["a"] }, { required: ["b"] }],
        },
        template: {
          type: "object",
          "x-kubernetes-embedded-resource": true,
          "x-kubernetes-preserve-unknown-fields": true,
        },
      },
    },
    status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
}

const definition = (kind: ResourceKind, shortName: string, versions: ReadonlyArray<Body>): KubeObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${kind.plural}.${kind.group}` },
  spec: {
    group: kind.group,
    scope: "Namespaced",
    names: {
      plural: kind.plural,
      singular: kind.kind.toLowerCase(),
      kind: kind.kind,
      listKind: `${kind.kind}List`,
      shortNames: [shortName],
    },
    versions,
  },
})

/** The definitions every target gets. */
export const definitions: ReadonlyArray<KubeObject> = [
  definition(Widgets, "wd", [
    {
      name: "v1",
      served: true,
      storage: true,
      subresources: {
        status: {},
        scale: {
          specReplicasPath: ".spec.size",
          statusReplicasPath: ".status.size",
          labelSelectorPath: ".status.selector",
        },
      },
      additionalPrinterColumns: [
        { name: "Size", type: "integer", jsonPath: ".spec.size" },
        { name: "Phase", type: "string", jsonPath: ".status.phase", description: "What it does" },
        { name: "Racks", type: "string", jsonPath: ".spec.racks[*].zone", priority: 1 },
        { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
      ],
      schema: { openAPIV3Schema: widgetSchema },
    },
  ]),
  definition(Gadgets, "gd", [
    {
      name: "v1",
      served: true,
      storage: true,
      subresources: { status: {} },
      schema: { openAPIV3Schema: gadgetSchema },
      selectableFields: [{ jsonPath: ".spec.word" }],
    },
    {
      name: "v1beta1",
      served: true,
      storage: false,
      schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
    },
  ]),
]

/** A pod that needs no service account token. */
export const podSpec: Body = {
  automountServiceAccountToken: false,
  containers: [{ name: "c", image: "busybox:1" }],
}

/** A pod template with one container `server`. */
export const template = (app: string, container: Body = {}): Body => ({
  metadata: { labels: { app } },
  spec: {
    containers: [
      {
        name: "server",
        image: "aerospike:8.1",
        ports: [{ name: "service", containerPort: 3000 }],
        env: [{ name: "A", value: "1" }],
        resources: { requests: { cpu: "0.5", memory: "1024Mi" } },
        ...container,
      },
    ],
  },
})

/** The spec of a StatefulSet or ReplicaSet without pods. */
export const setSpec = (app: string, more: Body = {}): Body => ({
  replicas: 0,
  selector: { matchLabels: { app } },
  template: template(app),
  ...more,
})
