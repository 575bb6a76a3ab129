import { build } from "esbuild"
import { type ChildProcess, spawn } from "node:child_process"
import { rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { selfSigned } from "../../src/tls/certificate.js"
import { call, cluster, goodSpec, review } from "../admission/support.js"
import { buildProgram, root } from "./program.js"

let directory = ""
let program = ""
const children = new Set<ChildProcess>()

beforeAll(async () => {
  ;({ directory, program } = await buildProgram())
  // Port 9 (discard) answers nowhere: an API server that cannot be reached.
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "a", cluster: { server: "http://127.0.0.1:9" } }],
    users: [{ name: "a", user: {} }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    "current-context": "a",
  }
  writeFileSync(join(directory, "kubeconfig"), JSON.stringify(kubeconfig))
}, 60_000)

afterAll(() => {
  for (const child of children) child.kill("SIGKILL")
  rmSync(directory, { recursive: true, force: true })
})

/** `acko operator …`, its end, and what it wrote to stderr. */
const operator = (flags: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) => {
  const child = spawn(process.execPath, [program, "operator", ...flags], {
    env: { PATH: process.env["PATH"], HOME: tmpdir(), ...env },
    stdio: ["ignore", "ignore", "pipe"],
  })
  children.add(child)
  let stderr = ""
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<{ readonly code: number | null; readonly stderr: string }>((resolve) =>
    child.once("close", (code) => {
      children.delete(child)
      resolve({ code, stderr })
    }),
  )
  return { child, ended }
}

const listen = () =>
  new Promise<{ readonly server: Server; readonly port: number }>((resolve) => {
    const server = createServer().listen(0, "0.0.0.0", () => {
      const address = server.address()
      resolve({ server, port: typeof address === "object" && address !== null ? address.port : 0 })
    })
  })

const close = (server: Server) => new Promise<void>((resolve) => void server.close(() => resolve()))

/** A program of one line as a process, with the production beginning and end of processes. */
const startProgram = async (name: string, effect: string, options: string) => {
  const file = join(directory, `${name}.mjs`)
  await build({
    stdin: {
      contents: `import * as Effect from "effect/Effect"
        import { runMain } from "./src/cli/processLife.ts"
        const program = Effect.zipRight(Effect.sync(() => process.stdout.write("started")), ${effect})
        runMain(program, ${options})`,
      resolveDir: root,
      loader: "ts",
    },
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  })
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "pipe"] })
  children.add(child)
  let stderr = ""
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
  await new Promise((resolve) => child.stdout.once("data", resolve))
  const ended = new Promise<readonly [code: number | null, signal: string | null, stderr: string]>((resolve) =>
    child.once("close", (code, signal) => {
      children.delete(child)
      resolve([code, signal, stderr])
    }),
  )
  return { child, ended }
}

describe("beginning and end of a process", () => {
  const hangs = "Effect.onInterrupt(Effect.never, () => Effect.never)"

  it("R12: what does not end after a signal is given up in time, with a word and code 1", async () => {
    const { child, ended } = await startProgram("slow", hangs, "{ endWithinMs: 300 }")
    child.kill("SIGTERM")
    expect(await ended).toEqual([1, null, "acko: not done 0.3 s after SIGTERM, gives up\n"])
  }, 30_000)

  it("R12: a second signal ends it at once", async () => {
    const { child, ended } = await startProgram("hung", hangs, "{}")
    child.kill("SIGTERM")
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(child.exitCode).toBeNull()
    child.kill("SIGTERM")
    expect((await ended)[1]).toBe("SIGTERM")
  }, 30_000)

  it("S11 R45: a bug in any part ends it within a second, with its stack and a code that is not 0", async () => {
    const parts = 'Effect.all([Effect.never, Effect.delay(Effect.die(new Error("planted")), 10)], { concurrency: 2 })'
    const { ended } = await startProgram("bug", parts, "{}")
    const from = Date.now()
    const [code, , stderr] = await ended
    expect(Date.now() - from).toBeLessThan(1_000)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^acko: ended by a bug\nError: planted\n +at /)
  }, 30_000)
})

