/** Nothing outlives the run: also one that is killed, and cannot stop what it started. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

export const guardian = fileURLToPath(new URL("./guardianProcess.js", import.meta.url))

/** Kills the processes of the `*.pid` files in a folder, and removes the folder, if this process ends before the scope closes. */
export const guard = (folder: string): Effect.Effect<ChildProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    // In a session of its own: an interrupt from the keyboard reaches everybody else.
    Effect.sync(() =>
      spawn(process.execPath, [guardian, folder], { stdio: ["pipe", "ignore", "inherit"], detached: true }),
    ),
    (watcher) => Effect.sync(() => void watcher.kill("SIGKILL")),
  )
