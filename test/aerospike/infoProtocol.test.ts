import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import {
  encodeRequest,
  type FrameState,
  headerBytes,
  makeFrameDecoder,
  maxAnswerBytes,
  parseAnswer,
  parseBody,
  parseLines,
} from "../../src/aerospike/infoProtocol.js"
import { absent, serverError, value } from "../../src/domain/NodeFacts.js"
import { frame } from "../support/scriptedNode.js"

const pushAll = (chunks: Iterable<Uint8Array>): FrameState => {
  const decoder = makeFrameDecoder()
  let state: FrameState = { _tag: "Incomplete" }
  for (const chunk of chunks) state = decoder.push(chunk)
  return state
}

const faultOf = (state: FrameState) => (state._tag === "Faulty" ? state.fault : undefined)

describe("requests", () => {
  it("carries all commands in one frame, as a CE 8.1.2 node was asked", () => {
    const request = Either.getOrThrow(encodeRequest(["build", "node"]))
    expect(Buffer.from(request).toString("latin1")).toBe("\x02\x01\0\0\0\0\0\x0bbuild\nnode\n")
  })

  it("counts bytes, not characters", () => {
    const request = Either.getOrThrow(encodeRequest(["set/ä"]))
    expect(request.length).toBe(headerBytes + 7)
    expect(request[7]).toBe(7)
  })

  it.each([
    ["a newline", ["node", "namespace/x\ntruncate-namespace:namespace=x"]],
    ["a carriage return", ["build\r"]],
    ["a tab", ["no\tde"]],
    ["a NUL", ["node\0"]],
    ["nothing", [""]],
    ["nothing beside something", ["node", ""]],
    ["no command", []],
  ])("R121: a command with %s is refused as a value", (_, commands) => {
    expect(Either.getOrThrow(Either.flip(encodeRequest(commands))).reason).toBe("Protocol")
  })

  it("R121, S8: what is sent holds exactly the given commands, whatever they are", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.fullUnicodeString(), { maxLength: 6 }), (commands) => {
        const request = encodeRequest(commands)
        if (Either.isLeft(request)) return
        const body = Buffer.from(request.right).toString("utf8", headerBytes)
        const wellFormed = commands.map((command) => Buffer.from(command).toString())
        expect(body.split("\n").slice(0, -1)).toEqual(wellFormed)
      }),
    )
  })
})

describe("frames", () => {
  it("a body of no bytes is complete with its header", () => {
    expect(pushAll([frame("")])).toEqual({ _tag: "Complete", body: new Uint8Array(0) })
  })

  it.each([
    ["version 1", frame("build\t8\n", { 0: 1 }), "Protocol"],
    ["version 3", frame("build\t8\n", { 0: 3 }), "Protocol"],
    ["an HTTP answer", Buffer.from("HTTP/1.1 400 Bad Request\r\n"), "Protocol"],
    ["type 3, the record protocol", frame("build\t8\n", { 1: 3 }), "Protocol"],
    ["type 9", frame("build\t8\n", { 1: 9 }), "Protocol"],
    ["2^48-1 bytes announced", Buffer.from([2, 1, 255, 255, 255, 255, 255, 255]), "TooLarge"],
    ["one byte more than taken", frame("", { 5: 0x80, 7: 1 }), "TooLarge"],
  ] as const)("R67: %s is a fault", (_, bytes, reason) => {
    expect(faultOf(pushAll([bytes]))?.reason).toBe(reason)
    expect(faultOf(pushAll(Array.from(bytes, (byte) => Uint8Array.of(byte))))?.reason).toBe(reason)
  })

  it.each([
    ["a byte", Buffer.from("x")],
    ["a second answer", frame("node\tA2\n")],
  ])("R67: %s behind the announced body is a fault", (_, behind) => {
    expect(faultOf(pushAll([Buffer.concat([frame("node\tA1\n"), behind])]))?.reason).toBe("Protocol")
  })

  it("R67: a wrong first byte is refused without waiting for the other seven", () => {
    expect(faultOf(pushAll([Uint8Array.of(0x48)]))?.reason).toBe("Protocol")
  })

  it("R67: a fault stays one, more bytes change nothing", () => {
    const decoder = makeFrameDecoder()
    const first = decoder.push(Uint8Array.of(9))
    expect(decoder.push(frame("node\tA1\n"))).toBe(first)
  })

  it.each([
    ["before any byte", Buffer.alloc(0), undefined],
    ["inside the header", frame("node\tA1\n").subarray(0, 3), "connection ended after 3 of 8 header bytes"],
    ["inside the body", frame("node\tA1\n").subarray(0, 12), "connection ended after 4 of 8 body bytes"],
  ])("R67: a connection that ends %s", (_, bytes, detail) => {
    const decoder = makeFrameDecoder()
    decoder.push(bytes)
    expect(decoder.end()?.detail).toBe(detail)
  })

  it("R67: memory follows the bytes that came, not the header", () => {
    const before = process.memoryUsage().arrayBuffers
    const decoders = Array.from({ length: 64 }, () => {
      const decoder = makeFrameDecoder()
      decoder.push(frame("", { 5: 0x7f }))
      decoder.push(Buffer.from("statistics\t"))
      return decoder
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024)
    expect(decoders.length).toBe(64)
  })

  it("R68: the longest answer arrives whole", () => {
    const body = Buffer.alloc(maxAnswerBytes, "a")
    const state = pushAll([frame(body).subarray(0, 100_000), frame(body).subarray(100_000)])
    expect(state._tag === "Complete" && Buffer.compare(state.body, body)).toBe(0)
  })

  it("any chunking of an answer gives the same body", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.uint8Array({ maxLength: 300 }),
        FastCheck.array(FastCheck.integer({ min: 0, max: 308 }), { maxLength: 20 }),
        (body, cuts) => {
          const bytes = frame(body)
          const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
          const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge))
          const state = pushAll(chunks)
          expect(state._tag === "Complete" && Buffer.compare(state.body, body)).toBe(0)
        },
      ),
    )
  })

  it("R67, R68: no bytes make the decoder throw or hold more than it takes", () => {
    const headerLike = FastCheck.tuple(
      FastCheck.constant(2),
      FastCheck.constant(1),
      FastCheck.uint8Array({ maxLength: 40 }),
    ).map(([version, type, rest]) => Uint8Array.of(version, type, ...rest))
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.oneof(FastCheck.uint8Array(), headerLike)), (chunks) => {
        const decoder = makeFrameDecoder()
        for (const chunk of chunks) decoder.push(chunk)
        decoder.end()
      }),
    )
  })
})

