import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as https from "node:https"
import { connect as connectPlain } from "node:net"
import { Readable } from "node:stream"
import { connect } from "node:tls"
import { describe, expect } from "vitest"
import { maxBodyBytes } from "../../src/admission/body.js"
import { make } from "../../src/admission/Webhook.js"
import { PortError } from "../../src/http/listener.js"
import {
  call,
  cluster,
  clusterDefaultsPath,
  clusterPath,
  goodSpec,
  host,
  open,
  type Reply,
  review,
  type Served,
  serveWebhook,
} from "./support.js"

const good = JSON.stringify(review(cluster(goodSpec)))
const bad = JSON.stringify(review(cluster({ ...goodSpec, size: 9 })))

const responseOf = ({ text }: Reply): unknown => (JSON.parse(text) as { response: unknown }).response

/** A good request answered as it should, whatever else is going on. */
const expectGood = async (webhook: Served): Promise<number> => {
  const from = performance.now()
  const reply = await call(webhook, { body: good })
  expect(reply.status).toBe(200)
  expect(responseOf(reply)).toEqual({ uid: "u1", allowed: true })
  return performance.now() - from
}

const test = (title: string, body: (webhook: Served) => Promise<void>, timeout?: number) =>
  it.scopedLive(title, () => Effect.flatMap(serveWebhook, (webhook) => Effect.promise(() => body(webhook))), timeout)

describe("reviews over HTTPS", () => {
  test("answers on all paths under the name of the Service", async (webhook) => {
    await expectGood(webhook)
    const denied = await call(webhook, { body: bad })
    expect(responseOf(denied)).toMatchObject({ allowed: false, status: { code: 403 } })
    const mutated = await call(webhook, { path: `${clusterDefaultsPath}?timeout=10s`, body: good })
    expect(responseOf(mutated)).toMatchObject({ allowed: true, patchType: "JSONPatch" })
    const named = await new Promise<boolean>((resolve) => {
      const socket = connect(
        {
          host,
          port: webhook.port,
          ca: webhook.authority,
          servername: "acko-operator-webhook.acko-system.svc",
        },
        () => {
          resolve(socket.authorized)
          socket.destroy()
        },
      )
    })
    expect(named).toBe(true)
  })

  test("R115, R125: what is no review is refused with a reason", async (webhook) => {
    const cases: ReadonlyArray<readonly [Parameters<typeof call>[1], number, RegExp]> = [
      [{ body: "{" }, 400, /the body is not JSON/],
      [{ body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) }, 400, /not UTF-8/],
      [{ body: "[".repeat(1_000_000) }, 400, /nested deeper/],
      [{ body: `{"__proto__":{"request":1}}` }, 400, /AdmissionReview/],
      [{ body: good, headers: { "content-type": "text/plain" } }, 415, /application\/json/],
      [{ body: good, headers: { "content-type": "application/jsonx" } }, 415, /application\/json/],
      [{ method: "GET" }, 405, /POST/],
      [{ method: "PUT", body: good }, 405, /POST/],
      [{ path: "/", body: good }, 404, /not a path/],
      [{ path: "/validate-acko-io-v1alpha1-aerospikecluster/x", body: good }, 404, /not a path/],
      [{ path: "/%00", body: good }, 404, /not a path/],
    ]
    for (const [options, status, text] of cases) {
      const reply = await call(webhook, options)
      expect([reply.status, reply.text]).toEqual([status, expect.stringMatching(text)])
    }
    await expectGood(webhook)
  })

  it.scopedLive("a busy port is one clear line that names the flag", () =>
    Effect.gen(function* () {
      const { port } = yield* serveWebhook
      const error = yield* Effect.flip(Effect.scoped(make({ host, port, certificates: () => Effect.never })))
      expect(error).toBeInstanceOf(PortError)
      expect(error.message).toContain("choose another port with --webhook-port or ACKO_WEBHOOK_PORT")
    }),
  )
})

