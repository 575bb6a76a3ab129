/** Every command the README shows, so that none can be wrong or forgotten: those after a `$`, and those of the table of commands. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./world.js"

/** In the order of the text, without comments; `a && b` are two. */
export const readmeCommands = (text = readFileSync(join(root, "README.md"), "utf8")): ReadonlyArray<string> =>
  text.split("\n").flatMap((line) => {
    const [, prompted] = /^\$ (.+)$/.exec(line) ?? []
    const [, listed] = /^\| `([^`]+)` +\|/.exec(line) ?? []
    const commands = (prompted ?? listed ?? "").replace(/\s+#.*$/, "").split("&&")
    return commands.map((command) => command.trim()).filter((command) => command !== "")
  })

/** Those of `kubectl`, without its name. */
export const kubectlCommands = (commands = readmeCommands()): ReadonlyArray<string> =>
  commands.filter((command) => command.startsWith("kubectl ")).map((command) => command.slice("kubectl ".length))
