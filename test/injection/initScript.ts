/** Runs the real init script with a real `sh` on everything that reaches it, in one process: nothing of it may be run, and no other file may change. */
import { spawnSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { initScript } from "../../src/decide/objects/initScript.js"

/** What the script calls, and nothing else is found. */
const tools = ["cat", "dd", "find", "grep", "mkdir", "rm", "sed", "tr"]
/** What hostile text would like to call: leaves a trace when it is. */
const traps = ["touch", "reboot", "sh", "bash", "curl", "chmod", "e"]

const linkTools = (bin: string, trace: string): void => {
  for (const tool of tools) {
    const found = ["/bin", "/usr/bin"].map((folder) => join(folder, tool)).find((path) => existsSync(path))
    if (found === undefined) throw new Error(`${tool} is not installed`)
    symlinkSync(found, join(bin, tool))
  }
  for (const trap of traps) writeFileSync(join(bin, trap), `#!/bin/sh\n: >'${trace}'\n`, { mode: 0o755 })
}

const addresses = { POD_IP: "10.0.0.7", POD_NAME: "demo-0-0", NODE_IP: "10.1.0.1" }

/** The file as it must look afterwards. */
const filledIn = (text: string): string =>
  text
    .replaceAll("MY_POD_IP", addresses.POD_IP)
    .replaceAll("MY_POD_NAME", addresses.POD_NAME)
    .replaceAll("MY_NODE_IP", addresses.NODE_IP)

/** Action, volume, path. */
export type InitAction = readonly [action: string, volume: string, path: string]

/** Lines of configuration files and arguments of the init container that the operator made. Says what went wrong. */
export const initScriptFaults = (
  lines: ReadonlySet<string>,
  actions: ReadonlyArray<InitAction>,
): ReadonlyArray<string> => {
  const root = mkdtempSync(join(tmpdir(), "acko-injection-"))
  try {
    const [bin, source, target, trace] = ["bin", "source", "target", "trace"].map((name) => join(root, name))
    if (bin === undefined || source === undefined || target === undefined || trace === undefined) return []
    for (const folder of [bin, source, target]) mkdirSync(folder)
    linkTools(bin, trace)
    const text = [...lines].map((line) => `${line}\n`).join("")
    writeFileSync(join(source, "aerospike.conf"), text)
    writeFileSync(join(root, "script"), initScript)
    const moved = actions.map(([action, volume, path], index) => {
      const directory = join(root, "volumes", String(index)) + path
      if (action !== "mkdir") {
        mkdirSync(directory, { recursive: true })
        writeFileSync(join(directory, "old"), "")
      }
      return { action, volume, directory }
    })
    const before = readdirSync(root)
    const { status, stderr } = spawnSync(
      "/bin/sh",
      [join(root, "script"), ...moved.flatMap(({ action, volume, directory }) => [action, volume, directory])],
      {
        cwd: root,
        encoding: "utf8",
        env: { PATH: bin, CONFIG_SOURCE: source, CONFIG_TARGET: target, ...addresses },
        maxBuffer: 64 * 1024 * 1024,
      },
    )
    return [
      ...(status === 0 ? [] : [`the script ended with ${status}: ${stderr.slice(0, 500)}`]),
      ...(readFileSync(join(target, "aerospike.conf"), "utf8") === filledIn(text) ? [] : ["the file was changed"]),
      ...(JSON.stringify(readdirSync(root)) === JSON.stringify(before) ? [] : ["something was run"]),
      ...moved.flatMap(({ action, volume, directory }) => {
        const content = existsSync(directory) ? readdirSync(directory) : ["it is missing"]
        const expected = action === "mkdir" ? [] : [`.acko-initialized-${volume}`]
        return JSON.stringify(content) === JSON.stringify(expected) ? [] : [`${directory} holds ${content.join(", ")}`]
      }),
    ]
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
