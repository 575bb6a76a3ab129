/** A sandbox and, as a process of its own, the operator: what somebody has who follows the README. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { chmodSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type OperatorChild, startOperator } from "../../src/cli/demo/operatorChild.js"
import { writeKubeconfig } from "../../src/sandbox/http/kubeconfig.js"
import { makeSandbox, type Sandbox } from "../../src/sandbox/Sandbox.js"
import { type Kubectl, makeKubectl } from "./kubectl.js"

export const root = fileURLToPath(new URL("../..", import.meta.url))
export const program = join(root, "dist/acko.js")
const operatorUser = "acko-operator"

export interface World extends Kubectl {
  readonly sandbox: Sandbox
  /** Starts the operator; it ends with the world. */
  readonly startOperator: () => Promise<OperatorChild>
  /** `kubectl edit` with an editor that applies a `sed` script. */
  readonly edit: (line: string, script: string) => Promise<string>
  readonly close: () => Promise<void>
}

/** `net`: see `SandboxOptions`. Without the definitions of our kinds: they are applied like everything else. */
export const makeWorld = async (net: number): Promise<World> => {
  const scope = await Effect.runPromise(Scope.make())
  const inScope = <A, E>(effect: Effect.Effect<A, E, Scope.Scope | NodeContext.NodeContext>): Promise<A> =>
    effect.pipe(Effect.provide(NodeContext.layer), Effect.provideService(Scope.Scope, scope), Effect.runPromise)
  const sandbox = await inScope(
    makeSandbox({ users: [operatorUser], net, settings: { podStartMs: 200, probePeriodMs: 1_000 } }),
  )
  const folder = dirname(sandbox.kubeconfig)
  const kubectl = makeKubectl(sandbox.kubeconfig)
  return {
    ...kubectl,
    sandbox,
    startOperator: async () => {
      const kubeconfig = join(folder, "operator.yaml")
      const { url: server, certificate } = sandbox.api
      const token = sandbox.tokens[operatorUser] ?? ""
      await inScope(writeKubeconfig(kubeconfig, { server, certificate, token }))
      // As in the image (R136).
      const environment = { NODE_OPTIONS: "--disallow-code-generation-from-strings" }
      const operator = await inScope(startOperator(kubeconfig, { program, environment }))
      await inScope(
        Effect.raceFirst(
          Effect.repeat(Effect.delay(operator.modes, "50 millis"), {
            until: (modes) => modes.length > 0 && modes.every(({ mode }) => mode === "watching" || mode === "absent"),
          }),
          operator.ended,
        ),
      )
      return operator
    },
    edit: async (line, script) => {
      const editor = join(folder, "editor.sh")
      writeFileSync(editor, `#!/bin/sh\nexec sed -i '${script}' "$1"\n`)
      chmodSync(editor, 0o700)
      const { out, err } = await kubectl.attempt(["edit", ...line.split(" ")], { env: { EDITOR: editor } })
      if (out === "") throw new Error(`kubectl edit ${line}: ${err}`)
      return out
    },
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  }
}
