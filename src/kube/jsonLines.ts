/** A byte stream of newline-separated JSON, as watches speak it. */
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** A line was not one JSON value, or longer than the limit. The stream is useless from here on (R35, R39). */
export class JsonLineError extends Data.TaggedError("JsonLineError")<{
  readonly reason: "NotJson" | "TooLong"
  readonly detail: string
}> {
  override get message(): string {
    return `${this.reason}: ${this.detail}`
  }
}

/** etcd stores no object above 1.5 MiB; a longer line is no watch event (R39). */
export const defaultMaxLineBytes = 4 * 1024 * 1024

const newline = 0x0a
const initialBytes = 4 * 1024
/** A buffer that one large object has blown up is given back after its line. */
const keptBytes = 64 * 1024

/**
 * Collects bytes until a newline. Cutting at bytes keeps UTF-8 characters whole wherever the network split them; copying into one growing
 * buffer keeps memory at twice the limit even when every byte arrives alone.
 */
class LineBuffer {
  private bytes = Buffer.allocUnsafe(initialBytes)
  private used = 0
  private readonly maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  private append(part: Uint8Array): void {
    const needed = this.used + part.length
    if (needed > this.maxBytes) {
      this.bytes = Buffer.alloc(0)
      this.used = 0
      throw new JsonLineError({ reason: "TooLong", detail: `a line exceeds ${this.maxBytes} bytes` })
    }
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(Math.max(needed, this.bytes.length * 2), this.maxBytes))
      this.bytes.copy(larger, 0, 0, this.used)
      this.bytes = larger
    }
    this.bytes.set(part, this.used)
    this.used = needed
  }

  private takeLine(end: Uint8Array): string {
    if (this.used === 0 && end.length <= this.maxBytes) {
      return Buffer.from(end.buffer, end.byteOffset, end.length).toString("utf8")
    }
    this.append(end)
    const line = this.bytes.toString("utf8", 0, this.used)
    this.used = 0
    if (this.bytes.length > keptBytes) this.bytes = Buffer.allocUnsafe(initialBytes)
    return line
  }

  /** Lines completed by `bytes`; what follows the last newline is kept. */
  push(bytes: Uint8Array, onLine: (line: string) => void): void {
    let from = 0
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, from)) {
      onLine(this.takeLine(bytes.subarray(from, at)))
      from = at + 1
    }
    if (from < bytes.length) this.append(bytes.subarray(from))
  }
}

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    // The parser's message quotes the text.
    throw new JsonLineError({ reason: "NotJson", detail: `a line of ${line.length} characters is not JSON` })
  }
}

/**
 * Each non-empty line as a JSON value. A line the stream ends (or breaks) in the middle of is forgotten: it never happened. A line that is
 * not JSON fails the stream, never the fiber. The text of a bad line is not in the error: it may hold anything.
 */
export const jsonLines = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: { readonly maxLineBytes?: number } = {},
): Stream.Stream<unknown, E | JsonLineError, R> =>
  Stream.suspend(() => {
    const buffer = new LineBuffer(options.maxLineBytes ?? defaultMaxLineBytes)
    return Stream.mapChunksEffect(bytes, (chunk) =>
      Effect.try({
        try: () => {
          const values: Array<unknown> = []
          for (const part of chunk) {
            buffer.push(part, (line) => {
              if (line.trim() !== "") values.push(parse(line))
            })
          }
          return Chunk.unsafeFromArray(values)
        },
        catch: (cause) =>
          cause instanceof JsonLineError ? cause : new JsonLineError({ reason: "NotJson", detail: "unreadable bytes" }),
      }),
    )
  })
