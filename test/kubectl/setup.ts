/** Before all: kubectl is there, and the operator is built as it ships. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { kubectlMinor } from "./kubectl.js"

const root = fileURLToPath(new URL("../..", import.meta.url))

export default (): void => {
  kubectlMinor()
  execFileSync(process.execPath, ["esbuild.config.js", "acko", "clientViewWorker"], { cwd: root, stdio: "inherit" })
}
