/** Everything that should exist for one cluster. */
import * as Either from "effect/Either"
import type { DesiredObjects, DesiredRack, EffectiveCluster, EffectiveRack } from "../../domain/EffectiveCluster.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import type { KubeObject, PodView } from "../../domain/Kubernetes.js"
import { Annotation } from "../../domain/Labels.js"
import { canonicalJson } from "../configuration/canonicalJson.js"
import { configHash, podSpecHash, stableHash } from "../configuration/hash.js"
import { normalised } from "../normalise.js"
import { configMap, meshSeeds, renderedConfig } from "./configMap.js"
import { networkPolicy } from "./networkPolicy.js"
import { podDisruptionBudget } from "./pdb.js"
import { podTemplate, type PodTemplate } from "./podTemplate.js"
import { headlessService, podServices } from "./services.js"
import { statefulSet } from "./statefulSet.js"
import { renderedTree, templateParts } from "./templateParts.js"

const withAnnotations = (template: PodTemplate, annotations: Readonly<Record<string, string>>): PodTemplate => ({
  ...template,
  metadata: { ...template.metadata, annotations: { ...template.metadata.annotations, ...annotations } },
})

/**
 * The API server copies the name of the service account into the field's former name, where it would outlive the name we no longer set, and
 * keep its effect (R105). As a field of ours it goes, too. It means nothing new for pods, so it is in no hash.
 */
const withFormerNames = (template: PodTemplate): PodTemplate => {
  const { serviceAccountName } = template.spec
  return serviceAccountName === undefined
    ? template
    : { ...template, spec: { ...template.spec, serviceAccount: serviceAccountName } }
}

/** Longest tree that pods carry, in characters; annotations of an object have 256 KiB. Pods with a longer one are restarted for any change. */
const maximumConfigLength = 65_536

/** Built once per number of replicas: every pass asks for it, and its hash covers the whole template. */
const bySize = (build: (replicas: number) => KubeObject): ((replicas: number) => KubeObject) => {
  const built = new Map<number, KubeObject>()
  return (replicas) => {
    const known = built.get(replicas)
    if (known !== undefined) return known
    const object = build(replicas)
    built.set(replicas, object)
    return object
  }
}

/** Hashes first, then the objects that carry them. The hash of the template covers neither itself nor the mesh seeds nor the size. */
const desiredRack = (
  cluster: EffectiveCluster,
  rack: EffectiveRack,
): Either.Either<DesiredRack, ReadonlyArray<SpecProblem>> =>
  Either.gen(function* () {
    const withoutSeeds = yield* renderedConfig(cluster, rack, [])
    const complete = yield* renderedConfig(cluster, rack, meshSeeds(cluster))
    const bare = podTemplate(cluster, rack)
    const hashes = {
      configHash: configHash(rack.config),
      podSpecHash: podSpecHash({
        image: cluster.image,
        podSpec: cluster.spec.podSpec,
        monitoring: cluster.spec.monitoring,
        rackID: rack.id,
      }),
      templateHash: stableHash({ template: normalised(bare), configuration: withoutSeeds }),
    }
    const parts = templateParts(cluster, rack, bare)
    const tree = renderedTree(cluster, rack)
    const config = canonicalJson(tree)
    const template = withAnnotations(withFormerNames(bare), {
      [Annotation.configHash]: hashes.configHash,
      [Annotation.podSpecHash]: hashes.podSpecHash,
      [Annotation.templateHash]: hashes.templateHash,
      [Annotation.templateParts]: JSON.stringify(parts),
      ...(config.length <= maximumConfigLength ? { [Annotation.config]: config } : {}),
    })
    return {
      rack,
      ...hashes,
      templateParts: parts,
      configuration: tree,
      configMap: configMap(cluster, rack, complete),
      statefulSet: bySize((replicas) => statefulSet(cluster, rack, template, replicas)),
    }
  })

/**
 * The desired objects. Left is never reached for a value of `effectiveCluster`, which renders the same configuration to check it.
 *
 * @param pods names of the pods that exist, for the Services per pod
 * @param running the ports of each of these pods, which a network policy leaves open
 */
export const desiredObjects = (
  cluster: EffectiveCluster,
  pods: ReadonlyArray<string>,
  running: ReadonlyArray<PodView["ports"]> = [],
): Either.Either<DesiredObjects, ReadonlyArray<SpecProblem>> =>
  Either.map(Either.all(cluster.racks.map((rack) => desiredRack(cluster, rack))), (racks) => {
    const pdb = podDisruptionBudget(cluster)
    const policy = networkPolicy(cluster, running)
    return {
      headlessService: headlessService(cluster),
      ...(pdb === undefined ? {} : { pdb }),
      ...(policy === undefined ? {} : { networkPolicy: policy }),
      racks,
      podServices: podServices(cluster, pods),
    }
  })
