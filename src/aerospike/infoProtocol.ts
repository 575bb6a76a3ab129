/**
 * The info protocol (behaviour.md A.1) without I/O: requests to bytes, bytes to one {@link Answer} per command. Nothing throws on what a
 * node sends, nothing grows beyond what arrived, and nothing that is not a complete, well-formed answer becomes a value (R67–R69).
 */
import * as Either from "effect/Either"
import { absent, type Answer, serverError, value } from "../domain/NodeFacts.js"

/** Longest answer taken, in bytes. The largest real one (`namespace/<ns>` of CE 8.1) has 13 KB. */
export const maxAnswerBytes = 8 * 1024 * 1024

/** Bytes in front of every body: version, type, 48-bit big-endian length. */
export const headerBytes = 8

const version = 2
const type = 1

/** What was wrong with a request or an answer. */
export interface ProtocolFault {
  readonly reason: "Protocol" | "TooLarge"
  readonly detail: string
}

const protocol = (detail: string): ProtocolFault => ({ reason: "Protocol", detail })

/** ASCII control characters: a newline would start another command (R121), a tab would move the split of the answer's line. */
const controlCharacter = /[\u0000-\u001f\u007f]/

const frame = (body: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(headerBytes + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, version)
  view.setUint8(1, type)
  view.setUint16(2, Math.floor(body.length / 2 ** 32))
  view.setUint32(4, body.length % 2 ** 32)
  bytes.set(body, headerBytes)
  return bytes
}

/**
 * One request carrying all commands. Refused: no command at all (a node answers an empty request with everything it knows), an empty
 * command, a command with a control character.
 */
export const encodeRequest = (commands: ReadonlyArray<string>): Either.Either<Uint8Array, ProtocolFault> => {
  if (commands.length === 0) return Either.left(protocol("no command to send"))
  for (const command of commands) {
    if (command === "") return Either.left(protocol("empty command"))
    if (controlCharacter.test(command)) {
      return Either.left(protocol(`control character in command ${JSON.stringify(command.slice(0, 64))}`))
    }
  }
  return Either.right(frame(new TextEncoder().encode(commands.map((command) => `${command}\n`).join(""))))
}

/** State of one answer after some bytes. `Complete` and `Faulty` are final. */
export type FrameState =
  | { readonly _tag: "Incomplete" }
  | { readonly _tag: "Complete"; readonly body: Uint8Array }
  | { readonly _tag: "Faulty"; readonly fault: ProtocolFault }

/** Takes the bytes of exactly one answer, in chunks of any size. */
export interface FrameDecoder {
  readonly push: (chunk: Uint8Array) => FrameState
  /** The connection ended: what that means at this point, or undefined when no byte of an answer had arrived. */
  readonly end: () => ProtocolFault | undefined
}

const incomplete: FrameState = { _tag: "Incomplete" }
const faulty = (fault: ProtocolFault): FrameState => ({ _tag: "Faulty", fault })

/** The announced body length, or why the header is refused. Checks what is there: a wrong first byte is refused without the other seven. */
const readHeader = (header: Uint8Array, received: number): Either.Either<number | undefined, ProtocolFault> => {
  if (received > 0 && header[0] !== version) return Either.left(protocol(`version ${header[0]} instead of ${version}`))
  if (received > 1 && header[1] !== type) return Either.left(protocol(`type ${header[1]} instead of ${type}`))
  if (received < headerBytes) return Either.right(undefined)
  const view = new DataView(header.buffer, header.byteOffset, headerBytes)
  const length = view.getUint16(2) * 2 ** 32 + view.getUint32(4)
  return length > maxAnswerBytes
    ? Either.left({ reason: "TooLarge", detail: `answer of ${length} bytes, at most ${maxAnswerBytes} are taken` })
    : Either.right(length)
}

const startCapacity = 64 * 1024

/**
 * A decoder for one answer. Memory follows what arrived, not what the header promises (R67). Bytes beyond the announced body are a fault:
 * nothing was asked that they could answer.
 */
