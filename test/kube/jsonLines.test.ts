import { it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Stream from "effect/Stream"
import { assert, describe } from "vitest"
import { JsonLineError, jsonLines } from "../../src/kube/jsonLines.js"

const pieces = (parts: ReadonlyArray<string | Uint8Array>): Stream.Stream<Uint8Array> =>
  Stream.fromIterable(parts.map((part) => Buffer.from(part)))

const read = (parts: ReadonlyArray<string | Uint8Array>, maxLineBytes?: number) =>
  Effect.map(
    Stream.runCollect(jsonLines(pieces(parts), maxLineBytes === undefined ? {} : { maxLineBytes })),
    Chunk.toReadonlyArray,
  )

/** Cuts bytes at arbitrary places. */
const cutAt = (bytes: Buffer, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place))
}

describe("jsonLines", () => {
  it("R35 the same values come out wherever the network cuts, also inside UTF-8 characters", () => {
    const value = fc.oneof(fc.fullUnicodeString(), fc.integer(), fc.dictionary(fc.string(), fc.fullUnicodeString()))
    fc.assert(
      fc.property(fc.array(value, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 40 }), (values, cuts) => {
        const bytes = Buffer.from(values.map((each) => `${JSON.stringify(each)}\n`).join(""))
        assert.deepStrictEqual(Effect.runSync(read(cutAt(bytes, cuts))), JSON.parse(JSON.stringify(values)))
      }),
      { numRuns: 200 },
    )
  })

  it.effect("R35 one byte at a time", () =>
    Effect.gen(function* () {
      const bytes = Buffer.from('{"name":"größe 🚀"}\n[1,2]\n')
      const values = yield* read([...bytes].map((byte) => Buffer.of(byte)))
      assert.deepStrictEqual(values, [{ name: "größe 🚀" }, [1, 2]])
    }),
  )

  it.effect("R35 an unfinished last line never happened", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(['{"a":1}\n{"b"', ":2}"]), [{ a: 1 }])
    }),
  )

  it.effect("R35 empty lines and CRLF are nothing", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(["\n\n", '{"a":1}\r\n', "  \n"]), [{ a: 1 }])
    }),
  )

  for (const [what, line] of [
    ["garbage", "<html>502</html>"],
    ["two objects in one line", '{"a":1}{"b":2}'],
    ["a truncated object", '{"a":'],
    ["invalid UTF-8 outside a string", Buffer.from([0x7b, 0xff, 0x7d])],
  ] as const) {
    it.effect(`R35 ${what} fails the stream, typed and without quoting the line`, () =>
      Effect.gen(function* () {
        const result = yield* Effect.either(read([Buffer.concat([Buffer.from(line), Buffer.from("\n")])]))
        assert.isTrue(Either.isLeft(result))
        if (Either.isLeft(result)) {
          assert.instanceOf(result.left, JsonLineError)
          assert.strictEqual(result.left.reason, "NotJson")
          assert.notInclude(result.left.message, "502")
        }
      }),
    )
  }

  it.effect("R129 nothing of a bad line is in the log of its error, causes included", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(read(["hunter2\n"]))
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isFailure(exit)) assert.notInclude(Cause.pretty(exit.cause, { renderErrorCause: true }), "hunter2")
    }),
  )

  it.effect("R39 a line longer than the limit fails, finished or not, in one piece or many", () =>
    Effect.gen(function* () {
      for (const parts of [[`"${"x".repeat(100)}"\n`], Array.from({ length: 100 }, () => "x")]) {
        const result = yield* Effect.flip(read(parts, 64))
        assert.strictEqual(result.reason, "TooLong")
      }
      assert.deepStrictEqual(yield* read([`"${"x".repeat(62)}"\n`], 64), ["x".repeat(62)])
    }),
  )

  it.effect("R39 an endless line arriving in crumbs costs less than 16 MiB", () =>
    Effect.gen(function* () {
      const bytesAlone = Chunk.fromIterable(Array.from({ length: 4096 }, () => Buffer.from("crumb")))
      const before = process.memoryUsage().arrayBuffers
      let most = 0
      const endless = Stream.repeatEffectChunk(
        Effect.sync(() => {
          most = Math.max(most, process.memoryUsage().arrayBuffers - before)
          return bytesAlone
        }),
      )
      const error = yield* Effect.flip(Stream.runDrain(jsonLines(endless)))
      assert.strictEqual(error.reason, "TooLong")
      assert.isBelow(most, 16 * 1024 * 1024)
    }),
  )
})
