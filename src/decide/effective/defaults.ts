/** Admission defaults of the configuration tree, D1–D9 (api.md §5.1). Idempotent; a key that is present is never overwritten. */
import * as Either from "effect/Either"
import type { JsonObject, SpecProblem } from "../../domain/EffectiveCluster.js"
import { isObject, kindOf, section, withDefaults } from "./configTree.js"

const path = "spec.aerospikeConfig"

/** V57–V59: these must be maps. */
const shapeProblems = (config: JsonObject): ReadonlyArray<SpecProblem> => {
  const notMap = (rule: string, tree: JsonObject, at: string, key: string): ReadonlyArray<SpecProblem> =>
    Object.hasOwn(tree, key) && !isObject(tree[key])
      ? [
          {
            rule,
            path: `${at}.${key}`,
            message: `${key} must be a map, it is ${kindOf(tree[key])}`,
            fix: `write ${key} as a map of parameters, or remove it`,
          },
        ]
      : []
  return [
    ...notMap("V57", config, path, "service"),
    ...notMap("V58", config, path, "network"),
    ...["service", "heartbeat", "fabric"].flatMap((key) =>
      notMap("V59", section(config, "network"), `${path}.network`, key),
    ),
  ]
}

/** The tree with its defaults, or every reason why it cannot have them. */
export const defaultedConfig = (
  config: JsonObject,
  clusterName: string,
): Either.Either<JsonObject, ReadonlyArray<SpecProblem>> => {
  const problems = shapeProblems(config)
  if (problems.length > 0) return Either.left(problems)
  const network = section(config, "network")
  return Either.right({
    ...config,
    service: withDefaults(section(config, "service"), { "cluster-name": clusterName, "proto-fd-max": 15_000 }),
    network: {
      ...network,
      service: withDefaults(section(network, "service"), { port: 3000 }),
      heartbeat: withDefaults(section(network, "heartbeat"), { mode: "mesh", port: 3002 }),
      fabric: withDefaults(section(network, "fabric"), { port: 3001 }),
    },
  })
}
