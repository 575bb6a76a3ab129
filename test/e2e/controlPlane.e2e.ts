/** The control plane itself: what the other files rely on. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, inject, it } from "vitest"
import { readAuditLog } from "./controlplane/AuditLog.js"
import { compactEtcd, isReady, pauseApiServer, restartApiServer } from "./controlplane/controls.js"
import { guardian } from "./controlplane/guardian.js"
import { request } from "./controlplane/request.js"

const plane = inject("controlPlane")

const get = (path: string, token: string) => request({ url: `${plane.server}${path}`, ca: plane.certificate, token })
const read = (path: string) => Effect.runPromise(get(path, plane.tokens.admin))

describe("the control plane", () => {
  it("is a Kubernetes of the pinned version, with controllers at work", async () => {
    expect(JSON.parse(await read("/version"))).toMatchObject({
      major: "1",
      minor: expect.stringMatching(/^\d\d$/) as unknown,
    })
    // Made by the controller manager, not by the API server.
    await expect
      .poll(() => read("/api/v1/namespaces/default/serviceaccounts/default"), { timeout: 10_000 })
      .toContain("default")
  })

  it("asks for credentials and for rights, and writes down who asked", async () => {
    const failure = (token: string) => Effect.runPromise(Effect.flip(get("/api/v1/pods", token)))
    expect((await failure("wrong")).message).toContain("401")
    expect((await failure(plane.tokens.nobody)).message).toContain("403")
    const [refused] = readAuditLog(plane.auditLog, "nobody").filter(({ verb }) => verb === "list")
    expect(refused).toMatchObject({
      objectRef: { resource: "pods" },
      responseStatus: { code: 403 },
      annotations: { "authorization.k8s.io/decision": "forbid" },
    })
  })

  it("forgets history on demand", async () => {
    expect(Number(await Effect.runPromise(compactEtcd(plane)))).toBeGreaterThan(1)
  })

  it("stands still and goes on, dies and comes back with its data", async () => {
    const states = await Effect.runPromise(
      Effect.gen(function* () {
        yield* pauseApiServer(plane)
        return yield* isReady(plane)
      }).pipe(Effect.scoped),
    )
    expect(states).toBe(false)
    await expect.poll(() => Effect.runPromise(isReady(plane)), { timeout: 10_000 }).toBe(true)
    const uid = async () =>
      (JSON.parse(await read("/api/v1/namespaces/kube-system")) as { metadata: { uid: string } }).metadata.uid
    const before = await uid()
    await Effect.runPromise(restartApiServer(plane))
    expect(await uid()).toBe(before)
  })

  it("ends with whoever started it, even if that is killed, and leaves nothing behind", async () => {
    const folder = await mkdtemp(join(tmpdir(), "acko-guarded-"))
    const starter = `
      const { spawn } = require("node:child_process")
      const { writeFileSync } = require("node:fs")
      const [guardian, folder] = process.argv.slice(1)
      spawn(process.execPath, [guardian, folder], { stdio: ["pipe", "ignore", "inherit"], detached: true })
      const { pid } = spawn("sleep", ["600"], { detached: true, stdio: "ignore" })
      writeFileSync(folder + "/kube-apiserver.pid", String(pid))
      console.log(pid)
      setInterval(() => undefined, 1000)`
    const parent = spawn(process.execPath, ["-e", starter, guardian, folder], { stdio: ["ignore", "pipe", "inherit"] })
    const [printed] = (await once(parent.stdout, "data")) as [Buffer]
    const isRunning = () => existsSync(`/proc/${printed.toString().trim()}`)
    expect(isRunning()).toBe(true)
    parent.kill("SIGKILL")
    await expect.poll(() => [isRunning(), existsSync(folder)], { timeout: 10_000 }).toEqual([false, false])
  })
})
