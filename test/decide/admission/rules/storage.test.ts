import { describe, expect, it } from "vitest"
import type { Json, JsonObject } from "../../../../src/domain/Json.js"
import { errorRules, namespace, review, type RuleCase, warningRules } from "../../../support/review.js"
import { expectRefusal } from "./expectRefusal.js"

const storage = (...volumes: ReadonlyArray<Json>): JsonObject => ({ storage: { volumes } })
const volume = (more: JsonObject): JsonObject => ({ name: "data", source: { emptyDir: {} }, ...more })
const claim = (size: string): JsonObject => storage({ name: "data", source: { persistentVolume: { size } } })
const both = { path: "/a", subPath: "x", subPathExpr: "y" }

describe("storage", () => {
  it.each<RuleCase>([
    ["V36: a repeated name", storage(volume({}), volume({})), ["V36"], ["data"]],
    ["V37: no source", storage(volume({ source: {} })), ["V37"], ["volumes[0]", "data", "exactly one"]],
    [
      "V38: two sources",
      storage(volume({ source: { emptyDir: {}, hostPath: { path: "/x" } } })),
      ["V38"],
      ["volumes[0]", "data", "2 sources"],
    ],
    ["V39: an empty size", claim(""), ["V39"], ["volumes[0]", "data", "persistentVolume.size"]],
    ["V40: a size that is no quantity", claim("10Gib"), ["V40"], ["volumes[0]", "data", "10Gib"]],
    ["V41: a size of nothing", claim("0"), ["V41"], ["volumes[0]", "data", "0"]],
    ["V41: less than nothing", claim("-1Gi"), ["V41"], ["data", "-1Gi"]],
    [
      "R118: labels and annotations of claims no API server takes",
      storage({
        name: "data",
        source: {
          persistentVolume: { size: "1Gi", metadata: { labels: { "a b": "c", d: "e f" }, annotations: { "g h": "" } } },
        },
      }),
      ["labels.key", "labels.value", "labels.key"],
      ["volumes[0].source.persistentVolume.metadata.labels", "metadata.annotations", "a b", "e f", "g h"],
    ],
    ["V42: a relative path", storage(volume({ aerospike: { path: "data" } })), ["V42"], ["volumes[0]", "data"]],
    [
      "V42: a name longer than a file system takes",
      storage(volume({ aerospike: { path: `/opt/${"a".repeat(256)}` } })),
      ["V42"],
      ["volumes[0]"],
    ],
    ["V42: a path for a shell (R122)", storage(volume({ aerospike: { path: "/a$(x)" } })), ["V42"], ["/a$(x)"]],
    ["V43: two sub-paths in the server", storage(volume({ aerospike: both })), ["V43"], ["volumes[0]", "data"]],
    [
      "V44: two sub-paths in a sidecar",
      storage(volume({ sidecars: [{ containerName: "log", ...both }] })),
      ["V44"],
      ["volumes[0].sidecars[0]", "data", "log"],
    ],
    [
      "V45: two sub-paths in an init container",
      storage(volume({ initContainers: [{ containerName: "prepare", ...both }] })),
      ["V45"],
      ["volumes[0].initContainers[0]", "data", "prepare"],
    ],
    [
      "V46: nothing is said to be local",
      { storage: { deleteLocalStorageOnRestart: true } },
      ["V46"],
      ["deleteLocalStorageOnRestart", "localStorageClasses"],
    ],
    [
      "B6: storage of a rack is judged alike",
      { rackConfig: { racks: [{ id: 1, ...storage(volume({ source: {} })) }] } },
      ["V37"],
      ["spec.rackConfig.racks[0].storage.volumes[0]"],
    ],
  ])("%s", (...given) => expectRefusal(...given))

  it("V36–V46: one volume can be wrong in several ways, all are told", () => {
    const wrong = storage(
      volume({ source: {}, aerospike: { ...both, path: "a" }, sidecars: [{ containerName: "x", ...both }] }),
    )
    expect(errorRules(review(wrong))).toEqual(["V37", "V42", "V43", "V44"])
  })

  describe("Community Edition's limit of 640 GiB of unique data per node", () => {
    const raw = (size: string): JsonObject => ({
      name: "raw",
      source: { persistentVolume: { size, volumeMode: "Block" } },
      aerospike: { path: "/dev/data" },
    })
    const shadowed = (devices: ReadonlyArray<string>): JsonObject => ({
      aerospikeConfig: { namespaces: [namespace({ "storage-engine": { type: "device", device: devices } })] },
    })
    const over = (of: JsonObject): ReadonlyArray<string | undefined> => errorRules(review(of))

    it.each<[string, ReadonlyArray<string>, string, ReadonlyArray<string>]>([
      ["exactly as much as allowed, stored twice", ["/dev/data"], "2560Gi", []],
      ["more than allowed", ["/dev/data"], "2561Gi", ["ce.storage"]],
      ["a shadow holds nothing of its own", ["/dev/other /dev/data"], "9Ti", []],
      ["a device of unknown size counts nothing", ["/dev/other"], "9Ti", []],
    ])("counts raw devices by the size of their claims: %s", (_title, devices, size, rules) => {
      expect(over({ ...shadowed(devices), ...storage(raw(size)) })).toEqual(rules)
    })

    it("holds for the storage of each rack", () => {
      const racks = (size: string): JsonObject => ({
        rackConfig: { racks: [{ id: 1 }, { id: 2, storage: { volumes: [raw(size)] } }] },
      })
      const small = { ...shadowed(["/dev/data"]), ...storage(raw("10Gi")) }
      expect(over({ ...small, ...racks("10Gi") })).toEqual([])
      expect(over({ ...small, ...racks("9Ti") })).toEqual(["ce.storage"])
    })
  })

  it("B23: an attachment to a container that is not there is accepted", () => {
    const attached = volume({ sidecars: [{ containerName: "aerospike-prometheus-exporter", path: "/shared" }] })
    expect(errorRules(review({ ...storage(attached), monitoring: { enabled: true } }))).toEqual([])
  })

  it.each<[string, JsonObject, ReadonlyArray<string>]>([
    ["warning W10: a directory of the host", storage(volume({ source: { hostPath: { path: "/x" } } })), ["W10"]],
    ["warning W11: cascadeDelete without a claim", storage(volume({ cascadeDelete: true })), ["W11"]],
    ["warning W12: local classes, kept claims", { storage: { localStorageClasses: ["local"] } }, ["W12"]],
    [
      "silent when the claims are kept on purpose",
      { storage: { localStorageClasses: ["local"], deleteLocalStorageOnRestart: false } },
      [],
    ],
    [
      "warning W13: a work directory without a volume",
      { aerospikeConfig: { service: { "work-directory": "/opt/work" }, namespaces: [namespace()] } },
      ["W13"],
    ],
    [
      "silent when asked to be",
      {
        aerospikeConfig: { service: { "work-directory": "/opt/work" }, namespaces: [namespace()] },
        validationPolicy: { skipWorkDirValidate: true },
      },
      [],
    ],
  ])("%s", (_title, given, expected) => {
    expect(warningRules(review(given))).toEqual(expected)
  })
})
