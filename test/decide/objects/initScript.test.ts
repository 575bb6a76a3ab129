import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { initScript } from "../../../src/decide/objects/initScript.js"

let root = ""
const path = (...parts: ReadonlyArray<string>) => join(root, ...parts)
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "acko-init-"))
  for (const directory of ["source", "target", "data"]) mkdirSync(path(directory))
  writeFileSync(path("script.sh"), initScript)
  writeFileSync(path("source", "aerospike.conf"), "access-address MY_POD_IP\nnode-id MY_POD_NAME MY_NODE_IP\n")
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const addresses = { POD_IP: "10.0.0.7", POD_NAME: "demo-0-0", NODE_IP: "fe80::1%eth0" }
/** Runs the real script with a real `sh`. */
const run = (args: ReadonlyArray<string> = [], env: Readonly<Record<string, string>> = addresses) => {
  const { status, stdout, stderr } = spawnSync("sh", [path("script.sh"), ...args], {
    encoding: "utf8",
    cwd: root,
    env: { PATH: process.env["PATH"] ?? "", CONFIG_SOURCE: path("source"), CONFIG_TARGET: path("target"), ...env },
  })
  return { status, output: stdout + stderr }
}
/** A data file as the server leaves it: the magic number, little-endian, then records. */
const aerospikeFile = Buffer.concat([
  Buffer.from([0x22, 0x03, 0x73, 0x75, 0x72, 0x74, 0x49, 0x43]),
  Buffer.alloc(4096, 7),
])

describe("init script", () => {
  it("fills in the addresses", () => {
    expect(run()).toEqual({ status: 0, output: "" })
    expect(readFileSync(path("target", "aerospike.conf"), "utf8")).toBe(
      "access-address 10.0.0.7\nnode-id demo-0-0 fe80::1%eth0\n",
    )
  })

  it("fails without configuration, or when an address it needs is unknown", () => {
    expect(run([], { POD_IP: "10.0.0.7", POD_NAME: "demo-0-0" }).status).toBe(1)
    rmSync(path("source", "aerospike.conf"))
    expect(run().output).toContain("no aerospike.conf")
  })

  it.each(["10.0.0.1|g; e touch canary", "$(touch canary)", "`touch canary`", "a\nb", "a&b", "a/b"])(
    "R122: refuses %j as an address",
    (value) => {
      expect(run([], { ...addresses, POD_IP: value }).status).toBe(1)
      expect(readdirSync(root)).not.toContain("canary")
    },
  )

  it("B13, W70: deletes foreign files once, and never again", () => {
    writeFileSync(path("data", "old file"), "x")
    mkdirSync(path("data", "dir"))
    mkdirSync(path("data", "lost+found"))
    expect(run(["deleteFiles", "data", path("data")]).status).toBe(0)
    expect(readdirSync(path("data"))).toEqual([".acko-initialized-data", "lost+found"])
    writeFileSync(path("data", "new"), "x")
    expect(run(["deleteFiles", "data", path("data")]).output).toContain("initialised already")
    expect(readdirSync(path("data"))).toContain("new")
  })

  it("W70: keeps Aerospike data even without a marker, as after a take-over", () => {
    mkdirSync(path("data", "ns"))
    writeFileSync(path("data", "ns", "test.dat"), aerospikeFile)
    expect(run(["deleteFiles", "data", path("data")]).output).toContain("are kept")
    expect(readFileSync(path("data", "ns", "test.dat"))).toEqual(aerospikeFile)
  })

  it.each(["dd", "headerCleanup"])("%s erases the start of a foreign device, without changing its size", (method) => {
    writeFileSync(path("device"), Buffer.alloc(2 * 1024 * 1024, 1))
    expect(run([method, "raw", path("device")]).status).toBe(0)
    const content = readFileSync(path("device"))
    expect(content.length).toBe(2 * 1024 * 1024)
    expect(content.indexOf(1)).toBe(method === "dd" ? 1024 * 1024 : 4096)
  })

  it.each(["dd", "headerCleanup", "blkdiscard"])("W70: %s never touches a device with Aerospike data", (method) => {
    writeFileSync(path("device"), aerospikeFile)
    expect(run([method, "raw", path("device")])).toMatchObject({ status: 0 })
    expect(readFileSync(path("device"))).toEqual(aerospikeFile)
  })

  it("makes directories, in order", () => {
    expect(
      run(["mkdir", "work", path("data", "work", "smd"), "mkdir", "work", path("data", "work", "lua")]).status,
    ).toBe(0)
    expect(readdirSync(path("data", "work"))).toEqual(["lua", "smd"])
  })

  it("fails when a volume is not attached or arguments are missing", () => {
    expect(run(["dd", "raw", path("absent")]).output).toContain("not attached")
    expect(run(["dd", "raw"]).status).toBe(1)
  })

  it.each([
    "$(touch canary)",
    "`touch canary`",
    "'; touch canary; '",
    '"; touch canary; "',
    "-rf",
    "a b",
    "*",
    "a,b:c",
    "a\nb",
  ])("R122: a directory called %j is a directory and nothing else", (name) => {
    mkdirSync(path(name))
    writeFileSync(path(name, "x"), "")
    expect(run(["deleteFiles", "data", path(name)]).status).toBe(0)
    expect(readdirSync(path(name))).toEqual([".acko-initialized-data"])
    expect(readdirSync(root)).not.toContain("canary")
    expect(readdirSync(root)).toContain("script.sh")
  })
})
