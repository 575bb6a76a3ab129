import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { canonicalJson } from "../../../src/decide/configuration/canonicalJson.js"
import { configHash, stableHash } from "../../../src/decide/configuration/hash.js"

describe("config hash (behaviour.md §0.4, appendix B)", () => {
  it.each([
    [null, "74234e98afe7498f"],
    [{}, "44136fa355b3678a"],
    [{ key: "value" }, "e43abcf337524483"],
    [{ a: "<b>&" }, "a4e4bfa3763b0559"],
    [
      {
        service: { "proto-fd-max": 15000, "cluster-name": "demo" },
        network: {
          service: { port: 3000 },
          heartbeat: { port: 3002, mode: "mesh" },
          fabric: { port: 3001 },
        },
        namespaces: [
          { name: "test", "storage-engine": { type: "memory", "data-size": 1073741824 }, "replication-factor": 2 },
        ],
      },
      "d95c592eb6b07d46",
    ],
  ])("%j", (value, hash) => {
    expect(configHash(value)).toBe(hash)
  })
})

describe("canonical JSON", () => {
  it("writes what Go writes", () => {
    expect(canonicalJson({ b: [1, 2.5, 1e21, 1e-7, -0], a: '\u2028\u2029\u0001\b\f\n"\\\u007f' })).toBe(
      '{"a":"\\u2028\\u2029\\u0001\\b\\f\\n\\"\\\\\u007f","b":[1,2.5,1e+21,1e-7,-0]}',
    )
  })

  it("sorts keys by bytes, not by UTF-16 units", () => {
    expect(canonicalJson({ "\u{1F600}": 1, "\uFFEE": 2, a: 3 })).toBe('{"a":3,"\uFFEE":2,"\u{1F600}":1}')
  })

  it("is JSON for every value, and forgets the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const positive = (_key: string, v: unknown) => (v === 0 ? 0 : v)
        expect(JSON.parse(canonicalJson(value), positive)).toEqual(JSON.parse(JSON.stringify(value)))
        const shuffled = (v: unknown): unknown =>
          Array.isArray(v)
            ? v.map(shuffled)
            : typeof v === "object" && v !== null
              ? Object.fromEntries(
                  Object.entries(v)
                    .reverse()
                    .map(([k, w]) => [k, shuffled(w)]),
                )
              : v
        expect(stableHash(shuffled(value))).toBe(stableHash(value))
      }),
    )
  })

  it("tells different texts apart", () => {
    expect(stableHash({ a: 1 })).not.toBe(stableHash({ a: "1" }))
    expect(stableHash({ a: undefined, b: 1 })).toBe(stableHash({ b: 1 }))
  })
})
