/** One control plane for all files of a run; tests get at it with `inject("controlPlane")`. The operator is built as it ships. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"
import { makeControlPlane, type ControlPlane } from "./controlplane/ControlPlane.js"

declare module "vitest" {
  interface ProvidedContext {
    readonly controlPlane: ControlPlane
  }
}

const root = fileURLToPath(new URL("../..", import.meta.url))

export default async (project: TestProject): Promise<() => Promise<void>> => {
  execFileSync(process.execPath, ["esbuild.config.js", "acko", "clientViewWorker"], { cwd: root, stdio: "inherit" })
  const scope = await Effect.runPromise(Scope.make())
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  try {
    project.provide(
      "controlPlane",
      await makeControlPlane.pipe(
        Effect.provide(NodeContext.layer),
        Effect.provideService(Scope.Scope, scope),
        Effect.runPromise,
      ),
    )
  } catch (error) {
    await close()
    throw error
  }
  return close
}