describe("answers", () => {
  it.each([
    ["8.1.2.0", value("8.1.2.0")],
    ["", value("")],
    ["ok", value("ok")],
    ["failed_best_practices=true;cluster_size=1", value("failed_best_practices=true;cluster_size=1")],
    ["a\tb", value("a\tb")],
    ["ERROR:4:unrecognized command", serverError(4, "unrecognized command")],
    ["ERROR:25:enterprise only", serverError(25, "enterprise only")],
    ["ERROR:7:unstable cluster13B3F0EC3EDC", serverError(7, "unstable cluster13B3F0EC3EDC")],
    ["ERROR:7:cluster not specified size", serverError(7, "cluster not specified size")],
    ["ERROR::no code", serverError(undefined, "no code")],
    ["ERROR:7", serverError(7, "")],
    ["ERROR:", serverError(undefined, "")],
    ["ERROR", serverError(undefined, "")],
    ["ERROR:text: more", serverError(undefined, "text: more")],
    ["ERROR:7x:y", serverError(undefined, "7x:y")],
    ["error:4:lower case", serverError(4, "lower case")],
    ["FAIL:4: bad", serverError(4, " bad")],
    ["FAIL:namespace unknown", serverError(undefined, "namespace unknown")],
    ["FAIL", serverError(undefined, "")],
    ["ERROR:4:two\r", serverError(4, "two\r")],
  ])("R69, R70, W36: %j", (text, expected) => {
    expect(parseAnswer(text)).toEqual(expected)
  })

  it("R69: nothing that begins with ERROR or FAIL and ends there or goes on with a colon is a value", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.constantFrom("ERROR", "FAIL"), FastCheck.string(), (word, rest) => {
        expect(parseAnswer(`${word}:${rest}`)._tag).toBe("ServerError")
      }),
    )
  })

  it("one answer per command in the order asked, whatever the order of the lines", () => {
    const lines = "nobody\tasked\nnode\tA1\nbuild\t8.1.2.0\nnode\tA2\n"
    expect(Either.getOrThrow(parseLines(["build", "nope", "node", "node"], lines))).toEqual([
      value("8.1.2.0"),
      absent,
      value("A1"),
      value("A1"),
    ])
  })

  it("a body of no lines answers nothing", () => {
    expect(Either.getOrThrow(parseBody(["node"], new Uint8Array(0)))).toEqual([absent])
  })

  it.each([
    ["no newline", Buffer.from("node\tA1")],
    ["no tab", Buffer.from("node\n")],
    ["more lines than commands exist", Buffer.from("a\tb\n".repeat(10_001))],
    ["nothing but newlines", Buffer.alloc(8 * 1024 * 1024, "\n")],
    ["a NUL", Buffer.from("node\tA\0\n")],
    ["not UTF-8", Buffer.from([0x6e, 0x09, 0xff, 0xfe, 0x0a])],
    ["a cut UTF-8 sequence", Buffer.from([0x6e, 0x09, 0xc3, 0x0a])],
  ])("R67: %s is a fault", (_, body) => {
    expect(Either.getOrThrow(Either.flip(parseBody(["node"], body))).reason).toBe("Protocol")
  })

  it("R67: no body makes the parser throw, and every command gets one answer", () => {
    const almost = FastCheck.array(FastCheck.constantFrom("node", "\t", "\n", "ERROR:", "7", ":", "A1", "\0", "é")).map(
      (parts) => Buffer.from(parts.join("")),
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(FastCheck.uint8Array(), almost), (body) => {
        const parsed = parseBody(["node", "7"], body)
        if (Either.isRight(parsed)) expect(parsed.right.length).toBe(2)
      }),
    )
  })
})
