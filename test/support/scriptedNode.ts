/**
 * A node on loopback that does what a test tells it to: answer late, wrongly, in pieces, never. It counts what a client did to it
 * (connections opened, still open, requests), as the server sees it.
 */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** One request as it arrived: its commands, and the connection to answer on. */
export interface ScriptedRequest {
  readonly commands: ReadonlyArray<string>
  /** Exactly the bytes of the body. */
  readonly body: string
  /** 0 for the first connection the node ever took. */
  readonly connection: number
  readonly socket: Net.Socket
}

export interface ScriptedNode {
  readonly host: string
  readonly port: number
  readonly address: { readonly host: string; readonly port: number }
  /** Connections taken so far. */
  readonly connections: () => number
  /** Connections open now. */
  readonly open: () => number
  readonly mostOpen: () => number
  readonly requests: () => ReadonlyArray<ReadonlyArray<string>>
  /** Ends every connection, as a restarting process does. */
  readonly dropConnections: () => void
  /** Closes port and connections: later connects are refused. */
  readonly stop: Effect.Effect<void>
  /** Completes when the server side has no connection left; real time. */
  readonly drained: Effect.Effect<void>
}

/** Looks every 2 ms of real time until the condition holds. */
export const until = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (condition() ? Effect.void : Effect.flatMap(Effect.sleep("2 millis"), () => until(condition))))

/** A frame around a body; `head` overrides header bytes by position. */
export const frame = (body: string | Uint8Array, head: Readonly<Record<number, number>> = {}): Buffer => {
  const bytes = Buffer.from(body)
  const header = Buffer.alloc(8)
  header.writeUIntBE(bytes.length, 2, 6)
  header[0] = 2
  header[1] = 1
  for (const [at, byte] of Object.entries(head)) header[Number(at)] = byte
  return Buffer.concat([header, bytes])
}

/** The answer a well-behaved node gives, from a table of values; commands not in it are unknown ones. */
export const answerFrom = (values: Readonly<Record<string, string>>, commands: ReadonlyArray<string>): Buffer =>
  frame(commands.map((command) => `${command}\t${values[command] ?? "ERROR:4:unrecognized command"}\n`).join(""))

/** Behaviour: answer as in the table. */
export const answering =
  (values: Readonly<Record<string, string>>) =>
  ({ commands, socket }: ScriptedRequest): void => {
    socket.write(answerFrom(values, commands))
  }

/** Values of a member of a whole cluster of `size`, as a CE 8.1.2 node gives them (wire samples, section B). */
export const memberValues = (size: number, key = "13B3F0EC3EDC", id = "A1"): Readonly<Record<string, string>> => ({
  node: id,
  "cluster-name": "loop",
  build: "8.1.2.0",
  service: "127.0.0.1:3000",
  statistics: `failed_best_practices=true;cluster_size=${size};cluster_key=${key};cluster_integrity=true;cluster_is_member=true;migrate_allowed=true;migrate_partitions_remaining=0;uptime=18`,
  [`cluster-stable:size=${size};ignore-migrations=false`]: key,
  "namespace/test": `ns_cluster_size=${size};effective_replication_factor=2;objects=0;dead_partitions=0;unavailable_partitions=0;stop_writes=false`,
})

export interface DiscoverableNode {
  readonly id: string
  readonly clusterName: string
  /** What the node tells clients to connect to, `host:port`. */
  readonly advertises: string
  /** Node id and `host:port` of the others. */
  readonly peers: ReadonlyArray<readonly [string, string]>
}

/** The least a node must say for a client library to accept it: identity, discovery, and a partition map that names it master of all. */
export const discoverableValues = (node: DiscoverableNode): Readonly<Record<string, string>> => ({
  node: node.id,
  build: "8.1.2.0",
  "cluster-name": node.clusterName,
  "partition-generation": "1",
  "peers-generation": "1",
  "service-clear-std": node.advertises,
  "peers-clear-std": `1,3000,[${node.peers.map(([id, address]) => `[${id},,[${address}]]`).join(",")}]`,
  replicas: `test:1,1,${Buffer.alloc(512, 0xff).toString("base64")}`,
})

export interface ScriptedNodeOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default: any free port. */
  readonly port?: number
  /** Runs when a connection arrives, before any request. */
  readonly onConnect?: (socket: Net.Socket, connection: number) => void
  /** Runs for every complete request. */
  readonly onRequest?: (request: ScriptedRequest) => void
}

/** A node that lives as long as the scope. */
export const scriptedNode = (options: ScriptedNodeOptions): Effect.Effect<ScriptedNode, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<ScriptedNode>((resume) => {
      const sockets = new Set<Net.Socket>()
      const requests: Array<ReadonlyArray<string>> = []
      let connections = 0
      let mostOpen = 0
      const server = Net.createServer((socket) => {
        const connection = connections++
        sockets.add(socket)
        mostOpen = Math.max(mostOpen, sockets.size)
        socket.on("error", () => undefined).on("close", () => sockets.delete(socket))
        let received = Buffer.alloc(0)
        socket.on("data", (chunk) => {
          received = Buffer.concat([received, chunk])
          while (received.length >= 8) {
            const length = received.readUIntBE(2, 6)
            if (received.length < 8 + length) return
            const body = received.toString("utf8", 8, 8 + length)
            received = received.subarray(8 + length)
            const commands = body.split("\n").slice(0, -1)
            requests.push(commands)
            options.onRequest?.({ commands, body, connection, socket })
          }
        })
        options.onConnect?.(socket, connection)
      })
      const dropConnections = (): void => {
        for (const socket of sockets) socket.destroy()
      }
      const host = options.host ?? "127.0.0.1"
      server.listen({ host, port: options.port ?? 0 }, () => {
        const port = (server.address() as Net.AddressInfo).port
        resume(
          Effect.succeed({
            host,
            port,
            address: { host, port },
            connections: () => connections,
            open: () => sockets.size,
            mostOpen: () => mostOpen,
            requests: () => requests,
            dropConnections,
            stop: Effect.async<void>((done) => {
              dropConnections()
              server.close(() => done(Effect.void))
            }),
            drained: until(() => sockets.size === 0),
          }),
        )
      })
    }),
    (node) => node.stop,
  )
