/** The `acko` command as users have it: bundled, and run as a process. */
import { build } from "esbuild"
import { mkdtempSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

/** Bundles it into a new directory, which the caller removes. It is inside the checkout, so that what is not bundled is found. */
export const buildProgram = async (): Promise<{ readonly directory: string; readonly program: string }> => {
  const directory = mkdtempSync(join(root, "node_modules", ".acko-process-"))
  const program = join(directory, "acko.mjs")
  await build({
    entryPoints: [join(root, "src/cli/main.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
    external: ["aerospike"],
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
  })
  return { directory, program }
}
