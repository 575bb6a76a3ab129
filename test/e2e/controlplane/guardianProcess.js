// Ends the processes of a control plane when whoever started them is gone, however that came about: its standard input closes then.
// argv: the folder of the control plane. Every process in a `*.pid` file there is killed, and the folder removed.
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"

const [folder] = process.argv.slice(2)

const kill = (file) => {
  try {
    process.kill(Number(readFileSync(join(folder, file), "utf8")), "SIGKILL")
  } catch (error) {
    if (error.code !== "ESRCH") throw error
  }
}

process.stdin.resume().on("close", () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".pid"))) kill(file)
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
})
