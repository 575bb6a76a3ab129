/**
 * Entry file of the process that holds the native client; the only file that loads the `aerospike` package. Its `connect` blocks the event
 * loop, its calls cannot be interrupted, and it can take the process down: all of that ends here (effect-notes: the `aerospike` package).
 *
 * One request at a time, each with a client of its own that is closed before the reply. Ends with the operator, or after a minute unused.
 */
import * as Net from "node:net"
import type { Client } from "aerospike"
import type { ViewReply, ViewRequest } from "./clientViewProtocol.js"
import { parseEndpoints, parsePeers } from "./infoValues.js"

type Outcome = ViewReply["outcome"]

/** Commands a client library discovers a cluster with: the node's own addresses, and those of its peers. */
const discovery = "service-clear-std\npeers-clear-std"

const idleMs = 60_000
const infoTimeoutMs = 500
/** Bounds the check below for nodes that advertise nonsense. */
const mostAddresses = 64

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 500)

/** All addresses in the answers to {@link discovery}. */
const advertised = (answer: string): ReadonlyArray<string> =>
  answer.split("\n").flatMap((line) => {
    const [command = "", sent = ""] = line.split("\t", 2)
    if (command === "service-clear-std") return parseEndpoints(sent) ?? []
    return (parsePeers(sent) ?? []).flatMap((peer) => peer.addresses)
  })

const accepts = (address: string, timeoutMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const colon = address.lastIndexOf(":")
    const host = address.slice(0, colon).replace(/^\[|\]$/g, "")
    const socket = Net.connect({ host, port: Number(address.slice(colon + 1)), timeout: timeoutMs })
    const finish = (reached: boolean): void => {
      socket.destroy()
      resolve(reached)
    }
    socket
      .once("connect", () => finish(true))
      .once("timeout", () => finish(false))
      .once("error", () => finish(false))
  })

/** A node that is listed but does not answer through the client is one that an application cannot reach. */
const askThrough = (client: Client, name: string): Promise<string | undefined> =>
  client.infoNode(discovery, { name }, { timeout: infoTimeoutMs }).then(
    (answer: string | null) => answer ?? undefined,
    () => undefined,
  )

const look = async (client: Client, connectTimeoutMs: number): Promise<Outcome> => {
  const answers = await Promise.all(
    client.getNodes().map(async ({ name, address }) => ({ name, address, answer: await askThrough(client, name) })),
  )
  const reached = answers.filter(({ answer }) => answer !== undefined)
  const connected = new Set(reached.map(({ address }) => address))
  const silent = answers.filter(({ answer }) => answer === undefined).map(({ address }) => address)
  const others = [...new Set(reached.flatMap(({ answer = "" }) => advertised(answer)))]
    .filter((address) => !connected.has(address) && !silent.includes(address))
    .slice(0, mostAddresses)
  const refused = await Promise.all(
    others.map(async (address) => ((await accepts(address, connectTimeoutMs)) ? [] : [address])),
  )
  return {
    _tag: "Connected",
    nodes: Object.fromEntries(reached.map(({ name, address }) => [name, address])),
    unreachable: [...silent, ...refused.flat()].sort(),
  }
}

const probe = async (request: ViewRequest): Promise<Outcome> => {
  const aerospike = await import("aerospike").then(
    (module) => module.default,
    (error: unknown) => `the aerospike package cannot be loaded: ${messageOf(error)}`,
  )
  if (typeof aerospike === "string") return { _tag: "Unknown", message: aerospike }
  aerospike.setDefaultLogging({ level: aerospike.log.OFF })
  const client = aerospike.client({
    hosts: request.seeds.map(({ host, port }) => ({ addr: host, port })),
    clusterName: request.clusterName,
    connTimeoutMs: request.connectTimeoutMs,
    maxConnsPerNode: 8,
  })
  try {
    await client.connect()
  } catch (error) {
    return { _tag: "Disconnected", message: messageOf(error) }
  }
  try {
    return await look(client, request.connectTimeoutMs)
  } finally {
    client.close()
  }
}

let idle = setTimeout(() => process.exit(0), idleMs)

const answer = async (request: ViewRequest): Promise<void> => {
  clearTimeout(idle)
  const outcome = await probe(request).catch((error: unknown): Outcome => ({
    _tag: "Unknown",
    message: messageOf(error),
  }))
  idle = setTimeout(() => process.exit(0), idleMs)
  process.send?.({ id: request.id, outcome } satisfies ViewReply)
}

process.on("message", (request: ViewRequest) => void answer(request))
// The operator decides when this process ends, also when the terminal sends a signal to both.
process.on("SIGINT", () => undefined).on("SIGTERM", () => undefined)
process.once("disconnect", () => process.exit(0))
