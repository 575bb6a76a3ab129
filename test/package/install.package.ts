/** From `npm pack` to a cluster that is Completed, on the oldest Node supported and on the line an image carries. */
import * as Effect from "effect/Effect"
import { execFileSync, spawn } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fetchNode, type Installed, installPackage, type NodeBinary, ownNode, root } from "./install.js"
import { type ProcessFigures, table } from "../support/processFigures.js"
import { measure } from "./measure.js"

const imageLine = /^FROM node:(\d+)/m.exec(readFileSync(join(root, "Dockerfile"), "utf8"))?.[1] ?? ""
let installed: Installed
const nodes: Record<string, NodeBinary> = {}
const figures: Record<string, ProcessFigures> = {}

beforeAll(() => {
  installed = installPackage()
  nodes["own"] = ownNode
  nodes["image"] = fetchNode(imageLine)
}, 600_000)

afterAll(() => {
  installed.remove()
  if (Object.keys(figures).length === 0) return
  mkdirSync(join(root, "out"), { recursive: true })
  writeFileSync(join(root, "out/package.json"), `${JSON.stringify(figures, null, 2)}\n`)
  const titled = Object.entries(figures).map(([version, of]) => [`Node ${version}`, of] as const)
  process.stdout.write(`\n${table(Object.fromEntries(titled))}\n\n`)
})

const nodeOf = (which: string): NodeBinary => {
  const node = nodes[which]
  if (node === undefined) throw new Error(`no node ${which}`)
  return node
}

const acko = (which: string, ...args: ReadonlyArray<string>): string =>
  execFileSync(nodeOf(which).path, [installed.program, ...args], { cwd: installed.folder, encoding: "utf8" })

/** A process of the installed command; `heard` is what it printed so far. */
const start = (which: string, ...args: ReadonlyArray<string>) => {
  const child = spawn(nodeOf(which).path, [installed.program, ...args], {
    cwd: installed.folder,
    stdio: ["ignore", "pipe", "pipe"],
  })
  let heard = ""
  child.stdout.on("data", (chunk) => (heard += String(chunk)))
  child.stderr.on("data", (chunk) => (heard += String(chunk)))
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve))
  return {
    until: async (part: string) => {
      while (!heard.includes(part)) {
        if (child.exitCode !== null) throw new Error(`acko ${args.join(" ")} ended:\n${heard}`)
        await sleep(50)
      }
    },
    stop: async () => {
      child.kill("SIGTERM")
      return ended
    },
  }
}

describe("the package", () => {
  it("holds the programs, the types and the manifests, and nothing of the sources or tests", () => {
    const { packed } = installed
    for (const file of ["dist/acko.js", "dist/index.js", "dist/testing.js", "dist/clientViewWorker.js", "LICENSE"])
      expect(packed).toContain(file)
    expect(packed).toContain("dist/types/index.d.ts")
    expect(packed).toContain("manifests/crd/aerospikeclusters.yaml")
    expect(packed.filter((file) => /^(src|test|node_modules)\//.test(file))).toEqual([])
  })

  it("its types are right for the program the README shows", () => {
    const { folder } = installed
    const [, shown = ""] = /```ts\n(.*?)```/s.exec(readFileSync(join(root, "README.md"), "utf8")) ?? []
    expect(shown).toContain('from "acko/testing"')
    writeFileSync(join(folder, "user.ts"), `${shown}export default inMemory\n`)
    const options = "--noEmit --strict --target es2022 --module nodenext --moduleResolution nodenext --skipLibCheck"
    const tsc = join(root, "node_modules/typescript/bin/tsc")
    execFileSync(process.execPath, [tsc, ...options.split(" "), "user.ts"], { cwd: folder, stdio: "inherit" })
  })
})

describe.each(["own", "image"])("on the %s Node", (which) => {
  it("says how to use it", () => {
    expect(acko(which, "--help")).toContain("operator")
    expect(acko(which, "operator", "--help")).toContain("--lease-duration")
  })

  it("both libraries can be imported, with one effect between them and their user", () => {
    const program = `import { Operator } from "acko"; import { EmbeddedWorld } from "acko/testing"
      import * as Layer from "effect/Layer"
      if (!Layer.isLayer(Operator.layer) || typeof EmbeddedWorld.layerWorld !== "function") process.exit(3)`
    writeFileSync(join(installed.folder, "user.mjs"), program)
    execFileSync(nodeOf(which).path, ["user.mjs"], { cwd: installed.folder, stdio: "inherit" })
  })

  it("the sandbox and the operator run from there until a cluster is Completed, and end with 0 when told to", async () => {
    const kubeconfig = join(installed.folder, `kubeconfig-${which}`)
    const sandbox = start(which, "sandbox", "--kubeconfig", kubeconfig, "--net", which === "own" ? "131" : "132")
    await sandbox.until("Ctrl-C ends it.")
    const flags = ["--kubeconfig", kubeconfig, "--health-port", "0", "--log-format", "json"]
    const operator = start(which, "operator", ...flags, "--leader-elect", "--lease-namespace", "default")
    await operator.until('"leads"')
    const client = `import * as clientNode from "@kubernetes/client-node"
      import { readFileSync } from "node:fs"
      const config = new clientNode.KubeConfig()
      config.loadFromFile(process.argv[2])
      const api = config.makeApiClient(clientNode.CustomObjectsApi)
      const place = { group: "acko.io", version: "v1alpha1", namespace: "default", plural: "aerospikeclusters" }
      const sample = clientNode.loadYaml(readFileSync(process.argv[3], "utf8").split(/^---$/m)[0])
      sample.metadata.namespace = "default"
      await api.createNamespacedCustomObject({ ...place, body: sample })
      for (;;) {
        const seen = await api.getNamespacedCustomObject({ ...place, name: sample.metadata.name })
        if (seen.status?.phase === "Completed") break
        await new Promise((resolve) => setTimeout(resolve, 200))
      }`
    writeFileSync(join(installed.folder, "client.mjs"), client)
    const sample = join(installed.folder, "node_modules/acko/manifests/samples/aerospike-cluster-3node.yaml")
    execFileSync(nodeOf(which).path, ["client.mjs", kubeconfig, sample], {
      cwd: installed.folder,
      stdio: "inherit",
      timeout: 120_000,
    })
    expect(await operator.stop()).toBe(0)
    expect(await sandbox.stop()).not.toBeNull()
  })

  it("what it costs", async () => {
    const { path, version } = nodeOf(which)
    const net = which === "own" ? 133 : 134
    const measured = await Effect.runPromise(measure({ node: path, program: installed.program, net, clusters: 100 }))
    figures[version] = measured
    expect(measured.rollOut.pods).toBe(8)
    // Keeps it from growing, and below the limit of the Deployment; less is wanted.
    expect(measured.memoryManyClusters.operatorMb).toBeLessThan(256)
    expect(measured.idleRequestsManyClusters).toBeLessThan(120)
  }, 900_000)
})
