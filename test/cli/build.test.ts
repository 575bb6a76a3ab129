import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))
const folders: Array<string> = []

/** Builds the operator from a folder of its own, as a checkout elsewhere would. */
const build = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "acko-build-"))
  folders.push(folder)
  for (const name of ["esbuild.config.js", "package.json", "tsconfig.json", "src"])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  execFileSync(process.execPath, ["esbuild.config.js", "acko", "clientViewWorker"], { cwd: folder })
  return join(folder, "dist")
}

/** Name and content of every file. */
const digests = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder)
    .sort()
    .map(
      (name) =>
        `${name} ${createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex")}`,
    )

describe("R136: the build", () => {
  let dist: string
  beforeAll(() => void (dist = build()), 60_000)
  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

  it("two of them, in different places, are the same to the bit", () => {
    const first = digests(dist)
    expect(first.length).toBeGreaterThan(2)
    expect(digests(build())).toEqual(first)
  }, 60_000)

  it("every package in the lockfile is held to its content", () => {
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly link?: boolean }>>
    }
    const installed = Object.entries(packages).filter(([path]) => path !== "")
    expect(installed.length).toBeGreaterThan(100)
    expect(installed.filter(([, { integrity = "" }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity))).toEqual([])
  })

  it("no part of the program is made from text while it runs, and the image sees to it", () => {
    const flag = "--disallow-code-generation-from-strings"
    const run = (...args: ReadonlyArray<string>) =>
      execFileSync(process.execPath, [flag, join(dist, "acko.js"), ...args], { encoding: "utf8" })
    expect(run("operator", "--help")).toContain("--webhook-drain")
    expect(run("manifests", "--only", "monitoring")).toContain("AerospikeReconcileStale")
    expect(run("validate", "-f", join(root, "manifests/samples/aerospike-cluster-3node.yaml"))).toContain("accepted")
    expect(() =>
      execFileSync(process.execPath, [flag, "-e", 'new Function("return 1")()'], { stdio: "pipe" }),
    ).toThrow()
    expect(readFileSync(join(root, "Dockerfile"), "utf8")).toContain(
      `ENTRYPOINT ["node", "${flag}", "/app/dist/acko.js"]`,
    )
  }, 60_000)
})
