/** Where pods run: affinity, tolerations, spread, label selectors. */
import * as Schema from "effect/Schema"
import { counts, embedded, Int32, longs, many, one, textLists, textMaps, texts } from "./embedded.js"

const requirement = (type: string) =>
  embedded(type, { key: Schema.String, operator: Schema.String, ...textLists("values") })

export const LabelSelector = embedded("LabelSelector", {
  matchExpressions: many(requirement("LabelSelectorRequirement")),
  ...textMaps("matchLabels"),
}).annotations({ jsonSchema: { "x-kubernetes-map-type": "atomic" } })

const NodeSelectorTerm = embedded("NodeSelectorTerm", {
  matchExpressions: many(requirement("NodeSelectorRequirement")),
  matchFields: many(requirement("NodeSelectorRequirement")),
})

export const NodeAffinity = embedded("NodeAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: one(
    embedded("NodeSelector", { nodeSelectorTerms: Schema.Array(NodeSelectorTerm) }),
  ),
  preferredDuringSchedulingIgnoredDuringExecution: many(
    embedded("PreferredSchedulingTerm", { weight: Int32, preference: NodeSelectorTerm }),
  ),
})

const PodAffinityTerm = embedded("PodAffinityTerm", {
  topologyKey: Schema.String,
  labelSelector: one(LabelSelector),
  namespaceSelector: one(LabelSelector),
  ...textLists("namespaces", "matchLabelKeys", "mismatchLabelKeys"),
})

const podAffinity = (type: string) =>
  embedded(type, {
    requiredDuringSchedulingIgnoredDuringExecution: many(PodAffinityTerm),
    preferredDuringSchedulingIgnoredDuringExecution: many(
      embedded("WeightedPodAffinityTerm", { weight: Int32, podAffinityTerm: PodAffinityTerm }),
    ),
  })

export const Affinity = embedded("Affinity", {
  nodeAffinity: one(NodeAffinity),
  podAffinity: one(podAffinity("PodAffinity")),
  podAntiAffinity: one(podAffinity("PodAntiAffinity")),
})

export const Toleration = embedded("Toleration", {
  ...texts("key", "operator", "value", "effect"),
  ...longs("tolerationSeconds"),
})

export const TopologySpreadConstraint = embedded("TopologySpreadConstraint", {
  maxSkew: Int32,
  topologyKey: Schema.String,
  whenUnsatisfiable: Schema.String,
  labelSelector: one(LabelSelector),
  ...counts("minDomains"),
  ...textLists("matchLabelKeys"),
  ...texts("nodeAffinityPolicy", "nodeTaintsPolicy"),
})
