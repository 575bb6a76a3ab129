/** Bytes from a client to messages, with the recorded reactions to what is no message. */
import { headerBytes } from "./respond.js"

export type Inbound =
  | { readonly _tag: "Info"; readonly body: Uint8Array }
  /** Log-in: CE answers that security does not exist. */
  | { readonly _tag: "Security" }
  /** Reads, writes, queries. */
  | { readonly _tag: "Data"; readonly body: Uint8Array }
  /** Another type (9 was tried): swallowed, the connection stays open. */
  | { readonly _tag: "Unknown" }
  /** Another version, or more than 128 MiB announced: the server closes the connection. */
  | { readonly _tag: "Refused" }

const version = 2
const types = { info: 1, security: 2, data: 3 }
const maxBytes = 128 * 2 ** 20

/** Takes chunks of any size; gives the messages they complete. */
export interface InboundReader {
  readonly push: (chunk: Uint8Array) => ReadonlyArray<Inbound>
}

const message = (type: number, body: Uint8Array): Inbound => {
  if (type === types.info) return { _tag: "Info", body }
  if (type === types.security) return { _tag: "Security" }
  return type === types.data ? { _tag: "Data", body } : { _tag: "Unknown" }
}

export const makeInboundReader = (): InboundReader => {
  let buffered = Buffer.alloc(0)
  return {
    push: (chunk) => {
      buffered = buffered.length === 0 ? Buffer.from(chunk) : Buffer.concat([buffered, chunk])
      const messages: Array<Inbound> = []
      while (buffered.length > 0) {
        if (buffered[0] !== version) return [...messages, { _tag: "Refused" }]
        if (buffered.length < headerBytes) break
        const length = buffered.readUIntBE(2, 6)
        if (length > maxBytes) return [...messages, { _tag: "Refused" }]
        if (buffered.length < headerBytes + length) break
        messages.push(message(buffered[1] ?? 0, buffered.subarray(headerBytes, headerBytes + length)))
        buffered = buffered.subarray(headerBytes + length)
      }
      return messages
    },
  }
}
