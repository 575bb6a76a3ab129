/** What a process sends that stood still while it connected; and that connections are otherwise what they were. */
import { once } from "node:events"
import * as http from "node:http"
import * as https from "node:https"
import * as net from "node:net"
import { TLSSocket } from "node:tls"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { destroyAgents, makeAgents } from "../../src/kube/keepAliveAgent.js"
import { timersFirst } from "../../src/kube/timersFirst.js"
import { tlsFixture } from "./tlsFixture.js"

const standStill = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

describe("connections of an agent", () => {
  const paths: Array<string> = []
  let server: https.Server
  let port = 0
  const newAgents = () => makeAgents({ ca: tlsFixture.ca, servername: "localhost", rejectUnauthorized: true })

  beforeAll(async () => {
    server = https.createServer({ cert: tlsFixture.serverCert, key: tlsFixture.serverKey }, (request, response) => {
      paths.push(request.url ?? "")
      response.end("{}")
    })
    await once(server.listen(0, "127.0.0.1"), "listening")
    const address = server.address()
    port = typeof address === "object" && address !== null ? address.port : 0
  })
  afterAll(() => void server.close())

  it.each([
    { of: "plain", socket: () => new net.Socket(), stands: "connect" },
    { of: "TLS", socket: () => new TLSSocket(new net.Socket()), stands: "secureConnect" },
  ])("R58 $of: what became due while the process stood still comes before the connection is used", async (kind) => {
    const socket = kind.socket()
    const agent = new http.Agent()
    Object.assign(agent, { createConnection: () => socket })
    const order: Array<string> = []
    const used = new Promise<void>((resolve) => {
      timersFirst(agent).createConnection({}, () => {
        order.push("connection")
        resolve()
      })
    })
    setTimeout(() => order.push("timer"), 1)
    standStill(20)
    socket.emit(kind.stands)
    await used
    expect(order).toEqual(["timer", "connection"])
    socket.destroy()
  })

  it("a request in time gets through, the next one over the same connection", async () => {
    const agents = newAgents()
    for (const path of ["/first", "/second"]) {
      const request = https.request({ host: "127.0.0.1", port, path, agent: agents.https }).end()
      const [response] = (await once(request, "response")) as [http.IncomingMessage]
      response.resume()
      await once(agents.https, "free")
    }
    expect(paths).toEqual(["/first", "/second"])
    expect(Object.values(agents.https.freeSockets).flat()).toHaveLength(1)
    destroyAgents(agents)
  })

  it("what cannot connect fails with the reason", async () => {
    const agents = newAgents()
    const request = http.request({ host: "127.0.0.1", port: 1, agent: agents.http }).end()
    expect(await once(request, "error")).toMatchObject([{ code: "ECONNREFUSED" }])
    destroyAgents(agents)
  })
})
