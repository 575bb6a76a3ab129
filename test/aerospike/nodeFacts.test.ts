import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { encodeRequest, parseAnswer } from "../../src/aerospike/infoProtocol.js"
import { parseClusterKey, parseEndpoints, parsePeers, parseStatistics } from "../../src/aerospike/infoValues.js"
import { factCommands, isNamespaceName, readFacts } from "../../src/aerospike/nodeFacts.js"
import { absent, type NodeAnswers, value } from "../../src/domain/NodeFacts.js"
import { memberValues } from "../support/scriptedNode.js"

const facts = (
  values: Readonly<Record<string, string>>,
  size = 3,
  namespaces: ReadonlyArray<string> = ["test"],
): NodeAnswers => {
  const commands = factCommands(size, namespaces)
  return readFacts(
    commands,
    commands.map((command) => {
      const sent = values[command]
      return sent === undefined ? absent : parseAnswer(sent)
    }),
  )
}

describe("values", () => {
  it("statistics: split at the first =, skip what is no pair, first of a repeated name", () => {
    expect(parseStatistics("cluster_size=3;note=a=b;;junk;=x;cluster_size=9;empty=")).toEqual({
      cluster_size: "3",
      note: "a=b",
      empty: "",
    })
    expect(parseStatistics("")).toBeUndefined()
    expect(parseStatistics("garbage")).toBeUndefined()
  })

  it.each([
    ["statistics", parseStatistics, "abc=123;"],
    ["endpoints", parseEndpoints, "10.0.0.1:3000;"],
  ])("R68: %s of 8 MiB are no value, of 120 KB they are", (_, parse, piece) => {
    expect(parse(piece.repeat(Math.ceil((8 * 1024 * 1024) / piece.length)))).toBeUndefined()
    expect(parse(piece.repeat(Math.floor(120_000 / piece.length)))).toBeDefined()
  })

  it("statistics: a name like __proto__ is just a name", () => {
    expect(Object.entries(parseStatistics("__proto__=1;constructor=2") ?? {})).toEqual([
      ["__proto__", "1"],
      ["constructor", "2"],
    ])
  })

  it.each([
    ["10.0.0.1:3000", ["10.0.0.1:3000"]],
    ["10.0.0.1:3000;10.0.0.2:3100", ["10.0.0.1:3000", "10.0.0.2:3100"]],
    ["10.0.0.1:3000,[fd00::1]:3000", ["10.0.0.1:3000", "[fd00::1]:3000"]],
    ["node.example:3000;", ["node.example:3000"]],
    ["", undefined],
    ["null", undefined],
    ["10.0.0.1", undefined],
    ["10.0.0.1:0", undefined],
    ["10.0.0.1:70000", undefined],
    ["10.0.0.1:3000;garbage", undefined],
    ["ERROR:4:x", undefined],
  ])("endpoints %j", (text, expected) => {
    expect(parseEndpoints(text)).toEqual(expected)
  })

  it.each([
    ["13B3F0EC3EDC", "13B3F0EC3EDC"],
    ["13b3f0ec3edc", "13B3F0EC3EDC"],
    ["0", undefined],
    ["000000", undefined],
    ["", undefined],
    ["ok", undefined],
    ["ERROR:7:unstable cluster", undefined],
    ["13B3F0EC3EDC ", undefined],
    ["12345678901234567", undefined],
  ])("R69, W34: cluster key %j", (text, expected) => {
    expect(parseClusterKey(text)).toBe(expected)
  })

  it("peers as CE 8.1.2 lists them", () => {
    expect(parsePeers("60,3000,[[A2,,[127.0.0.2]],[A3,,[127.0.0.3:3100,[fd00::3]:3000]]]")).toEqual([
      { nodeId: "A2", addresses: ["127.0.0.2:3000"] },
      { nodeId: "A3", addresses: ["127.0.0.3:3100", "[fd00::3]:3000"] },
    ])
    expect(parsePeers("0,3000,[]")).toEqual([])
    expect(parsePeers("ERROR:4:x")).toBeUndefined()
  })

  it("R67: no text makes a parser throw", () => {
    const text = FastCheck.oneof(FastCheck.string(), FastCheck.stringOf(FastCheck.constantFrom(..."0,[]:;=aA.3 \t")))
    FastCheck.assert(
      FastCheck.property(text, (sent) => {
        parseStatistics(sent)
        parseEndpoints(sent)
        parseClusterKey(sent)
        parsePeers(sent)
      }),
    )
  })
})

