/** `acko sandbox`: an embedded control plane on loopback that stays up until it is interrupted. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { fileURLToPath } from "node:url"
import { readManifests } from "../sandbox/definitions.js"
import { controlMap, hostAnnotation } from "../sandbox/RemoteControl.js"
import { makeSandbox, type Sandbox } from "../sandbox/Sandbox.js"

/** The definitions that come with this build, seen from `src/cli` and from the bundle in `dist`. */
const shippedDefinitions = ["../../manifests/crd", "../manifests/crd"].map((place) =>
  fileURLToPath(new URL(place, import.meta.url)),
)

const port = Options.integer("port").pipe(
  Options.withDefault(0),
  Options.withDescription("Port of the API server on 127.0.0.1; default: any free one"),
)
const hosts = Options.integer("hosts").pipe(
  Options.withDefault(9),
  Options.withDescription("How many hosts (Kubernetes nodes) there are"),
)
const kubeconfig = Options.file("kubeconfig").pipe(
  Options.optional,
  Options.withDescription("Where to write the kubeconfig; default: a temporary file, removed at the end"),
)
const manifests = Options.directory("manifests").pipe(
  Options.optional,
  Options.withDescription("Objects to start with (*.yaml); default: the CustomResourceDefinitions of this build"),
)
const podStartMs = Options.integer("pod-start-ms").pipe(
  Options.withDefault(500),
  Options.withDescription("Time from scheduling to process start"),
)
const net = Options.integer("net").pipe(
  Options.withDefault(55),
  Options.withDescription("Pods live at 127.<net>.x.y; two sandboxes on one machine need different nets"),
)

/** What people need to know to use it. */
export const guide = ({ api, kubeconfig: path }: Pick<Sandbox, "api" | "kubeconfig">): string => {
  const control = `kubectl -n ${controlMap.namespace} create configmap ${controlMap.name}`
  return [
    `API server   ${api.url}`,
    `kubeconfig   ${path}`,
    "",
    `  export KUBECONFIG=${path}`,
    "  kubectl get nodes,pods",
    "  acko operator",
    "",
    "Pods are reachable at their IPs, Aerospike on port 3000. To break things:",
    `  ${control} --from-literal=podStartMs=2000 --from-literal=apiOutageMs=10000`,
    `  kubectl annotate node sandbox-host-0 ${hostAnnotation}=lost    # or dark; ${hostAnnotation}- brings it back`,
    "  kubectl annotate pod <pod> sim.acko.io/fault=hang              # slow:250, crash:1, freeze …",
    "",
    "Ctrl-C ends it.",
  ].join("\n")
}

export const sandboxCommand = Command.make(
  "sandbox",
  { port, hosts, kubeconfig, manifests, podStartMs, net },
  (flags) =>
    Effect.scoped(
      Effect.gen(function* () {
        const places = Option.match(flags.manifests, { onNone: () => shippedDefinitions, onSome: (place) => [place] })
        const objects = (yield* Effect.forEach(places, readManifests)).find((found) => found.length > 0) ?? []
        const sandbox = yield* makeSandbox({
          objects,
          port: flags.port,
          hosts: flags.hosts,
          net: flags.net,
          settings: { podStartMs: flags.podStartMs },
          ...(Option.isSome(flags.kubeconfig) && { kubeconfig: flags.kubeconfig.value }),
        })
        yield* Console.log(guide(sandbox))
        return yield* Effect.never
      }),
    ),
).pipe(Command.withDescription("Run an embedded Kubernetes with simulated Aerospike nodes on loopback"))
