/** kubectl as a test runs it: the binary of `KUBECTL`, else the one on the PATH. */
import { execFileSync, spawn } from "node:child_process"
import { mkdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

export const binary = process.env["KUBECTL"] ?? "kubectl"

/** The minor version of the binary. Throws when there is none. */
export const kubectlMinor = (): number => {
  try {
    const text = execFileSync(binary, ["version", "--client", "-o", "json"], { encoding: "utf8" })
    const { clientVersion } = JSON.parse(text) as { readonly clientVersion: { readonly minor: string } }
    return Number.parseInt(clientVersion.minor, 10)
  } catch (cause) {
    throw new Error(`no kubectl: ${binary} does not run. Install it, or say with KUBECTL where it is`, { cause })
  }
}

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Kubectl {
  /** Runs it to its end; `input` goes to its standard input. */
  readonly attempt: (
    args: ReadonlyArray<string>,
    options?: { readonly input?: string; readonly env?: Record<string, string>; readonly millis?: number },
  ) => Promise<Outcome>
  /** Runs a line of words without spaces in them and expects success; what it printed. */
  readonly run: (line: string, input?: string) => Promise<string>
  /** As `run`, decoded. */
  readonly json: <A>(line: string) => Promise<A>
  /** Runs a line again and again until what it prints satisfies; at most 60 s. */
  readonly until: (line: string, isDone: (out: string) => boolean) => Promise<string>
  /** Starts a line that goes on until it is stopped. */
  readonly follow: (line: string) => Following
}

/** A command that goes on: `get -w`. */
export interface Following {
  /** Waits until what was printed so far satisfies; at most 60 s. */
  readonly until: (isDone: (out: string) => boolean) => Promise<void>
  readonly stop: () => Promise<void>
}

const patienceMs = 60_000

const patiently = async (what: string, look: () => Promise<string>, isDone: (out: string) => boolean) => {
  const end = Date.now() + patienceMs
  for (;;) {
    const out = await look()
    if (isDone(out)) return out
    if (Date.now() > end) throw new Error(`kubectl ${what} never showed it:\n${out}`)
    await sleep(100)
  }
}

/** kubectl with a kubeconfig; its caches lie beside it. */
export const makeKubectl = (kubeconfig: string): Kubectl => {
  const home = join(dirname(kubeconfig), "home")
  mkdirSync(home, { recursive: true })
  const env = { PATH: process.env["PATH"], KUBECONFIG: kubeconfig, HOME: home }
  const attempt: Kubectl["attempt"] = (args, { input = "", env: more = {}, millis = patienceMs } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(binary, [...args], {
        env: { ...env, ...more },
        timeout: millis,
      })
      let out = ""
      let err = ""
      child.stdout.on("data", (chunk) => (out += String(chunk)))
      child.stderr.on("data", (chunk) => (err += String(chunk)))
      child.on("error", reject)
      child.on("close", (code) => resolve({ code: code ?? -1, out: out.trim(), err: err.trim() }))
      // A command that reads nothing may have closed its input already.
      child.stdin.on("error", () => undefined)
      child.stdin.end(input)
    })
  const run = async (line: string, input = ""): Promise<string> => {
    const { code, out, err } = await attempt(line.split(" "), { input })
    if (code !== 0) throw new Error(`kubectl ${line} ended with ${code}:\n${err}\n${out}`)
    return out
  }
  return {
    attempt,
    run,
    json: async (line) => JSON.parse(await run(`${line} -o json`)) as never,
    until: (line, isDone) => patiently(line, async () => (await attempt(line.split(" "))).out, isDone),
    follow: (line) => {
      const child = spawn(binary, line.split(" "), { env, stdio: ["ignore", "pipe", "inherit"] })
      let out = ""
      child.stdout.on("data", (chunk) => (out += String(chunk)))
      const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
      return {
        until: async (isDone) => void (await patiently(line, () => Promise.resolve(out), isDone)),
        stop: () => {
          child.kill()
          return ended
        },
      }
    },
  }
}
