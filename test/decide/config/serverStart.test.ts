import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { parseAllDocuments } from "yaml"
import { manifestFiles } from "../../../src/cli/manifests.js"
import { Kinds } from "../../../src/domain/Kubernetes.js"
import { readConfiguration } from "../../../src/testing/aerospike/configuration/NodeConfiguration.js"
import { at, desiredOf } from "../../support/desired.js"

/** As the init container does. */
const filledIn = (text: string) => text.replaceAll("MY_POD_IP", "10.0.0.1").replaceAll("MY_NODE_IP", "192.168.0.1")

describe("a starting Community Edition server accepts what is rendered", () => {
  const samples = Object.entries(manifestFiles())
    .filter(([path]) => path.startsWith("samples/"))
    .flatMap(([path, text]) =>
      parseAllDocuments(text).map((document) => ({ path, sample: document.toJS() as unknown })),
    )
  const nameOf = (sample: unknown) => at(sample, "metadata", "name") as string
  const ofKind = (kind: string) => samples.filter(({ sample }) => at(sample, "kind") === kind)
  const templates = new Map(
    ofKind(Kinds.AerospikeClusterTemplate.kind).map(({ sample }) => [nameOf(sample), at(sample, "spec")]),
  )
  const clusters = ofKind(Kinds.AerospikeCluster.kind).map(
    ({ path, sample }) => [path, nameOf(sample), at(sample, "spec")] as const,
  )

  it("samples of both kinds are shipped", () => {
    expect(templates.size).toBeGreaterThan(0)
    expect(clusters.length + templates.size).toBe(samples.length)
  })

  it.each(clusters)("%s: %s", (_path, name, spec) => {
    // The copy of the template that the operator puts into the status first.
    const reference = at(spec, "templateRef", "name") as string | undefined
    const template = reference === undefined ? undefined : templates.get(reference)
    const status =
      reference === undefined ? {} : { templateSnapshot: { name: reference, synced: true, spec: template } }
    const desired = desiredOf({}, [], { name, spec, status })
    const size = (at(spec, "size") ?? at(template, "size")) as number
    for (const rack of desired.racks) {
      const configuration = at(rack.configMap, "data", "aerospike.conf") as string
      const read = readConfiguration(filledIn(configuration))
      expect(Either.getLeft(read)).toEqual(Either.getLeft(Either.right(0)))
      const node = Either.getOrThrow(read)
      expect(node.seeds).toHaveLength(size)
      expect(node.namespaces.map((namespace) => namespace.name)).toEqual(rack.rack.namespaces.map(({ name: ns }) => ns))
      expect(node.hangs).toBe(false)
    }
  })

  it("with every access type and every natural way to write logging", () => {
    for (const accessType of ["pod", "hostInternal", "hostExternal", "configuredIP"]) {
      const desired = desiredOf({
        aerospikeNetworkPolicy: { accessType, alternateAccessType: "pod" },
        aerospikeConfig: {
          logging: [
            { name: "console", context: ["any warning", "migrate debug"], hb: "info" },
            { name: "/var/log/a.log", context: { any: "critical" } },
          ],
          namespaces: [
            {
              name: "test",
              "replication-factor": 2,
              "storage-engine": { file: "/opt/aerospike/data/a.dat", filesize: "4Gi" },
              sets: [{ name: "s", "disable-eviction": true }],
            },
          ],
        },
      })
      const text = at(desired.racks[0]?.configMap, "data", "aerospike.conf") as string
      expect(Either.getLeft(readConfiguration(filledIn(text)))).toEqual(Either.getLeft(Either.right(0)))
    }
  })
})
