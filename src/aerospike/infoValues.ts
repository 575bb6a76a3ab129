/** What the values of single info commands mean (behaviour.md A.2). A text that does not have the expected form is not a value: undefined. */
import type { Statistics } from "../domain/NodeFacts.js"

/**
 * Longest text looked into, in characters: a real one has 13 000. Whatever is longer is no value, so that reading it never stops everything
 * else for long (R68).
 */
const longest = 128 * 1024

/**
 * `k=v;k=v`, as `statistics` and `namespace/<ns>` answer. Split at the first `=`; pieces without one are skipped; of a repeated name the
 * first counts. Undefined when there is no pair at all.
 *
 * The result has no prototype: a name such as `constructor` is absent unless the node sent it, and 450 pairs cost a third of the time
 * (0.1 ms), which counts when 8 nodes are asked many times a second.
 */
export const parseStatistics = (text: string): Statistics | undefined => {
  const statistics = Object.create(null) as Record<string, string>
  let isEmpty = true
  if (text.length > longest) return undefined
  for (let start = 0; start < text.length;) {
    const semicolon = text.indexOf(";", start)
    const end = semicolon === -1 ? text.length : semicolon
    const pair = text.slice(start, end)
    start = end + 1
    const equals = pair.indexOf("=")
    if (equals < 1) continue
    const name = pair.slice(0, equals)
    if (statistics[name] !== undefined) continue
    statistics[name] = pair.slice(equals + 1)
    isEmpty = false
  }
  return isEmpty ? undefined : statistics
}

const hostAndPort = /^(?:\[[0-9A-Fa-f:.%\w]+\]|[^\s:;,[\]]+):(\d{1,5})$/

const isEndpoint = (text: string): boolean => {
  const port = Number(hostAndPort.exec(text)?.[1])
  return port >= 1 && port <= 65535
}

/** `host:port` entries of `service` (separated by `;`) or `service-clear-std` (by `,`). Undefined when an entry is not one, or none is there. */
export const parseEndpoints = (text: string): ReadonlyArray<string> | undefined => {
  if (text.length > longest) return undefined
  const entries = text.split(/[;,]/).filter((entry) => entry !== "")
  return entries.length > 0 && entries.every(isEndpoint) ? entries : undefined
}

/**
 * A cluster key: up to 16 hex digits, upper case. Zero is refused: a node outside any cluster has it, and two such nodes must not look like
 * one cluster.
 */
export const parseClusterKey = (text: string): string | undefined =>
  /^[0-9A-Fa-f]{1,16}$/.test(text) && !/^0+$/.test(text) ? text.toUpperCase() : undefined

/** One neighbour as `peers-clear-std` lists it. */
export interface Peer {
  readonly nodeId: string
  /** `host:port`, the list's default port filled in. */
  readonly addresses: ReadonlyArray<string>
}

/** `<generation>,<default port>,[[<node id>,<tls name>,[<address>,…]],…]`, addresses with or without a port. Undefined when the frame is not that. */
export const parsePeers = (text: string): ReadonlyArray<Peer> | undefined => {
  if (text.length > longest) return undefined
  const frame = /^\d+,(\d*),\[(.*)\]$/.exec(text)
  if (frame === null) return undefined
  const port = frame[1] === undefined || frame[1] === "" ? "3000" : frame[1]
  const peer = /\[([0-9A-Fa-f]+),[^,[\]]*,\[((?:[^[\]]|\[[^[\]]*\])*)\]\]/g
  return Array.from((frame[2] ?? "").matchAll(peer), ([, nodeId = "", list = ""]) => ({
    nodeId,
    addresses: list
      .split(",")
      .filter((address) => address !== "")
      .map((address) => (isEndpoint(address) ? address : `${address}:${port}`)),
  }))
}
