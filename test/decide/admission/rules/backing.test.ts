import { describe, expect, it } from "vitest"
import type { Json, JsonObject } from "../../../../src/domain/Json.js"
import { namespace, review } from "../../../support/review.js"

const onDevice = (engine: JsonObject): JsonObject => ({
  namespaces: [namespace({ "storage-engine": { type: "device", ...engine } })],
})
const volume = (path: string, volumeMode = "Filesystem"): JsonObject => ({
  name: "data",
  source: { persistentVolume: { size: "10Gi", volumeMode } },
  aerospike: { path },
})
const file = { file: "/opt/aerospike/data/test.dat", filesize: "4G" }

const storageWarnings = (spec: Readonly<Record<string, Json>>): ReadonlyArray<string> =>
  review(spec).warnings.flatMap(({ rule, path }) => (/^storage\./.test(rule ?? "") ? [`${rule} ${path}`] : []))
const at = "spec.aerospikeConfig.namespaces[0].storage-engine"

describe("files and devices that are on no volume", () => {
  it.each<readonly [string, Readonly<Record<string, Json>>, ReadonlyArray<string>]>([
    [
      "a device without a volume",
      { aerospikeConfig: onDevice({ device: "/dev/xvda" }) },
      [`storage.device ${at}.device`],
    ],
    [
      "a device with its volume, a shadow without",
      {
        aerospikeConfig: onDevice({ device: ["/dev/xvda /dev/xvdb"] }),
        storage: { volumes: [volume("/dev/xvda", "Block")] },
      },
      [`storage.device ${at}.device`],
    ],
    [
      "a file beside its volume",
      { aerospikeConfig: onDevice(file), storage: { volumes: [volume("/opt/aerospike/dat")] } },
      [`storage.file ${at}.file`],
    ],
    ["a file on its volume", { aerospikeConfig: onDevice(file), storage: { volumes: [volume("/opt/aerospike")] } }, []],
    [
      "a rack with storage of its own",
      {
        aerospikeConfig: onDevice(file),
        storage: { volumes: [volume("/opt/aerospike")] },
        rackConfig: { racks: [{ id: 1 }, { id: 2, storage: { volumes: [volume("/opt/other")] } }] },
      },
      [`storage.file ${at}.file`],
    ],
    [
      "a template that is not known may bring the volume",
      { aerospikeConfig: onDevice(file), templateRef: { name: "small" } },
      [],
    ],
  ])("%s", (_title, spec, expected) => {
    expect(review(spec).errors).toEqual([])
    expect(storageWarnings(spec)).toEqual(expected)
  })
})
