/** The info protocol seen from the node: request body to answer body, and what a faulty node makes of it. */
import { answer, everything } from "../commands/answer.js"
import type { Model } from "../model/Model.js"
import type { Server } from "../model/Server.js"
import type { Fault } from "../Settings.js"

/** Bytes in front of every message: version, type, 48-bit length. */
export const headerBytes = 8

export const frame = (type: number, body: Uint8Array): Uint8Array => {
  const bytes = Buffer.alloc(headerBytes + body.length)
  bytes.writeUInt8(2, 0)
  bytes.writeUInt8(type, 1)
  bytes.writeUIntBE(body.length, 2, 6)
  bytes.set(body, headerBytes)
  return bytes
}

/**
 * The answer to one request. Commands end at a newline: what is not terminated is not answered. An empty request is answered with
 * everything.
 */
export const respond = (model: Model, server: Server, body: Uint8Array): Uint8Array => {
  const text = Buffer.from(body).toString("utf8")
  const commands = text === "" ? everything : text.split("\n").slice(0, -1)
  const lines = commands.map((command) => `${command}\t${answer(model, server, command)}\n`)
  return frame(1, Buffer.from(lines.join(""), "utf8"))
}

/** What goes over the connection. `Silence`: nothing more, the connection stays open. */
export type Step =
  | { readonly _tag: "Send"; readonly bytes: Uint8Array }
  | { readonly _tag: "Wait"; readonly ms: number }
  | { readonly _tag: "Close" }
  | { readonly _tag: "Reset" }
  | { readonly _tag: "Silence" }

const send = (bytes: Uint8Array): Step => ({ _tag: "Send", bytes })
const chunkBytes = 64 * 1024

function* huge(mib: number): Generator<Step> {
  const header = Buffer.from(frame(1, new Uint8Array(0)))
  header.writeUIntBE(mib * 2 ** 20, 2, 6)
  yield send(header)
  const chunk = Buffer.alloc(chunkBytes, "x")
  for (let sent = 0; sent < mib * 2 ** 20; sent += chunkBytes) yield send(chunk)
}

function* drip(bytes: Uint8Array, ms: number): Generator<Step> {
  for (const byte of bytes) {
    yield send(Uint8Array.of(byte))
    yield { _tag: "Wait", ms }
  }
}

/** How the answer is delivered under a fault. Lazy: a huge answer is never in memory as a whole. */
export const deliver = (fault: Fault, response: () => Uint8Array): Iterable<Step> => {
  switch (fault._tag) {
    case "None":
    case "Answers":
    case "Crash":
    case "CrashOnStart":
      return [send(response())]
    case "Slow":
      return [
        { _tag: "Wait", ms: fault.ms },
        { _tag: "Send", bytes: response() },
      ]
    case "Hang":
    case "Freeze":
      return [{ _tag: "Silence" }]
    case "Refuse":
    case "Reset":
      return [{ _tag: "Reset" }]
    case "Garbage":
      return [send(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n\0\xff", "latin1")), { _tag: "Close" }]
    case "MidAnswer": {
      const whole = response()
      return [send(whole.subarray(0, Math.ceil(whole.length / 2))), { _tag: "Silence" }]
    }
    case "Truncate": {
      const whole = response()
      return [send(whole.subarray(0, Math.ceil(whole.length / 2))), { _tag: "Close" }]
    }
    case "Huge":
      return huge(fault.mib)
    case "Drip":
      return drip(response(), fault.ms)
  }
}
