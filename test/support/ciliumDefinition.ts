/** As much of Cilium as an operator meets: the definition of its policies, with the part of the schema that ours must satisfy. */
import type { KubeObject } from "../../src/domain/Kubernetes.js"

const labelSelector = {
  type: "object",
  properties: { matchLabels: { type: "object", additionalProperties: { type: "string", maxLength: 63 } } },
}

const portRule = {
  type: "object",
  properties: {
    ports: {
      type: "array",
      maxItems: 40,
      items: {
        type: "object",
        required: ["port"],
        properties: {
          port: { type: "string", pattern: "^[0-9]{1,5}$" },
          protocol: { type: "string", enum: ["TCP", "UDP", "SCTP", "ANY"] },
        },
      },
    },
  },
}

const ingressRule = {
  type: "object",
  properties: {
    fromEndpoints: { type: "array", items: labelSelector },
    toPorts: { type: "array", items: portRule },
  },
}

export const ciliumDefinition: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "ciliumnetworkpolicies.cilium.io" },
  spec: {
    group: "cilium.io",
    scope: "Namespaced",
    names: {
      kind: "CiliumNetworkPolicy",
      listKind: "CiliumNetworkPolicyList",
      plural: "ciliumnetworkpolicies",
      singular: "ciliumnetworkpolicy",
      shortNames: ["cnp"],
    },
    versions: [
      {
        name: "v2",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  endpointSelector: labelSelector,
                  ingress: { type: "array", items: ingressRule },
                },
              },
            },
          },
        },
      },
    ],
  },
}
