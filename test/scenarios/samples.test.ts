/** Every shipped sample does what it says: the operator carries it out and is done. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { samples } from "../../src/cli/manifests/samples.js"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../src/decide/crd.js"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import type { HostOptions } from "../../src/testing/kube/controllers/HostMachine.js"
import { basicObjects } from "../../src/testing/kube/controllers/EmbeddedWorld.js"
import { play } from "./stage.js"

const isTemplate = ({ kind }: KubeObject): boolean => kind === Kinds.AerospikeClusterTemplate.kind
const all = Object.values(samples)
  .flat()
  .map((object) => object as KubeObject)
const clusters = all.filter((object) => !isTemplate(object))

/** Hosts as the samples name them: three workers of kind, in the zones of the rack sample, and room beside them. */
const hosts: ReadonlyArray<HostOptions> = [
  ...["kind-worker", "kind-worker2", "kind-worker3"],
  ...Array.from({ length: 6 }, (_, index) => `worker-${index}`),
].map((name, index) => ({
  name,
  address: `10.0.0.${index + 1}`,
  labels: { "topology.kubernetes.io/zone": `us-east1-${"abc"[index % 3]}`, "kubernetes.io/hostname": name },
}))

const standard = basicObjects.find(({ kind }) => kind === "StorageClass")!
const localPath: KubeObject = {
  ...standard,
  metadata: { name: "local-path" },
  volumeBindingMode: "WaitForFirstConsumer",
}

describe("samples", () => {
  it("there is one for everything the specification lists", () => {
    expect(Object.keys(samples).map((path) => path.replace("samples/", ""))).toEqual(
      expect.arrayContaining([
        "acko_v1alpha1_aerospikecluster.yaml",
        "aerospike-cluster-3node.yaml",
        "aerospike-cluster-acl.yaml",
        "aerospike-cluster-multirack.yaml",
        "aerospike-cluster-monitoring.yaml",
        "aerospike-cluster-storage-advanced.yaml",
        "acko_v1alpha1_template_dev.yaml",
        "acko_v1alpha1_template_stage.yaml",
        "acko_v1alpha1_template_prod.yaml",
        "aerospike-cluster-with-template.yaml",
      ]),
    )
  })

  it("all of them, side by side, become whole and stay quiet", () => {
    play(
      (stage) =>
        Effect.gen(function* () {
          const { server } = stage.world
          for (const template of all.filter(isTemplate)) server.create(Kinds.AerospikeClusterTemplate, template)
          for (const cluster of clusters) server.create(Kinds.AerospikeCluster, cluster)
          const unfinished = () =>
            clusters.flatMap(({ metadata: { name = "", namespace = "" } }) => {
              const { status } = server.get(Kinds.AerospikeCluster, { namespace, name })
              const { phase, phaseReason } = (status ?? {}) as { phase?: string; phaseReason?: string }
              return phase === "Completed" ? [] : [`${namespace}/${name}: ${phase}: ${phaseReason}`]
            })
          for (let minute = 0; minute < 10 && unfinished().length > 0; minute++) yield* Effect.sleep("1 minute")
          expect(unfinished()).toEqual([])
          expect(yield* stage.quiet).toEqual([])
        }),
      { world: { hosts, objects: [aerospikeClusterCrd(), aerospikeClusterTemplateCrd(), localPath] } },
    )
  }, 120_000)
})
