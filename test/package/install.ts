/** The package as users get it: packed, and installed into a clean folder without development dependencies. */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

const npm = (cwd: string, ...args: ReadonlyArray<string>): string =>
  execFileSync("npm", [...args, "--no-audit", "--no-fund"], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  })

export interface Installed {
  /** The clean folder. */
  readonly folder: string
  /** The `acko` command in it. */
  readonly program: string
  /** Names of everything in the tarball. */
  readonly packed: ReadonlyArray<string>
  readonly remove: () => void
}

export const installPackage = (): Installed => {
  const folder = mkdtempSync(join(tmpdir(), "acko-package-"))
  const answer: unknown = JSON.parse(npm(root, "pack", "--json", "--silent", "--pack-destination", folder))
  const [tarball] = answer as ReadonlyArray<{ filename: string; files: ReadonlyArray<{ path: string }> }>
  if (tarball === undefined) throw new Error("npm pack made nothing")
  const user = join(folder, "user")
  mkdirSync(user)
  writeFileSync(join(user, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }))
  npm(user, "install", "--omit=dev", "--ignore-scripts", join(folder, tarball.filename))
  return {
    folder: user,
    program: join(user, "node_modules/acko/dist/acko.js"),
    packed: tarball.files.map(({ path }) => path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export interface NodeBinary {
  readonly version: string
  readonly path: string
}

/** Node of a release line, from its npm package for this platform; kept in `.cache`. */
export const fetchNode = (line: string): NodeBinary => {
  const place = join(root, ".cache", `node-${line}`)
  const name = `node-${process.platform}-${process.arch}`
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, "package.json"), JSON.stringify({ name: "nodes", private: true }))
  npm(place, "install", "--prefer-offline", "--ignore-scripts", `${name}@${line}`)
  const { version } = JSON.parse(readFileSync(join(place, "node_modules", name, "package.json"), "utf8")) as {
    version: string
  }
  return { version, path: join(place, "node_modules", name, "bin/node") }
}

/** This very Node. */
export const ownNode: NodeBinary = { version: process.versions.node, path: process.execPath }