export const makeFrameDecoder = (): FrameDecoder => {
  const header = new Uint8Array(headerBytes)
  let headerReceived = 0
  let length: number | undefined
  let body = new Uint8Array(0)
  let received = 0
  let final: FrameState | undefined

  const finish = (state: FrameState): FrameState => {
    final = state
    body = new Uint8Array(0)
    return state
  }

  const append = (bytes: Uint8Array, announced: number): void => {
    const needed = received + bytes.length
    if (needed > body.length) {
      const grown = new Uint8Array(Math.min(announced, Math.max(needed, body.length * 2, startCapacity)))
      grown.set(body.subarray(0, received))
      body = grown
    }
    body.set(bytes, received)
    received = needed
  }

  const push = (chunk: Uint8Array): FrameState => {
    if (final !== undefined) return final
    let rest = chunk
    if (length === undefined) {
      const taken = rest.subarray(0, headerBytes - headerReceived)
      header.set(taken, headerReceived)
      headerReceived += taken.length
      rest = rest.subarray(taken.length)
      const read = readHeader(header, headerReceived)
      if (Either.isLeft(read)) return finish(faulty(read.left))
      if (read.right === undefined) return incomplete
      length = read.right
    }
    if (received + rest.length > length)
      return finish(faulty(protocol(`bytes after the announced body of ${length} bytes`)))
    append(rest, length)
    return received === length ? finish({ _tag: "Complete", body: body.subarray(0, length) }) : incomplete
  }

  const end = (): ProtocolFault | undefined => {
    if (final !== undefined) return final._tag === "Faulty" ? final.fault : undefined
    if (headerReceived === 0) return undefined
    return protocol(
      length === undefined
        ? `connection ended after ${headerReceived} of ${headerBytes} header bytes`
        : `connection ended after ${received} of ${length} body bytes`,
    )
  }

  return { push, end }
}

/** `ERROR:<code>:<text>`, `FAIL:<text>` and their shorter forms. `failed_best_practices=…` is not one. */
const errorText = /^(?:ERROR|FAIL)(?::(?:(\d{1,9})(?=:|$))?:?([^]*))?$/i

/** Longest error text kept, in characters: it ends up in messages for people. */
const mostErrorText = 256

/** One value as the node sent it. The error prefix is looked at first: `ERROR:7:unstable cluster` can carry a cluster key behind it (W34). */
export const parseAnswer = (text: string): Answer<string> => {
  const error = errorText.exec(text)
  if (error === null) return value(text)
  return serverError(error[1] === undefined ? undefined : Number(error[1]), (error[2] ?? "").slice(0, mostErrorText))
}

/** One line per command is all there should be. Reading millions of them would stop everything else for seconds. */
const mostLines = 10_000

/** Lines of an answer's text, by command. The first line of a command counts, lines for commands nobody asked are kept out of the way. */
export const parseLines = (
  commands: ReadonlyArray<string>,
  text: string,
): Either.Either<ReadonlyArray<Answer<string>>, ProtocolFault> => {
  if (text.includes("\0")) return Either.left(protocol("NUL in the answer"))
  if (text !== "" && !text.endsWith("\n")) return Either.left(protocol("last line of the answer is not terminated"))
  const lines = new Map<string, string>()
  let count = 0
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start)
    const line = text.slice(start, end)
    start = end + 1
    if (++count > mostLines) return Either.left(protocol(`more than ${mostLines} lines in the answer`))
    if (line === "") continue
    const tab = line.indexOf("\t")
    if (tab === -1) return Either.left(protocol(`line without a tab: ${JSON.stringify(line.slice(0, 64))}`))
    const command = line.slice(0, tab)
    if (!lines.has(command)) lines.set(command, line.slice(tab + 1))
  }
  return Either.right(
    commands.map((command) => {
      const answered = lines.get(command)
      return answered === undefined ? absent : parseAnswer(answered)
    }),
  )
}

/** A complete body to one answer per command, in the order of the commands. A command without a line is `Absent`. */
export const parseBody = (
  commands: ReadonlyArray<string>,
  body: Uint8Array,
): Either.Either<ReadonlyArray<Answer<string>>, ProtocolFault> =>
  Either.flatMap(
    Either.try({
      try: () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body),
      catch: () => protocol("answer is not UTF-8"),
    }),
    (text) => parseLines(commands, text),
  )