describe("R125: strangers", () => {
  /** Zeros without end, as fast as they are taken. */
  const flood = (bytes: number): Readable => {
    const chunk = Buffer.alloc(64 * 1024, "0")
    let left = bytes
    return new Readable({
      read() {
        const part = chunk.subarray(0, Math.min(left, chunk.length))
        left -= part.length
        this.push(part.length === 0 ? null : part)
      },
    })
  }

  test("128 MiB, announced or not, is 413 and never held in memory", async (webhook) => {
    const before = process.memoryUsage().rss
    const size = 128 * 1024 * 1024
    const announced = await call(webhook, { body: flood(size), headers: { "content-length": String(size) } })
    // The connection is closed in the middle of the body: a client that looks only afterwards sees it broken.
    expect([0, 413]).toContain(announced.status)
    const chunked = await call(webhook, { body: flood(size) })
    expect([0, 413]).toContain(chunked.status)
    const atLimit = await call(webhook, { body: " ".repeat(maxBodyBytes + 1) })
    expect([0, 413]).toContain(atLimit.status)
    const fits = await call(webhook, { body: good.padEnd(maxBodyBytes, " ") })
    expect(fits.status).toBe(200)
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(100)
    await expectGood(webhook)
  })

  test("a body that is announced too large is told so before it is sent", async (webhook) => {
    const socket = await open(webhook)
    const head = `POST ${clusterPath} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 134217728\r\n\r\n`
    const answered = new Promise<string>((resolve) => {
      let text = ""
      socket.on("data", (part: Buffer) => (text += part.toString())).on("close", () => resolve(text))
    })
    socket.write(head)
    expect(await answered).toMatch(/^HTTP\/1\.1 413 [\s\S]*larger than 3145728 bytes/)
  })

  test("slow senders are cut within the limit and keep nobody else waiting", async (webhook) => {
    const head = `POST ${clusterPath} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n`
    const sockets = await Promise.all(Array.from({ length: 100 }, () => open(webhook)))
    const ended = Promise.all(
      sockets.map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()).resume())),
    )
    // Half of them never finish their headers, half never their body.
    const drip = setInterval(() => {
      for (const [index, socket] of sockets.entries()) {
        if (socket.writable) socket.write(index % 2 === 0 ? "" : " ")
      }
    }, 200)
    sockets.forEach((socket, index) => socket.write(index % 2 === 0 ? head.slice(0, 40) : head))
    for (let i = 0; i < 10; i++) expect(await expectGood(webhook)).toBeLessThan(2_000)
    await ended
    clearInterval(drip)
    await expectGood(webhook)
  }, 30_000)

  test("a connection that never speaks TLS, or speaks HTTP without, gets nothing and is cut (R134)", async (webhook) => {
    const plain = (text: string) =>
      new Promise<string>((resolve) => {
        let answer = ""
        const socket = connectPlain(webhook.port, host, () => socket.write(text))
        socket.on("data", (part) => (answer += part.toString("latin1"))).on("error", () => undefined)
        socket.on("close", () => resolve(answer))
      })
    const answers = await Promise.all(
      ["GET / HTTP/1.1\r\nhost: x\r\n\r\n", "", "\u0016\u0003\u0001", "\0".repeat(10_000)].map(plain),
    )
    for (const answer of answers) expect(answer).not.toContain("HTTP")
    await expectGood(webhook)
  })

  test("TLS below 1.2 is refused (R134)", async (webhook) => {
    const error = await new Promise<string>((resolve) => {
      const socket = connect({
        host,
        port: webhook.port,
        ca: webhook.authority,
        maxVersion: "TLSv1.1",
        minVersion: "TLSv1",
        ciphers: "DEFAULT@SECLEVEL=0",
      })
      socket.on("secureConnect", () => resolve("connected")).on("error", (cause) => resolve(String(cause)))
    })
    expect(error).toMatch(/protocol version|unsupported protocol|no protocols/i)
  })

  test("1,000 calls at once, good ones between bad ones: each gets its answer, memory stays", async (webhook) => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 64, ca: webhook.authority })
    const before = process.memoryUsage().rss
    const bodies = [good, bad, "{", JSON.stringify(review(null)), good.padEnd(200_000, " ")]
    const statuses = [200, 200, 400, 200, 200]
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => call(webhook, { body: bodies[i % 5] ?? "", agent })),
    )
    expect(replies.map(({ status }) => status)).toEqual(replies.map((_, i) => statuses[i % 5]))
    agent.destroy()
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(150)
    await expectGood(webhook)
  }, 30_000)

  test("more connections than there are places: they are cut, and good calls get through again", async (webhook) => {
    const silent = Array.from({ length: 600 }, () => connectPlain(webhook.port, host).on("error", () => undefined))
    await Promise.all(silent.map((socket) => new Promise<void>((done) => socket.once("close", () => done()))))
    await expectGood(webhook)
  })
})
