/** The `acko` command as a process, while this one serves the sandbox. */
import { spawn } from "node:child_process"
import { program } from "./world.js"

export interface Said {
  readonly code: number | null
  readonly out: string
}

/** Runs it to its end; what it says on stderr is part of the failure when there is nothing on stdout. */
export const acko = (args: ReadonlyArray<string>, kubeconfig: string, input: string): Promise<Said> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, KUBECONFIG: kubeconfig } })
    let out = ""
    let err = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, out: out === "" ? err : out }))
    child.stdin.end(input)
  })
