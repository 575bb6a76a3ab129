/** New connections of an agent are used a moment after they stand: timers that are due come first. */
import type * as http from "node:http"
import type { Duplex } from "node:stream"
import { TLSSocket } from "node:tls"

type Callback = (error: Error | null, stream: Duplex) => void

/**
 * A request that waits for a connection is written by node the moment the connection stands. In a process that was frozen meanwhile (SIGSTOP,
 * a paused virtual machine) that happens before any timer runs, so also before the timer that would have given the request up: a leader that
 * wakes up long after its lease would still write (R58). Here the request gets its connection one turn of the event loop later, and each turn
 * begins with the timers.
 *
 * Changes the agent and returns it.
 */
export const timersFirst = <A extends http.Agent>(agent: A): A => {
  const connect = agent.createConnection.bind(agent)
  const destroy = agent.destroy.bind(agent)
  const pending = new Set<Duplex>()
  agent.createConnection = (options: http.ClientRequestArgs, callback?: Callback) => {
    const socket = connect(options)
    if (!socket || callback === undefined) return socket
    pending.add(socket)
    const finish = (error: Error | null): void => {
      if (pending.delete(socket)) callback(error, socket)
    }
    // The first of the two still belongs to the present turn. A timer would not do: it might be due before those of before the freeze.
    const nextTurn = () => setImmediate(() => setImmediate(finish, null))
    socket.once(socket instanceof TLSSocket ? "secureConnect" : "connect", nextTurn)
    socket.once("error", finish)
    socket.once("close", () => finish(new Error("the connection was closed before it stood")))
    // Set for idle connections, but a connection that does not come about is idle, too.
    socket.once("timeout", () => {
      if (pending.has(socket)) socket.destroy(new Error("no connection in time"))
    })
    return undefined
  }
  agent.destroy = () => {
    for (const socket of pending) socket.destroy()
    destroy()
  }
  return agent
}