describe("facts of one node", () => {
  it("W2, R70: one request with commands that exist on CE", () => {
    expect(factCommands(3, ["test", "bar", "test"])).toEqual([
      "node",
      "cluster-name",
      "build",
      "service",
      "statistics",
      "cluster-stable:size=3;ignore-migrations=false",
      "namespace/test",
      "namespace/bar",
    ])
  })

  it("a member of a whole cluster", () => {
    const member = facts(memberValues(3))
    expect(member.nodeId).toEqual(value("A1"))
    expect(member.clusterName).toEqual(value("loop"))
    expect(member.build).toEqual(value("8.1.2.0"))
    expect(member.endpoints).toEqual(value(["127.0.0.1:3000"]))
    expect(member.stableKey).toEqual(value("13B3F0EC3EDC"))
    expect(member.statistics).toMatchObject({ value: { cluster_size: "3", migrate_partitions_remaining: "0" } })
    expect(member.namespaces["test"]).toMatchObject({ value: { ns_cluster_size: "3" } })
  })

  it.each([
    ["ERROR:7:unstable cluster", 7],
    ["ERROR:7:unstable cluster13B3F0EC3EDC", 7],
    ["ERROR:7:cluster not specified size", 7],
    ["FAIL:busy", undefined],
    ["true", undefined],
    ["0", undefined],
  ])("W34, R69: cluster-stable answering %j gives no key", (sent, code) => {
    const stable = facts({ ...memberValues(3), "cluster-stable:size=3;ignore-migrations=false": sent }).stableKey
    expect(stable).toMatchObject({ _tag: "ServerError", code })
  })

  it("R69: empty answers are nothing", () => {
    const empty = Object.fromEntries(factCommands(3, ["test"]).map((command) => [command, ""]))
    expect(facts(empty)).toEqual({
      nodeId: absent,
      clusterName: absent,
      build: absent,
      endpoints: absent,
      statistics: absent,
      stableKey: absent,
      namespaces: { test: absent },
    })
  })

  it("W36: errors never become names, endpoints or statistics", () => {
    const errors = Object.fromEntries(
      factCommands(3, ["test"]).map((command) => [command, "ERROR:4:unrecognized command"]),
    )
    const { namespaces, ...rest } = facts(errors)
    for (const answer of [...Object.values(rest), ...Object.values(namespaces)]) expect(answer._tag).toBe("ServerError")
  })

  it("R71: a statistic the server does not send is missing, not zero", () => {
    const renamed = facts({ ...memberValues(3), statistics: "cluster_size=3" }).statistics
    expect(renamed).toEqual(value({ cluster_size: "3" }))
  })

  it("a namespace the server does not have is not a value", () => {
    expect(facts({ "namespace/test": "type=unknown" }).namespaces["test"]?._tag).toBe("ServerError")
  })

  it("a size that is no positive integer is not asked for: no key is known", () => {
    for (const size of [0, -1, 1.5, Number.NaN]) expect(facts(memberValues(3), size).stableKey).toEqual(absent)
  })

  it("R68: texts for people stay short", () => {
    const long = "x".repeat(1_000_000)
    expect(facts({ "cluster-name": long, build: `ERROR:4:${long}`, node: long })).toMatchObject({
      clusterName: { _tag: "ServerError", message: expect.stringMatching(/^.{1,100}$/) as string },
      build: { code: 4, message: expect.stringMatching(/^x{256}$/) as string },
      nodeId: { _tag: "ServerError", message: expect.stringMatching(/^.{1,100}$/) as string },
    })
  })

  it("R121: a hostile namespace name is not asked, and no name can become a second command or parameter", () => {
    expect(
      factCommands(3, ["x\ntruncate-namespace:namespace=test", "a;b", "a:b", "a/b", "", "x".repeat(32), "ü"]),
    ).toEqual(factCommands(3, []))
    const hostile = FastCheck.stringOf(
      FastCheck.oneof(FastCheck.char(), FastCheck.constantFrom("\n", ";", ":", "/", "a")),
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(hostile, { maxLength: 4 }), FastCheck.double(), (names, size) => {
        const commands = factCommands(size, names)
        const body = Buffer.from(Either.getOrThrow(encodeRequest(commands))).toString("utf8", 8)
        expect(body.split("\n").length - 1).toBe(commands.length)
        for (const command of commands.slice(5))
          expect(command).toMatch(/^cluster-stable:size=\d+;ignore-migrations=false$|^namespace\/[^;:/\s]+$/)
        expect(names.filter(isNamespaceName).every((name) => commands.includes(`namespace/${name}`))).toBe(true)
      }),
    )
  })

  it("R69, R71: whatever a node answers, a key is hex and nothing throws", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.string(), { minLength: 7, maxLength: 7 }), (sent) => {
        const commands = factCommands(3, ["test"])
        const read = readFacts(commands, sent.map(parseAnswer))
        if (read.stableKey._tag === "Value") expect(read.stableKey.value).toMatch(/^[0-9A-F]{1,16}$/)
      }),
    )
  })

  it("answers that are too few leave the rest absent", () => {
    expect(readFacts(factCommands(3, ["test"]), [value("A1")]).stableKey).toEqual(absent)
  })
})
