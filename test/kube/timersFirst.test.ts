/** What a process sends that stood still while it connected; and that connections are otherwise what they were. */
import { once } from "node:events"
import * as http from "node:http"
import * as https from "node:https"
import * as net from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { Worker } from "node:worker_threads"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { destroyAgents, makeAgents } from "../../src/kube/keepAliveAgent.js"
import { tlsFixture } from "./tlsFixture.js"

/**
 * In another thread, so that it goes on while this one stands still. 30 ms into a handshake it rings the bell, a plain connection, and does its
 * part of the handshake. It tells of each request.
 */
const server = `
  const { parentPort, workerData: tls } = require("node:worker_threads")
  const { createSecureContext } = require("node:tls")
  let bell
  const bells = require("node:net").createServer((socket) => { bell = socket })
  const SNICallback = (_name, done) => setTimeout(() => {
    bell.write("!")
    done(null, createSecureContext(tls))
  }, 30)
  const listener = require("node:https").createServer({ ...tls, SNICallback }, (request, response) => {
    parentPort.postMessage(request.url)
    response.end("{}")
  })
  bells.listen(0, "127.0.0.1", () => listener.listen(0, "127.0.0.1", () =>
    parentPort.postMessage({ port: listener.address().port, bellPort: bells.address().port })))
`
const standStill = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

describe("connections of an agent", () => {
  const paths: Array<string> = []
  let worker: Worker
  let bell: net.Socket
  let port = 0
  const newAgents = () => makeAgents({ ca: tlsFixture.ca, servername: "localhost", rejectUnauthorized: true })

  beforeAll(async () => {
    worker = new Worker(server, { eval: true, workerData: { cert: tlsFixture.serverCert, key: tlsFixture.serverKey } })
    const [ports] = (await once(worker, "message")) as [{ readonly port: number; readonly bellPort: number }]
    port = ports.port
    worker.on("message", (path: string) => paths.push(path))
    bell = net.connect(ports.bellPort, "127.0.0.1")
    await once(bell, "connect")
  })
  afterAll(async () => {
    bell.destroy()
    await worker.terminate()
  })

  it("R58 a request that would have been given up during a freeze is not sent after it", async () => {
    const agents = newAgents()
    const request = https.request({ host: "127.0.0.1", port, path: "/late", agent: agents.https }).end()
    const ended = new Promise((resolve) => request.on("error", resolve))
    setTimeout(() => request.destroy(new Error("given up")), 120)
    // While this thread is busy, bell and handshake arrive together; the bell is heard first, and then comes the freeze.
    setTimeout(() => standStill(60), 15)
    bell.once("data", () => standStill(100))
    expect(await ended).toMatchObject({ message: "given up" })
    await sleep(50)
    expect(paths).toEqual([])
    destroyAgents(agents)
  })

  it("a request in time gets through, the next one over the same connection", async () => {
    const agents = newAgents()
    for (const path of ["/first", "/second"]) {
      const request = https.request({ host: "127.0.0.1", port, path, agent: agents.https }).end()
      const [response] = (await once(request, "response")) as [http.IncomingMessage]
      response.resume()
      await once(agents.https, "free")
    }
    await expect.poll(() => paths).toEqual(["/first", "/second"])
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
