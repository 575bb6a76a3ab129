/** What may not change, V54–V56 (api.md §6.4). Everything else may. */
import type { Json, JsonObject } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { isObject, listOf, section } from "../effective/configTree.js"
import { problem, when } from "../effective/rules/problem.js"

const spec = (object: JsonObject): JsonObject => section(object, "spec")

/** Id of the operation that is being carried out; undefined when there is none. */
const runningOperation = (old: JsonObject): string | undefined => {
  const running = section(section(old, "status"), "operationStatus")
  if (running["phase"] !== "InProgress") return undefined
  return typeof running["id"] === "string" ? running["id"] : ""
}

const identity = (operation: Json): string =>
  isObject(operation) ? JSON.stringify([operation["id"], operation["kind"]]) : ""

/** V54 and V55: a running operation keeps its entry. Its list of pods may change. */
const operationChanges = (old: JsonObject, object: JsonObject): ReadonlyArray<SpecProblem> => {
  const id = runningOperation(old)
  if (id === undefined) return []
  const before = listOf(spec(old)["operations"])
  const after = listOf(spec(object)["operations"])
  const path = "spec.operations"
  const fix = "wait until status.operationStatus.phase is Completed or Error"
  if (before.length !== after.length)
    return [
      problem(
        "V54",
        path,
        `operation ${JSON.stringify(id)} is running: entries cannot be added or removed (${before.length} before, ${after.length} now)`,
        fix,
      ),
    ]
  return before.flatMap((operation, index) =>
    when(
      identity(operation) !== identity(after[index] ?? null),
      "V55",
      `${path}[${index}]`,
      `operation ${JSON.stringify(id)} is running: id and kind cannot change`,
      fix,
    ),
  )
}

const rackIds = (object: JsonObject): ReadonlySet<number> =>
  new Set(
    listOf(section(spec(object), "rackConfig")["racks"]).flatMap((rack) =>
      isObject(rack) && typeof rack["id"] === "number" ? [rack["id"]] : [],
    ),
  )

/** V56: renaming a rack would be to remove its data while the new ones are still empty. */
const rackChanges = (old: JsonObject, object: JsonObject): ReadonlyArray<SpecProblem> => {
  if (!isObject(spec(old)["rackConfig"]) || !isObject(spec(object)["rackConfig"])) return []
  const [before, after] = [rackIds(old), rackIds(object)]
  const removed = [...before].filter((id) => !after.has(id))
  const added = [...after].filter((id) => !before.has(id))
  return when(
    removed.length > 0 && added.length > 0,
    "V56",
    "spec.rackConfig.racks",
    `racks ${added.join(", ")} are added and racks ${removed.join(", ")} removed at once: data would have to leave before it can arrive`,
    `do it in two steps: add ${added.join(", ")}, wait for the migrations, then remove ${removed.join(", ")}`,
  )
}

/** Findings about the change from `old` to `object`. */
export const updateProblems = (old: JsonObject, object: JsonObject): ReadonlyArray<SpecProblem> => [
  ...operationChanges(old, object),
  ...rackChanges(old, object),
]
