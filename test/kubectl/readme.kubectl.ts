/** The README by heart: every command it shows is carried out, in its order. One that nobody here knows fails the suite. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { kubectlCommands, readmeCommands } from "./readmeCommands.js"
import { makeWorld, root, type World } from "./world.js"

let world: World
const home = mkdtempSync(join(tmpdir(), "acko-readme-"))
const children = new Set<ChildProcess>()

beforeAll(async () => {
  world = await makeWorld(86)
  mkdirSync(join(home, ".kube"))
  copyFileSync(world.sandbox.kubeconfig, join(home, ".kube/config"))
})
afterAll(async () => {
  await Promise.all([...children].map(stop))
  await world.close()
  rmSync(home, { recursive: true, force: true })
})

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once("exit", resolve))
  child.kill("SIGTERM")
  await ended
}

/** As a shell would: the home directory, words. */
const words = (command: string): ReadonlyArray<string> => command.replaceAll("~", home).split(/\s+/)

const run = (command: string): string => {
  const [program = "", ...args] = words(command)
  return execFileSync(program, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
}

/** Starts what stays up and waits until it says `ready`. */
const keep = async (command: string, ready: string): Promise<void> => {
  const [program = "", ...args] = words(command)
  const child = spawn(program, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOME: home },
  })
  children.add(child)
  let heard = ""
  child.stdout.on("data", (chunk) => (heard += String(chunk)))
  child.stderr.on("data", (chunk) => (heard += String(chunk)))
  while (!heard.includes(ready)) {
    if (child.exitCode !== null) throw new Error(`${command} ended:\n${heard}`)
    await sleep(50)
  }
}

/** Steps of the pipeline, which runs them anyway: too long to be run twice. */
const pipeline = readFileSync(join(root, ".ci/run"), "utf8")
const isStep = (command: string): boolean => {
  const [words = ""] = command.split(" --")
  return new RegExp(`^(step|.* env ).*\\b${words}\\b`, "m").test(pipeline)
}

/** The first that matches carries a command out. */
const runners: ReadonlyArray<{ readonly of: RegExp; readonly run: (command: string) => unknown }> = [
  { of: /^npm run (build|generate|catalogue)$/, run },
  // Needs a control plane, which a machine for these tests need not have: that there are such tests.
  { of: /^npm run test:e2e$/, run: () => expect(existsSync(join(root, "vitest.e2e.config.ts"))).toBe(true) },
  { of: /^npm (ci|start|test|run [\w:]+( -- .*)?)$/, run: (command) => expect(isStep(command), command).toBe(true) },
  { of: /^node dist\/acko\.js sandbox$/, run: (command) => keep(command, "Ctrl-C ends it.") },
  { of: /^node dist\/acko\.js operator /, run: (command) => keep(command, '"to":"watching"') },
  { of: /^node dist\/acko\.js /, run },
  {
    of: /^kubectl /,
    run: async (command) => {
      const { code, err } = await world.attempt(words(command).slice(1))
      // The sandbox has some namespaces from the start.
      if (!/already exists/.test(err)) expect([command, code, err]).toEqual([command, 0, err])
    },
  },
]

describe("the README", () => {
  const commands = readmeCommands()

  it("shows commands, kubectl's among them", () => {
    expect(commands.length).toBeGreaterThan(15)
    expect(kubectlCommands().length).toBeGreaterThan(3)
  })

  it.each(commands.map((command, index) => ({ command, index })))("$index: $command", async ({ command }) => {
    const runner = runners.find(({ of }) => of.test(command))
    if (runner === undefined) throw new Error(`the README shows a command that no test knows: ${command}`)
    await runner.run(command)
  })

  it("what it leads to: a cluster that is there", async () => {
    await world.until("get asc aerospike-3node -n aerospike -o jsonpath={.status.phase}", (out) => out === "Completed")
  })

  it("a command that nobody knows would be found", () => {
    expect(readmeCommands("$ rm -rf x   # no\n| `kubectl dance` | y |\n$ a && b")).toEqual([
      "rm -rf x",
      "kubectl dance",
      "a",
      "b",
    ])
    expect(runners.some(({ of }) => of.test("rm -rf x"))).toBe(false)
  })
})
