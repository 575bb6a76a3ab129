// Bundles the shipped process: half the memory and a quarter of the start-up time of loose modules. Declarations come from tsc.
import { build } from "esbuild"
import { existsSync, readFileSync } from "node:fs"

const { version } = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8"))

/** Output name → source. Development entries exist only in a checkout. */
const entries = {
  acko: "src/cli/main.ts",
  main: "src/main.ts",
  index: "src/index.ts",
  testing: "src/testing/index.ts",
  clientViewWorker: "src/aerospike/clientViewWorker.ts",
  bench: "test/bench/main.ts",
  formerOperator: "test/bench/formerOperator.ts",
  formerOperator: "test/bench/formerOperator.ts",
  sim: "test/sim/main.ts",
}

/** `node esbuild.config.js sim bench` builds only those. */
const only = process.argv.slice(2)

await build({
  entryPoints: Object.fromEntries(
    Object.entries(entries).filter(([name, file]) => existsSync(file) && (only.length === 0 || only.includes(name))),
  ),
  outdir: "dist",
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "linked",
  logLevel: "warning",
  // The addon finds its binary beside itself; the client library is loaded only where a kubeconfig needs it.
  external: ["aerospike", "@kubernetes/client-node"],
  define: { "process.env.ACKO_VERSION": JSON.stringify(version) },
  banner: { js: "import{createRequire as ackoRequire}from'node:module';const require=ackoRequire(import.meta.url);" },
})
