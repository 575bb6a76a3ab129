// Bundles what runs as a process: half the memory and a quarter of the start-up time of loose modules. The libraries for teams stay loose
// around `effect`, so that there is one `effect` in their process. Declarations come from tsc.
import { build } from "esbuild"
import { existsSync, readFileSync, rmSync } from "node:fs"

const { version } = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8"))

/** Output name → source. Development entries exist only in a checkout. */
const processes = {
  acko: "src/cli/main.ts",
  clientViewWorker: "src/aerospike/clientViewWorker.ts",
  bench: "test/bench/main.ts",
  formerOperator: "test/bench/formerOperator.ts",
  sim: "test/sim/main.ts",
  fuzz: "test/fuzz/main.ts",
}
const libraries = {
  index: "src/index.ts",
  testing: "src/testing/index.ts",
}

/** `node esbuild.config.js sim bench` builds only those. `--clean`: nothing of former builds stays. */
const only = process.argv.slice(2).filter((argument) => argument !== "--clean")
if (process.argv.includes("--clean")) rmSync("dist", { recursive: true, force: true })
const wanted = (entries) =>
  Object.fromEntries(
    Object.entries(entries).filter(([name, file]) => existsSync(file) && (only.length === 0 || only.includes(name))),
  )

/** We read kubeconfigs with `@kubernetes/client-node` and never call its generated API: without it, a process saves 50 MB. */
const withoutGeneratedApi = {
  name: "without-generated-api",
  setup: ({ onLoad }) =>
    onLoad({ filter: /client-node[/\\]dist[/\\]gen[/\\]index\.js$/ }, () => ({
      loader: "js",
      contents: `const left = (name) => { throw new Error(name + " is not part of this bundle") }
export const createConfiguration = () => left("createConfiguration")
export class ServerConfiguration { constructor() { left("ServerConfiguration") } }`,
    })),
}

const bundle = async (entries, options) => {
  const entryPoints = wanted(entries)
  if (Object.keys(entryPoints).length === 0) return
  await build({
    entryPoints,
    outdir: "dist",
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "linked",
    logLevel: "warning",
    define: { "process.env.ACKO_VERSION": JSON.stringify(version) },
    ...options,
  })
}

await bundle(processes, {
  // The addon finds its binary beside itself.
  external: ["aerospike"],
  plugins: [withoutGeneratedApi],
  minifySyntax: true,
  minifyWhitespace: true,
  banner: { js: "import{createRequire as ackoRequire}from'node:module';const require=ackoRequire(import.meta.url);" },
})
await bundle(libraries, { packages: "external", chunkNames: "library-[hash]" })
