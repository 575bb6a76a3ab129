import { describe, expect, it } from "vitest"
import type { Parameter } from "../../src/domain/serverParameters/Parameter.js"
import { parameterTable } from "../../src/domain/serverParameters/ParameterTable.js"
import {
  formatServerVersion,
  isKnownRelease,
  isWithin,
  newestOf80,
  newestOf81,
  parseServerVersion,
  type ServerVersion,
} from "../../src/domain/serverParameters/ServerVersion.js"

const entries = (version: ServerVersion): ReadonlyArray<Parameter> => {
  const table = parameterTable(version)
  return table.contexts.flatMap((context) => [
    ...new Set(["", "memory", "device"].flatMap((variant) => table.of(context, variant))),
  ])
}

const parse = (text: string): ServerVersion => {
  const version = parseServerVersion(text)
  if (version === undefined) throw new Error(`${text} is no version`)
  return version
}

describe("the server's parameters (X-01)", () => {
  it.each([
    // Obsolete and Enterprise-only names inside sections that are refused as a whole are not listed one by one.
    ["8.1.2.0", newestOf81, { accepted: 198, obsolete: 31, unknown: 1, keys: 96 }],
    ["8.0.0.15", newestOf80, { accepted: 194, obsolete: 34, unknown: 1, keys: 94 }],
  ])("%s: as many as the server was seen to accept and to refuse", (_version, version, figures) => {
    const all = entries(version)
    const count = (refused: Parameter["refused"]): number => all.filter((entry) => entry.refused === refused).length
    expect({
      accepted: count(undefined),
      obsolete: count("obsolete"),
      unknown: count("unknown"),
      keys: new Set(
        all.flatMap(({ context, setConfig }) =>
          setConfig === undefined
            ? []
            : [`${context === "namespace.set" ? "set" : context.split(".")[0]} ${setConfig}`],
        ),
      ).size,
    }).toEqual(figures)
  })

  it("differ between releases", () => {
    const find = (version: string, context: string, name: string, variant?: string): Parameter | undefined =>
      parameterTable(parse(version)).find(context, name, variant)
    expect(find("8.0.0.15", "namespace.storage-engine", "data-size", "memory")?.min).toBe(256 * 2 ** 20)
    expect(find("8.1.0.0", "namespace.storage-engine", "data-size", "memory")?.min).toBe(512 * 2 ** 20)
    expect(find("8.0.0.13", "service", "proto-fd-max")?.max).toBe(2_097_152)
    expect(find("8.0.0.14", "service", "proto-fd-max")?.max).toBe(2_147_483_647)
    expect(find("8.1.1.1", "service", "proto-fd-max")?.max).toBe(2_097_152)
    expect(find("8.1.1.2", "service", "proto-fd-max")?.max).toBe(2_147_483_647)
    expect(find("8.1.1.2", "service", "cgroup-mem-tracking")).toBeUndefined()
    expect(find("8.1.2.0", "service", "cgroup-mem-tracking")?.setConfig).toBe("cgroup-mem-tracking")
    expect(find("8.0.0.15", "network", "admin")).toBeUndefined()
    expect(find("8.0.0.15", "network.heartbeat", "interface-address")?.refused).toBe("obsolete")
    expect(find("8.1.0.0", "network.heartbeat", "interface-address")).toBeUndefined()
    expect(parameterTable(newestOf80).logContexts.has("info-port")).toBe(true)
    expect(parameterTable(newestOf81).logContexts.has("info-port")).toBe(false)
  })

  it("have their names in the info protocol", () => {
    const table = parameterTable()
    const keys = (context: string, name: string, variant?: string) => {
      const found = table.find(context, name, variant)
      return [found?.getConfig, found?.setConfig]
    }
    expect(keys("service", "migrate-threads")).toEqual(["migrate-threads", "migrate-threads"])
    expect(keys("network.heartbeat", "interval")).toEqual(["heartbeat.interval", "heartbeat.interval"])
    expect(keys("namespace.storage-engine", "defrag-sleep", "device")).toEqual([
      "storage-engine.defrag-sleep",
      "defrag-sleep",
    ])
    expect(keys("namespace.geo2dsphere-within", "max-cells")).toEqual([
      "geo2dsphere-within.max-cells",
      "geo2dsphere-within-max-cells",
    ])
    expect(keys("namespace.set", "default-ttl")).toEqual(["default-ttl", "default-ttl"])
    expect(keys("service", "node-id-interface")).toEqual(["node-id-interface", undefined])
    expect(keys("mod-lua", "user-path")).toEqual([undefined, undefined])
  })

  it("are kept for a bounded number of releases (R128)", () => {
    const first = parameterTable(parse("8.1.0.0"))
    expect(parameterTable(parse("8.1.0.0"))).toBe(first)
    for (let hotfix = 0; hotfix < 200; hotfix += 1) parameterTable([8, 1, 0, hotfix])
    expect(formatServerVersion(parameterTable(parse("8.1.0.0")).version)).toBe("8.1.0.0")
  })
})

describe("server versions", () => {
  it.each([
    ["8.1.2.0", [8, 1, 2, 0]],
    ["8.1.2.0_1", [8, 1, 2, 0]],
    ["8.1.2.0-rc1", [8, 1, 2, 0]],
    ["8.1", [8, 1, 0, 0]],
    ["8.1.2.0.5", undefined],
    ["latest", undefined],
    ["", undefined],
  ])("%s", (text, version) => {
    expect(parseServerVersion(text)).toEqual(version)
  })

  it("are known up to the newest release that was looked at", () => {
    const known = ["8.0.0.1", "8.0.0.15", "8.1.0.0", "8.1.1.2", "8.1.2.0"].map((text) => isKnownRelease(parse(text)))
    expect(known).toEqual([true, true, true, true, true])
    const unknown = ["7.2.0.6", "8.0.0.16", "8.1.2.1", "8.1.3.0", "8.2.0.0", "9.0.0.0"]
    expect(unknown.map((text) => isKnownRelease(parse(text)))).toEqual(unknown.map(() => false))
  })

  it("lie in ranges with both ends included", () => {
    const within = (text: string, range: string): boolean => isWithin(parse(text), range)
    expect([within("8.0.0.13", "..8.0.0.13"), within("8.0.0.14", "..8.0.0.13")]).toEqual([true, false])
    expect([within("8.1.1.1", "8.1.0.0..8.1.1.1"), within("8.0.0.15", "8.1.0.0..8.1.1.1")]).toEqual([true, false])
    expect([within("8.1.2.0", "8.1.2.0.."), within("8.1.1.9", "8.1.2.0..")]).toEqual([true, false])
  })
})
