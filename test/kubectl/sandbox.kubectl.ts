/** `acko sandbox` as a program: it says how to use it, that works, and it ends when it is told to. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { makeKubectl } from "./kubectl.js"
import { program } from "./world.js"

const folder = mkdtempSync(join(tmpdir(), "acko-sandbox-"))
const kubeconfig = join(folder, "config")
const child = spawn(process.execPath, [program, "sandbox", "--kubeconfig", kubeconfig, "--hosts", "3", "--net", "77"], {
  stdio: ["ignore", "pipe", "inherit"],
})
const ended = new Promise<number | null>((resolve) => child.once("exit", resolve))
let guide = ""

beforeAll(
  () =>
    new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (chunk) => {
        guide += String(chunk)
        if (guide.includes("Ctrl-C ends it.")) resolve()
      })
      child.once("exit", () => reject(new Error("the sandbox ended")))
      child.once("error", reject)
    }),
)
afterAll(async () => {
  child.kill("SIGKILL")
  await ended
  rmSync(folder, { recursive: true })
})

it("serves what its guide promises, with our kinds, and ends on SIGTERM", async () => {
  expect(guide).toContain(kubeconfig)
  const { run, until } = makeKubectl(kubeconfig)
  expect(await run("get nodes -o name")).toBe("node/sandbox-host-0\nnode/sandbox-host-1\nnode/sandbox-host-2")
  expect(await run("get asc,asct")).toBe("")
  await run("create configmap sandbox-control -n kube-system --from-literal=hostGraceMs=1000")
  await run("annotate node sandbox-host-2 sandbox.acko.io/host=lost")
  await until("get nodes", (out) => /sandbox-host-2 +NotReady/.test(out))
  await run("annotate node sandbox-host-2 sandbox.acko.io/host-")
  await until("get nodes", (out) => /sandbox-host-2 +Ready/.test(out))
  child.kill("SIGTERM")
  expect(await ended).not.toBeNull()
})
