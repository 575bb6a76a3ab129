/** On-demand operations V50–V52. */
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import type { Operation } from "../../../domain/schema/features.js"
import { problem, repeated, when } from "./problem.js"

const path = "spec.operations"

const oneAtATime = (operations: ReadonlyArray<Operation>): ReadonlyArray<SpecProblem> =>
  when(
    operations.length > 1,
    "V50",
    path,
    `${operations.length} operations; only one at a time is carried out`,
    "keep one entry",
  )

/** Counted in bytes, which the schema cannot. */
const idLength = ({ id }: Operation, index: number): ReadonlyArray<SpecProblem> => {
  const bytes = new TextEncoder().encode(id).length
  return when(
    bytes < 1 || bytes > 20,
    "V51",
    `${path}[${index}].id`,
    `id ${JSON.stringify(id)} has ${bytes} bytes; it may have 1–20`,
    "choose a short id",
  )
}

const repeatedIds = (operations: ReadonlyArray<Operation>): ReadonlyArray<SpecProblem> =>
  repeated(operations.map(({ id }) => id)).map(({ value, index }) =>
    problem(
      "V52",
      `${path}[${index}].id`,
      `id ${JSON.stringify(value)} occurs more than once`,
      "give every operation its own id",
    ),
  )

export const operationProblems = (operations: ReadonlyArray<Operation> = []): ReadonlyArray<SpecProblem> => [
  ...oneAtATime(operations),
  ...operations.flatMap(idLength),
  ...repeatedIds(operations),
]