describe("the operator process", () => {
  const kubeconfig = () => ["--kubeconfig", join(directory, "kubeconfig")]

  it("without credentials it ends with code 1 and one line", async () => {
    const { code, stderr } = await operator(["--kubeconfig", "/does/not/exist"]).ended
    expect([code, stderr]).toEqual([
      1,
      "acko: no access to the Kubernetes API: the kubeconfig /does/not/exist cannot be read\n",
    ])
  }, 30_000)

  it("names every setting it cannot read", async () => {
    const { code, stderr } = await operator(kubeconfig(), { ACKO_CONCURRENCY: "many", ACKO_HEALTH_PORT: "99999" }).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/^acko: wrong setting: ACKO_CONCURRENCY: "many" .*; ACKO_HEALTH_PORT: "99999" .*\n$/)
  }, 30_000)

  it("names the flag when the health port is in use", async () => {
    const { port, server } = await listen()
    const { code, stderr } = await operator([...kubeconfig(), "--health-port", String(port)]).ended
    await close(server)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^acko: cannot serve health and metrics on .*: it is in use; .*--health-port.*\n$/)
  }, 30_000)

  it("an API server that cannot be reached: alive, not ready; SIGTERM ends it with code 0", async () => {
    const { port, server } = await listen()
    await close(server)
    const { child, ended } = operator([...kubeconfig(), "--health-port", String(port), "--leader-elect"], {
      ACKO_LEASE_NAMESPACE: "acko-system",
    })
    const status = async (path: string): Promise<number> => {
      while (child.exitCode === null) {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
        if (answer !== undefined) return answer.status
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      return 0
    }
    expect([await status("/healthz"), await status("/readyz")]).toEqual([200, 503])
    child.kill("SIGTERM")
    expect(await ended).toEqual({ code: 0, stderr: "" })
  }, 30_000)

  it("R12: after SIGTERM it says at once that it is not ready, answers the webhooks to the end of the drain, and ends with code 0", async () => {
    const [health, webhook] = [await listen(), await listen()]
    await Promise.all([health, webhook].map(({ server }) => close(server)))
    const pair = selfSigned(["127.0.0.1"], new Date())
    writeFileSync(join(directory, "tls.crt"), pair.certificate)
    writeFileSync(join(directory, "tls.key"), pair.key)
    const { child, ended } = operator([
      ...kubeconfig(),
      ...["--health-port", String(health.port), "--webhook", "--webhook-port", String(webhook.port)],
      ...["--webhook-cert-dir", directory, "--webhook-drain", "3s"],
    ])
    interface State {
      readonly webhook?: boolean
      readonly ending?: boolean
    }
    const state = () =>
      fetch(`http://127.0.0.1:${health.port}/readyz`)
        .then((answer) => answer.json() as Promise<State>)
        .catch((): State => ({}))
    const answered = () =>
      call(
        { authority: pair.certificate, port: webhook.port },
        { body: JSON.stringify(review(cluster(goodSpec))) },
      ).then(({ status }) => status)
    const until = async (holds: () => Promise<boolean>) => {
      while (child.exitCode === null && !(await holds())) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await until(async () => (await state()).webhook === true)
    const from = performance.now()
    child.kill("SIGTERM")
    await until(async () => (await state()).ending === true)
    expect(performance.now() - from).toBeLessThan(2_000)
    expect([await state(), await answered()]).toEqual([
      expect.objectContaining({ ready: false, webhook: false, ending: true }),
      200,
    ])
    expect(await ended).toEqual({ code: 0, stderr: "" })
    expect(performance.now() - from).toBeGreaterThan(3_000)
    expect(performance.now() - from).toBeLessThan(15_000)
  }, 30_000)
})
