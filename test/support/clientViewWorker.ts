/** The process with the native client, built as for shipping, for tests that run it. */
import { mkdirSync, mkdtempSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("../../", import.meta.url))

/** A new folder from which `node_modules` is found. The test removes it. */
export const temporaryFolder = (): string => {
  const cache = join(root, "node_modules/.cache")
  mkdirSync(cache, { recursive: true })
  return mkdtempSync(join(cache, "client-view-"))
}

/** Path of the built worker in `folder`. */
export const buildClientViewWorker = async (folder: string): Promise<string> => {
  const outfile = join(folder, "clientViewWorker.mjs")
  await build({
    entryPoints: [join(root, "src/aerospike/clientViewWorker.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["aerospike"],
    logLevel: "error",
  })
  return outfile
}
