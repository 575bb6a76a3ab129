/** A real control plane with machines, people with `kubectl`, and operators as processes with the rights of the manifests. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { inject } from "vitest"
import { type OperatorChild, startOperator } from "../../src/cli/demo/operatorChild.js"
import { layerStatic } from "../../src/kube/KubeAccess.js"
import { KubeReader, KubeWriter } from "../../src/kube/KubeClient.js"
import * as KubeTransport from "../../src/kube/KubeTransport.js"
import { writeKubeconfig } from "../../src/sandbox/http/kubeconfig.js"
import { type Kubectl, makeKubectl } from "../kubectl/kubectl.js"
import { type Cluster, makeCluster } from "./Cluster.js"
import type { ControlPlane } from "./controlplane/ControlPlane.js"
import { type Credential, install, type Installation, issueToken, type Mode } from "./Installation.js"
import { type Machines, makeMachines } from "./machines.js"

export const root = fileURLToPath(new URL("../..", import.meta.url))
const program = join(root, "dist/acko.js")

export interface Operator extends OperatorChild {
  /** Tells its requests from those of other processes in the audit log. */
  readonly credential: Credential
  /** SIGTERM, and waits for the end. */
  readonly stop: () => Promise<void>
  /** SIGKILL, and waits for the end. */
  readonly kill: () => Promise<void>
  readonly signal: (name: "SIGSTOP" | "SIGCONT") => void
}

export interface OperatorStart {
  readonly leaderElect?: boolean
  /** Another way to the API server, such as a proxy. */
  readonly server?: string
  readonly pollInterval?: string
  /** More of its command line. */
  readonly arguments?: ReadonlyArray<string>
}

export interface World extends Kubectl {
  readonly plane: ControlPlane
  readonly machines: Machines
  /** A client of the administrator. */
  readonly reader: KubeReader["Type"]
  readonly writer: KubeWriter["Type"]
  /** A namespace that enforces Pod Security `restricted`; it goes with the world. */
  readonly makeNamespace: (name: string) => Promise<void>
  readonly install: (namespace: string, mode?: Mode) => Promise<Installation>
  /** Returns when it watches everything (a standby does, too); it ends with the world at the latest. */
  readonly startOperator: (installation: Installation, options?: OperatorStart) => Promise<Operator>
  /** Looks at one cluster, from now on. */
  readonly cluster: (namespace: string, name: string) => Promise<Cluster>
  readonly inScope: <A, E>(effect: Effect.Effect<A, E, Scope.Scope | NodeContext.NodeContext>) => Promise<A>
  readonly close: () => Promise<void>
}

const isWatching = (modes: ReadonlyArray<{ readonly mode: string }>): boolean =>
  modes.length > 0 && modes.every(({ mode }) => mode === "watching" || mode === "absent")

const establishment = '{.items[*].status.conditions[?(@.type=="Established")].status}'

/** As a user would; returns when both kinds are served. Not by `kubectl wait`: old ones fail at a definition without any condition yet. */
export const applyDefinitions = async (kubectl: Kubectl): Promise<void> => {
  await kubectl.run(`apply -f ${root}manifests/crd`)
  await kubectl.until(
    `get crd aerospikeclusters.acko.io aerospikeclustertemplates.acko.io -o jsonpath=${establishment}`,
    (out) => out === "True True",
  )
}

/** The definitions are applied as a user would; everything else is up to the test. */
export const makeWorld = async (): Promise<World> => {
  const plane = inject("controlPlane")
  const scope = await Effect.runPromise(Scope.make())
  const inScope = <A, E>(effect: Effect.Effect<A, E, Scope.Scope | NodeContext.NodeContext>): Promise<A> =>
    effect.pipe(Effect.provide(NodeContext.layer), Effect.provideService(Scope.Scope, scope), Effect.runPromise)
  const kubectl = makeKubectl(plane.kubeconfig)
  const access = layerStatic({ baseUrl: plane.server, ca: plane.certificate, token: plane.tokens.admin })
  const admin = await inScope(Layer.build(Layer.provide(KubeTransport.layer({ userAgent: "administrator" }), access)))
  const [reader, writer] = [Context.get(admin, KubeReader), Context.get(admin, KubeWriter)]
  await applyDefinitions(kubectl)
  const machines = await inScope(makeMachines(plane))
  const namespaces: Array<string> = []
  let started = 0

  return {
    ...kubectl,
    plane,
    machines,
    reader,
    writer,
    inScope,
    makeNamespace: async (name) => {
      namespaces.push(name)
      await kubectl.run(`create namespace ${name}`)
      await kubectl.run(`label namespace ${name} pod-security.kubernetes.io/enforce=restricted`)
    },
    install: (namespace, mode = {}) => install(kubectl, namespace, mode),
    startOperator: async (installation, options = {}) => {
      const credential = await issueToken(plane, installation)
      const kubeconfig = join(dirname(plane.kubeconfig), `operator-${process.pid}-${started++}.yaml`)
      await inScope(
        writeKubeconfig(kubeconfig, {
          server: options.server ?? plane.server,
          certificate: plane.certificate,
          token: credential.token,
          namespace: installation.namespace,
        }),
      )
      const own = await Effect.runPromise(Scope.fork(scope, ExecutionStrategy.sequential))
      const operator = await startOperator(kubeconfig, {
        program,
        arguments: [
          "operator",
          ...(installation.watchNamespaces.length > 0
            ? ["--watch-namespaces", installation.watchNamespaces.join(",")]
            : []),
          ...(options.leaderElect === true ? ["--leader-elect"] : []),
          ...(options.arguments ?? []),
        ],
        logLevel: "info",
        ...(options.pollInterval !== undefined && { pollInterval: options.pollInterval }),
      }).pipe(Effect.provideService(Scope.Scope, own), Effect.runPromise)
      await writeFile(kubeconfig.replace(/yaml$/, "pid"), String(operator.pid))
      await Effect.runPromise(
        Effect.raceFirst(
          Effect.repeat(Effect.delay(operator.modes, "50 millis"), { until: isWatching }),
          operator.ended,
        ),
      )
      const stop = async () => {
        await Effect.runPromise(Scope.close(own, Exit.void))
        await rm(kubeconfig.replace(/yaml$/, "pid"), { force: true })
      }
      return {
        ...operator,
        credential,
        stop,
        kill: async () => {
          process.kill(operator.pid, "SIGKILL")
          await Effect.runPromise(Effect.flip(operator.ended))
          await stop()
        },
        signal: (name) => void process.kill(operator.pid, name),
      }
    },
    cluster: (namespace, name) => inScope(makeCluster({ reader, machines }, namespace, name)),
    close: async () => {
      // With whatever operators still run: a finalizer needs one.
      for (const namespace of namespaces) await removeNamespace(kubectl, namespace)
      await Effect.runPromise(Scope.close(scope, Exit.void))
    },
  }
}

/** Also when a test failed half-way and nobody is left to release what it made. */
const removeNamespace = async (kubectl: Kubectl, name: string): Promise<void> => {
  await kubectl.attempt(["delete", "asc", "--all", "-n", name, "--timeout=10s"])
  const left = (await kubectl.run(`get asc -n ${name} -o name`)).split("\n").filter(Boolean)
  for (const cluster of left)
    await kubectl.run(`patch ${cluster} -n ${name} --type=merge -p {"metadata":{"finalizers":null}}`)
  await kubectl.run(`delete namespace ${name} --timeout=60s`)
}
