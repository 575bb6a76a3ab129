/** What `@kubernetes/client-node` does not do with kubeconfig files: find them through Effect's Config, and honour `tokenFile`. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as path from "node:path"
import { KubeAccessError } from "./Credentials.js"
import { isRecord } from "./kubeStatus.js"

/** The files of `KUBECONFIG`, else `~/.kube/config`. */
export const kubeConfigPaths: Effect.Effect<ReadonlyArray<string>, KubeAccessError> = Effect.gen(function* () {
  const listed = yield* Effect.option(Config.nonEmptyString("KUBECONFIG"))
  const paths = Option.match(listed, {
    onNone: () => [],
    onSome: (text) => text.split(path.delimiter).filter((part) => part !== ""),
  })
  if (paths.length > 0) return paths
  const home = yield* Effect.option(Config.nonEmptyString("HOME"))
  if (Option.isSome(home)) return [path.join(home.value, ".kube", "config")]
  return yield* new KubeAccessError({ detail: "neither a service account, nor KUBECONFIG, nor a home directory" })
})

/** `users[name].user.tokenFile` of one parsed kubeconfig, absolute. */
export const findTokenFile = (config: unknown, user: string, directory: string): string | undefined => {
  const users = isRecord(config) ? config["users"] : undefined
  if (!Array.isArray(users)) return undefined
  for (const entry of users as ReadonlyArray<unknown>) {
    if (!isRecord(entry) || entry["name"] !== user || !isRecord(entry["user"])) continue
    const file = entry["user"]["tokenFile"]
    return typeof file === "string" && file !== "" ? path.resolve(directory, file) : undefined
  }
  return undefined
}
