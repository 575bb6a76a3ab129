import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { rackConfigText } from "../../../src/decide/configuration/render.js"
import type { Json, JsonObject } from "../../../src/domain/Json.js"
import { type ConfNode, parseConf } from "../../support/aerospikeConf.js"

/** A piece of tree together with what the server has to read. */
interface Piece {
  readonly json: JsonObject
  readonly nodes: ReadonlyArray<ConfNode>
}

const key = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/).filter((k) => !special.has(k))
const special = new Set([
  "namespaces",
  "logging",
  "network",
  "service",
  "security",
  "storage-engine",
  "rack-id",
  "set",
  "sets",
  "name",
  "type",
])
const byteSizes = /size|budget|cache|mtu/
const plainKey = key.filter((k) => !byteSizes.test(k))
const word = fc.stringMatching(/^[!"$-:<-z|~]{1,40}$/)
const scalar = fc.oneof(word, fc.integer(), fc.boolean())

const line = (k: string, value: string | number | boolean): ConfNode => ({ words: [k, String(value)] })

/** Entries of one section: scalars, nulls, lists of scalars, lists of maps, maps. */
const pieces: (depth: number) => fc.Arbitrary<Piece> = (depth) =>
  fc
    .uniqueArray(
      fc.tuple(
        plainKey,
        fc.oneof<fc.Arbitrary<{ json: Json; nodes: (k: string) => ReadonlyArray<ConfNode> }>[]>(
          scalar.map((json) => ({ json, nodes: (k: string) => [line(k, json)] })),
          fc.constant({ json: null, nodes: () => [] }),
          fc
            .array(scalar, { maxLength: 3 })
            .map((json) => ({ json, nodes: (k: string) => json.map((v) => line(k, v)) })),
          ...(depth === 0
            ? []
            : [
                pieces(depth - 1).map((below) => ({
                  json: below.json,
                  nodes: (k: string) => [{ words: [k], children: below.nodes }],
                })),
                fc.array(pieces(depth - 1), { maxLength: 2 }).map((below) => ({
                  json: below.map((b) => b.json),
                  nodes: (k: string) => below.map((b) => ({ words: [k], children: b.nodes })),
                })),
              ]),
        ),
      ),
      { selector: ([k]) => k, maxLength: 5 },
    )
    .map((entries) => ({
      json: Object.fromEntries(entries.map(([k, v]) => [k, v.json])),
      nodes: [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([k, v]) => v.nodes(k)),
    }))

const namespace = fc
  .tuple(word, pieces(1), fc.option(pieces(0), { nil: undefined }))
  .map(([name, body, engine]): Piece => {
    const kept = engine === undefined ? [] : Object.values(engine.json).filter((v) => v !== null)
    const engineNode: ReadonlyArray<ConfNode> =
      engine === undefined
        ? []
        : [
            kept.length === 0
              ? { words: ["storage-engine", "memory"] }
              : { words: ["storage-engine", "memory"], children: engine.nodes },
          ]
    const nodes = [...body.nodes, ...engineNode].sort((a, b) => {
      const [left = "", right = ""] = [a.words[0], b.words[0]]
      return left < right ? -1 : left > right ? 1 : 0
    })
    return {
      json: {
        ...body.json,
        name,
        ...(engine === undefined ? {} : { "storage-engine": { type: "memory", ...engine.json } }),
      },
      nodes: [{ words: ["namespace", name], children: nodes }],
    }
  })

const tree = fc
  .tuple(fc.array(namespace, { maxLength: 2 }), pieces(1), pieces(1), pieces(2))
  .map(([namespaces, service, heartbeat, network]): Piece => ({
    json: {
      namespaces: namespaces.map((n) => n.json),
      network: { ...network.json, heartbeat: heartbeat.json },
      service: service.json,
      security: { "enable-security": true },
    },
    nodes: [
      ...namespaces.flatMap((n) => n.nodes),
      {
        words: ["network"],
        children: [
          ...network.nodes.filter((n) => n.words[0] !== "heartbeat"),
          {
            words: ["heartbeat"],
            children: [...heartbeat.nodes, { words: ["mesh-seed-address-port", "a-0.a.n.svc", "3002"] }],
          },
        ].sort((a, b) =>
          (a.words[0] ?? "") < (b.words[0] ?? "") ? -1 : (a.words[0] ?? "") > (b.words[0] ?? "") ? 1 : 0,
        ),
      },
      { words: ["service"], children: service.nodes },
    ],
  }))

const render = (json: JsonObject) => rackConfigText(json, [{ host: "a-0.a.n.svc", port: 3002 }], "config")

describe("S8: the server reads exactly the tree", () => {
  it("for every tree of legal words", () => {
    fc.assert(
      fc.property(tree, ({ json, nodes }) => {
        expect(parseConf(Either.getOrThrow(render(json)))).toEqual(nodes)
      }),
      { numRuns: 300 },
    )
  })

  it("or refuses: no value of any kind adds a directive, a section or a line (R117, R118)", () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "a\nport 1",
        "a {\n}\n}",
        "x # y",
        "}",
        "a\u2028b",
        "a\u0085b",
        "a\u0000b",
        "MY_POD_IP",
        "a b c",
        "x".repeat(2000),
      ),
    )
    const place = fc.constantFrom<(value: string) => JsonObject>(
      (value) => ({ service: { "cluster-name": value } }),
      (value) => ({ service: { [value]: 1 } }),
      (value) => ({ network: { heartbeat: { address: [value, "any"] } } }),
      (value) => ({ namespaces: [{ name: value }] }),
      (value) => ({ namespaces: [{ name: "n", "storage-engine": { type: value, file: "/a" } }] }),
      (value) => ({ namespaces: [{ name: "n", "storage-engine": { device: value } }] }),
      (value) => ({ namespaces: [{ name: "n", set: [{ name: value }] }] }),
      (value) => ({ logging: [{ name: value, any: "info" }] }),
      (value) => ({ logging: [{ name: "console", context: value }] }),
      (value) => ({ logging: [{ name: "console", [value]: "info" }] }),
      (value) => ({ logging: [{ name: "syslog", tag: value }] }),
      (value) => ({ [value]: { a: 1 } }),
    )
    const count = (nodes: ReadonlyArray<ConfNode>): number =>
      nodes.reduce((sum, node) => sum + 1 + count(node.children ?? []), 0)
    fc.assert(
      fc.property(place, hostile, (put, value) => {
        const harmless = count(
          parseConf(Either.getOrThrow(render(put("critical")).pipe(Either.orElse(() => render(put("any info")))))),
        )
        const rendered = render(put(value))
        if (Either.isRight(rendered)) {
          const nodes = parseConf(rendered.right)
          expect(count(nodes)).toBeLessThanOrEqual(harmless)
          expect(rendered.right).toMatch(/^[\x20-\x7e\t\n]*$/)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
