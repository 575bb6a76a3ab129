/**
 * Info requests over `node:net`, with connections kept per address: while a roll-out waits, the same nodes are asked many times a second,
 * and a connection per question would leave thousands of ports in TIME_WAIT.
 */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type { Answer, NodeAddress, UnreachableReason } from "../domain/NodeFacts.js"
import { InfoError } from "./AerospikeError.js"
import { encodeRequest, makeFrameDecoder, parseBody, type ProtocolFault } from "./infoProtocol.js"

export interface InfoConnectionsOptions {
  /** A connection that nobody used for this long is closed, in ms. Default 30 000; the server's own limit is 60 000. */
  readonly idleMs?: number
}

export interface InfoConnections {
  readonly ask: (
    address: NodeAddress,
    commands: ReadonlyArray<string>,
  ) => Effect.Effect<ReadonlyArray<Answer<string>>, InfoError>
}

type Answers = ReadonlyArray<Answer<string>>

/** An exchange that failed; `stale` when a kept connection broke before a byte of the answer came, so asking again is safe and sensible. */
interface ExchangeFault {
  readonly error: InfoError
  readonly stale: boolean
}

const reasonByCode: Readonly<Record<string, UnreachableReason>> = {
  ECONNREFUSED: "Refused",
  EHOSTUNREACH: "Refused",
  ENETUNREACH: "Refused",
  EACCES: "Refused",
  ETIMEDOUT: "Timeout",
  ENOTFOUND: "Unresolved",
  EAI_AGAIN: "Unresolved",
  EAI_FAIL: "Unresolved",
  EAI_NODATA: "Unresolved",
  EINVAL: "Unresolved",
}

const reasonOf = (error: NodeJS.ErrnoException): UnreachableReason => reasonByCode[error.code ?? ""] ?? "Reset"

const shown = ({ host, port }: NodeAddress): string => (Net.isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`)

const isAddress = ({ host, port }: NodeAddress): boolean =>
  host !== "" && Number.isInteger(port) && port >= 1 && port <= 65535

/** Connections that wait for the next question, at most one per address; and every open socket, so that the scope can close them. */
const makeSockets = (idleMs: number) => {
  const open = new Set<Net.Socket>()
  const idle = new Map<string, { readonly socket: Net.Socket; readonly drop: () => void }>()

  let isClosed = false

  const connect = ({ host, port }: NodeAddress): Net.Socket => {
    const socket = Net.connect({ host, port, noDelay: true })
    open.add(socket)
    // A socket without an error listener takes the process down with it; each exchange adds its own listener to this one.
    socket.on("error", () => undefined)
    socket.once("close", () => open.delete(socket))
    return socket
  }

  const take = (key: string): Net.Socket | undefined => {
    const kept = idle.get(key)
    if (kept === undefined) return undefined
    idle.delete(key)
    kept.socket.off("data", kept.drop).off("end", kept.drop).off("timeout", kept.drop).off("close", kept.drop)
    return kept.socket.setTimeout(0)
  }

  const keep = (key: string, socket: Net.Socket): void => {
    if (idle.has(key) || !socket.writable || socket.readableEnded) {
      socket.destroy()
      return
    }
    const drop = (): void => {
      if (idle.get(key)?.socket === socket) idle.delete(key)
      socket.destroy()
    }
    // Nothing was asked: bytes now belong to no question and would be taken for the next answer.
    socket.on("data", drop).on("end", drop).on("timeout", drop).on("close", drop).setTimeout(idleMs)
    idle.set(key, { socket, drop })
  }

  const closeAll = (): void => {
    isClosed = true
    idle.clear()
    for (const socket of open) socket.destroy()
  }

  return { connect, take, keep, closeAll, isClosed: () => isClosed }
}

type Sockets = ReturnType<typeof makeSockets>

const exchange = (
  sockets: Sockets,
  address: NodeAddress,
  commands: ReadonlyArray<string>,
  request: Uint8Array,
  from: "kept" | "fresh",
): Effect.Effect<Answers, ExchangeFault> =>
  Effect.async((resume) => {
    const key = shown(address)
    if (sockets.isClosed()) {
      const error = new InfoError({ reason: "Interrupted", address: key, detail: "asked after the end of the scope" })
      return resume(Effect.fail({ error, stale: false }))
    }
    const kept = from === "kept" ? sockets.take(key) : undefined
    const socket = kept ?? sockets.connect(address)
    const decoder = makeFrameDecoder()
    let answering = false
    let settled = false

    const leave = (): void => {
      settled = true
      socket.off("data", onData).off("error", onError).off("end", onEnd).off("close", onClose)
    }
    const fail = (reason: UnreachableReason, detail: string, cause?: unknown): void => {
      leave()
      socket.destroy()
      const error = new InfoError({ reason, address: key, detail, ...(cause === undefined ? {} : { cause }) })
      resume(Effect.fail({ error, stale: kept !== undefined && !answering }))
    }
    const failWith = (fault: ProtocolFault): void => fail(fault.reason, fault.detail)
    const onData = (chunk: Buffer): void => {
      answering = true
      const state = decoder.push(chunk)
      if (state._tag === "Incomplete") return
      if (state._tag === "Faulty") return failWith(state.fault)
      const answers = parseBody(commands, state.body)
      if (Either.isLeft(answers)) return failWith(answers.left)
      leave()
      // Before `resume`, which may run the next question at once.
      sockets.keep(key, socket)
      resume(Effect.succeed(answers.right))
    }
    const onError = (error: NodeJS.ErrnoException): void => fail(reasonOf(error), error.code ?? error.message, error)
    const onEnd = (): void => {
      const fault = decoder.end()
      if (fault === undefined) fail("Reset", "connection closed without an answer")
      else failWith(fault)
    }
    const onClose = (): void => fail("Reset", "connection closed")

    socket.on("data", onData).on("error", onError).on("end", onEnd).on("close", onClose)
    socket.write(request)
    // Once settled the socket is closed or kept for somebody else: not ours to close any more.
    return Effect.sync(() => {
      if (settled) return
      leave()
      socket.destroy()
    })
  })

/**
 * Connections that live as long as the scope. `ask` uses the one kept for the address or opens one: simultaneous questions to one address
 * open as many as needed, and one is kept afterwards. A kept connection that turns out to be broken before any byte of the answer came is
 * replaced once by a fresh one (all commands used here only read).
 */
export const makeInfoConnections = (
  options: InfoConnectionsOptions = {},
): Effect.Effect<InfoConnections, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => makeSockets(options.idleMs ?? 30_000)),
      (sockets) => Effect.sync(() => sockets.closeAll()),
    ),
    (sockets): InfoConnections => ({
      ask: (address, commands) =>
        Effect.suspend(() => {
          const key = shown(address)
          if (!isAddress(address)) {
            return Effect.fail(new InfoError({ reason: "Unresolved", address: key, detail: "not an address" }))
          }
          const request = encodeRequest(commands)
          if (Either.isLeft(request)) return Effect.fail(new InfoError({ address: key, ...request.left }))
          const once = (from: "kept" | "fresh") => exchange(sockets, address, commands, request.right, from)
          return once("kept").pipe(
            Effect.catchIf(
              (fault) => fault.stale,
              () => once("fresh"),
            ),
            Effect.mapError((fault) => fault.error),
          )
        }),
    }),
  )
