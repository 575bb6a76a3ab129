/** Paths in the configuration: absolute, without `..`, outside what belongs to the system or to the operator (R120). */
import type { Json, JsonObject } from "../../../domain/Json.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { isObject, listOf, section, namespaceEntries } from "../configTree.js"
import { isBelow, isSafeName } from "../volumes.js"
import { when } from "./problem.js"

/** Not even a mount may hide these. `/dev` is for devices only. */
const reserved = [
  "/proc",
  "/sys",
  "/dev",
  "/etc",
  "/bin",
  "/sbin",
  "/lib",
  "/lib64",
  "/usr",
  "/boot",
  "/root",
  "/run/secrets",
  "/var/run/secrets",
  "/configmap",
]

const pathProblem = (value: Json | undefined, path: string, isDevice: boolean): ReadonlyArray<SpecProblem> => {
  if (typeof value !== "string") return []
  return value
    .split(" ")
    .filter(Boolean)
    .flatMap((word) => {
      const isPlain = /^\/[A-Za-z0-9._/@%+=:-]+$/.test(word) && word.split("/").every(isSafeName)
      const isReserved = reserved.some((prefix) => isBelow(word, prefix) && !(isDevice && prefix === "/dev"))
      return when(
        !isPlain || isReserved,
        "path",
        path,
        `${JSON.stringify(word)} is not an absolute path of plain characters outside the system's directories`,
        "use a path below a mounted volume, such as /opt/aerospike/data",
      )
    })
}

const namespacePaths = (namespace: JsonObject, path: string): ReadonlyArray<SpecProblem> => {
  const engine = section(namespace, "storage-engine")
  return (["file", "device"] as const).flatMap((key) =>
    listOf(engine[key]).flatMap((value) => pathProblem(value, `${path}.storage-engine.${key}`, key === "device")),
  )
}

/** Every path the server would open. */
export const pathProblems = (config: JsonObject, path: string): ReadonlyArray<SpecProblem> => [
  ...pathProblem(section(config, "service")["work-directory"], `${path}.service.work-directory`, false),
  ...pathProblem(section(config, "service")["pidfile"], `${path}.service.pidfile`, false),
  ...pathProblem(section(config, "mod-lua")["user-path"], `${path}.mod-lua.user-path`, false),
  ...listOf(config["logging"]).flatMap((sink, index) => {
    const name = isObject(sink) ? sink["name"] : undefined
    return typeof name !== "string" || ["console", "stderr", "syslog"].includes(name)
      ? []
      : pathProblem(name, `${path}.logging[${index}].name`, false)
  }),
  ...namespaceEntries(config).flatMap((namespace, index) =>
    isObject(namespace) ? namespacePaths(namespace, `${path}.namespaces[${index}]`) : [],
  ),
]
