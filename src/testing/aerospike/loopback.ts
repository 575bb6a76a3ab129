/**
 * Real sockets for the nodes of a world: every serving process listens on its own address and service port, so that an info client, the
 * `aerospike` package or `asinfo` can talk to it. Pod addresses must be local, for instance `127.0.x.y`. Faults act on bytes here too.
 */
import * as net from "node:net"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ProcessSpec } from "../PodRuntime.js"
import { AerospikeWorld, type World } from "./AerospikeWorld.js"
import { catchUp } from "./model/membership.js"
import { faultOf, type Model } from "./model/Model.js"
import type { Server } from "./model/Server.js"
import { type Fault, noFault } from "./Settings.js"
import { respondData, respondSecurity } from "./wire/dataProtocol.js"
import { type Inbound, makeInboundReader } from "./wire/Inbound.js"
import { deliver, respond, type Step } from "./wire/respond.js"

interface Listener {
  readonly server: net.Server
  readonly sockets: Set<net.Socket>
}

const write = (socket: net.Socket, bytes: Uint8Array): Effect.Effect<void> =>
  Effect.async((resume) => {
    // A socket the client has left takes nothing more; its `close` event ends the conversation.
    if (socket.destroyed) return resume(Effect.void)
    socket.write(bytes, () => resume(Effect.void))
  })

const responseTo = (model: Model, server: Server, message: Inbound): Uint8Array | undefined => {
  switch (message._tag) {
    case "Info":
      return respond(model, server, message.body)
    case "Data":
      catchUp(model)
      return respondData(model, server, message.body)
    case "Security":
      return respondSecurity()
    case "Unknown":
    case "Refused":
      return undefined
  }
}

/** What to do on the connection about one message. */
const reactTo = (world: World, id: string, message: Inbound): Effect.Effect<Iterable<Step>> =>
  world.run((model): Iterable<Step> => {
    const server = model.servers.get(id)
    if (server === undefined || server.phase !== "Serving") return [{ _tag: "Reset" }]
    if (message._tag === "Refused") return [{ _tag: "Close" }]
    if (message._tag === "Unknown") return []
    const fault: Fault = server.isFrozen ? { _tag: "Freeze" } : faultOf(model, server)
    return deliver(fault, () => responseTo(model, server, message) ?? new Uint8Array(0))
  })

/** False when the conversation is over. */
const perform = (world: World, socket: net.Socket, step: Step): Effect.Effect<boolean> => {
  switch (step._tag) {
    case "Send":
      return Effect.as(write(socket, step.bytes), true)
    case "Wait":
      return Effect.as(world.sleep(step.ms), true)
    case "Close":
      return Effect.as(
        Effect.sync(() => socket.end()),
        false,
      )
    case "Reset":
      return Effect.as(
        Effect.sync(() => socket.resetAndDestroy()),
        false,
      )
    case "Silence":
      return Effect.succeed(false)
  }
}

const converse = (
  world: World,
  id: string,
  socket: net.Socket,
  messages: ReadonlyArray<Inbound>,
): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (const message of messages) {
      for (const step of yield* reactTo(world, id, message)) {
        if (socket.destroyed || !(yield* perform(world, socket, step))) return
      }
    }
  })

/** One connection after another message in order; all of them end with the scope. */
const accept = (world: World, id: string, socket: net.Socket, run: (work: Effect.Effect<void>) => void): void => {
  const reader = makeInboundReader()
  let queue: Array<Inbound> = []
  let isBusy = false
  const drain: Effect.Effect<void> = Effect.suspend(() => {
    const next = queue
    queue = []
    isBusy = next.length > 0
    return isBusy ? Effect.zipRight(converse(world, id, socket, next), drain) : Effect.void
  })
  socket.setNoDelay(true)
  // A client may vanish at any time; `close` follows and nothing is left to do.
  socket.on("error", () => socket.destroy())
  socket.on("data", (chunk: Uint8Array) => {
    queue.push(...reader.push(chunk))
    if (!isBusy && queue.length > 0) {
      isBusy = true
      run(drain)
    }
  })
}

/** Whether the port should be open: serving, and not told to refuse. */
const shouldListen = (model: Model, id: string): Server | undefined => {
  const server = model.servers.get(id)
  if (server === undefined || server.phase !== "Serving") return undefined
  return (server.isFrozen ? noFault : faultOf(model, server))._tag === "Refuse" ? undefined : server
}

/** Listens for every process of the world, from when it serves until it ends, as long as the scope lives. */
export const listenOnLoopback: Effect.Effect<void, never, AerospikeWorld | Scope.Scope> = Effect.gen(function* () {
  const world = yield* AerospikeWorld
  const run = yield* FiberSet.makeRuntime()
  const open = new Map<string, Listener>()

  const listen = (server: Server): Effect.Effect<void> =>
    Effect.async<Listener | undefined>((resume) => {
      const sockets = new Set<net.Socket>()
      const { address, podName } = server.spec
      const id = server.spec.id
      const listener = net.createServer((socket) => {
        sockets.add(socket)
        socket.on("close", () => sockets.delete(socket))
        accept(world, id, socket, (work) => {
          run(work)
        })
      })
      listener.once("error", (cause) => {
        resume(Effect.as(Effect.logWarning(`node of ${podName} cannot listen on ${address}`, cause), undefined))
      })
      listener.listen(server.configuration.servicePort, address, () =>
        resume(Effect.succeed({ server: listener, sockets })),
      )
    }).pipe(
      Effect.map((listener) => {
        if (listener !== undefined) open.set(server.spec.id, listener)
      }),
    )

  const close = (id: string): Effect.Effect<void> =>
    Effect.async((resume) => {
      const listener = open.get(id)
      if (listener === undefined) return resume(Effect.void)
      open.delete(id)
      for (const socket of listener.sockets) socket.resetAndDestroy()
      listener.server.close(() => resume(Effect.void))
    })

  /** Opens or closes the port as the process and its fault demand. */
  const follow = ({ id }: ProcessSpec): Effect.Effect<void> =>
    Effect.flatMap(
      world.run((model) => shouldListen(model, id)),
      (server) => {
        if (server === undefined) return close(id)
        return open.has(id) ? Effect.void : listen(server)
      },
    )

  yield* Effect.addFinalizer(() => Effect.forEach([...open.keys()], close, { discard: true, concurrency: "unbounded" }))
  yield* world.listen({ serving: follow, changed: follow, exited: follow })
  const running = yield* world.run((model) => [...model.servers.values()].map(({ spec }) => spec))
  yield* Effect.forEach(running, follow, { discard: true })
})

/** {@link listenOnLoopback} as a Layer. */
export const layerLoopback: Layer.Layer<never, never, AerospikeWorld> = Layer.scopedDiscard(listenOnLoopback)
