import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { buildProgram, root } from "./program.js"

let directory = ""
let program = ""
const samples = join(root, "manifests/samples")

beforeAll(async () => {
  ;({ directory, program } = await buildProgram())
}, 60_000)
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const validate = (args: ReadonlyArray<string>, input = "") => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "validate", ...args], {
    input,
    encoding: "utf8",
  })
  return { status, stdout, stderr }
}
const file = (name: string, text: string): string => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

const sample = readFileSync(join(samples, "aerospike-cluster-3node.yaml"), "utf8")
const bad = sample.replace("size: 3", "size: 99")

describe("acko validate as a process", () => {
  it("0: every sample is accepted, each as a resource of its own", () => {
    const { status, stdout } = validate(["-f", samples, "-o", "json"])
    expect(status).toBe(0)
    const report = JSON.parse(stdout) as {
      accepted: boolean
      resources: ReadonlyArray<{ file: string; accepted: boolean }>
    }
    expect(report.accepted).toBe(true)
    expect(new Set(report.resources.map((resource) => resource.file))).toEqual(
      new Set(readdirSync(samples).map((name) => join(samples, name))),
    )
  })

  it("1: something is refused; all of it is told", () => {
    const path = file("bad.yaml", bad)
    const { status, stdout } = validate(["-f", path, "-f", join(samples, "demo-8.yaml")])
    expect(status).toBe(1)
    expect(stdout).toContain(`${path}:2: AerospikeCluster aerospike/aerospike-3node: refused`)
    expect(stdout).toContain("value 99")
    expect(stdout).toContain("2 resources: 1 accepted, 1 refused")
  })

  it("2: something cannot be read, even when the rest is fine", () => {
    const broken = file("broken.yaml", "a: [1\n")
    for (const args of [
      ["-f", broken],
      ["-f", samples, broken],
      ["-f", join(directory, "missing.yaml")],
      // Nothing to judge: a wrong directory must not look like a good one.
      ["-f", file("empty.yaml", "# nothing\n---\n")],
      ["-f", join(root, "src/cli")],
      [],
    ]) {
      const { status, stdout } = validate(args)
      expect([args, status]).toEqual([args, 2])
      expect(stdout).toMatch(/^unreadable: .*; fix: ./m)
    }
  })

  it("reads standard input; -o yaml prints what would be stored, findings go to stderr", () => {
    const { status, stdout, stderr } = validate(["-f", "-", "-o", "yaml"], sample)
    expect([status, stderr]).toEqual([0, expect.stringContaining("1 resource: 1 accepted")])
    expect(stdout).toContain("cluster-name: aerospike-3node")
    // What was stored once is stored as it is.
    expect(validate(["-f", "-", "-o", "yaml"], stdout).stdout).toBe(stdout)
    expect(validate(["-o", "json", "--defaulted", "-f", "-"], bad)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining(`"defaulted"`) as string,
    })
  })
})
