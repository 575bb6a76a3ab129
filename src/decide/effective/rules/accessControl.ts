/** Access control V14–V21: kept in order although Community Edition never carries it out, so that a mistake shows where it is made. */
import type { ClusterSpec } from "../../../domain/AerospikeCluster.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { privilegeCodes } from "../../../domain/schema/accessControl.js"
import { problem, repeated, when } from "./problem.js"

type AccessControl = NonNullable<ClusterSpec["aerospikeAccessControl"]>
type Role = NonNullable<AccessControl["roles"]>[number]

const path = "spec.aerospikeAccessControl"

const codes = privilegeCodes.join(", ")

const repeatedUsers = ({ users = [] }: AccessControl): ReadonlyArray<SpecProblem> =>
  repeated(users.map(({ name }) => name)).map(({ value, index }) =>
    problem(
      "V14",
      `${path}.users[${index}].name`,
      `user ${JSON.stringify(value)} occurs more than once`,
      "merge the entries",
    ),
  )

const missingSecrets = ({ users = [] }: AccessControl): ReadonlyArray<SpecProblem> =>
  users.flatMap(({ name, secretName }, index) =>
    when(
      secretName === "",
      "V15",
      `${path}.users[${index}].secretName`,
      `user ${JSON.stringify(name)} has an empty secretName`,
      "name the Secret that holds the password under the key password",
    ),
  )

/** One user must have both roles; the same privileges through a role of one's own do not count. */
const missingAdmin = ({ users = [] }: AccessControl): ReadonlyArray<SpecProblem> =>
  when(
    !users.some(({ roles }) => roles.includes("sys-admin") && roles.includes("user-admin")),
    "V16",
    `${path}.users`,
    "no user has both roles sys-admin and user-admin",
    "give one user both roles",
  )

const repeatedRoles = ({ roles = [] }: AccessControl): ReadonlyArray<SpecProblem> =>
  repeated(roles.map(({ name }) => name)).map(({ value, index }) =>
    problem(
      "V17",
      `${path}.roles[${index}].name`,
      `role ${JSON.stringify(value)} occurs more than once`,
      "merge the entries",
    ),
  )

const unknownRoles = ({ users = [], roles = [] }: AccessControl): ReadonlyArray<SpecProblem> => {
  const known = new Set([...privilegeCodes, ...roles.map(({ name }) => name)])
  return users.flatMap((user, index) =>
    user.roles.flatMap((role, at) =>
      when(
        !known.has(role),
        "V18",
        `${path}.users[${index}].roles[${at}]`,
        `user ${JSON.stringify(user.name)} has role ${JSON.stringify(role)}, which is neither built in nor defined`,
        `define it in ${path}.roles, or use one of ${codes}`,
      ),
    ),
  )
}

/** V19, V20 and V21 exclude each other, in this order. */
const privilegeProblem = (role: string, privilege: string, at: string): ReadonlyArray<SpecProblem> => {
  const of = `role ${JSON.stringify(role)}`
  const fix = `write <code>, <code>.<namespace> or <code>.<namespace>.<set> with one of ${codes}`
  const trimmed = privilege.trim()
  if (trimmed === "") return [problem("V19", at, `${of}: the privilege is empty`, fix)]
  if (trimmed !== privilege)
    return [problem("V20", at, `${of}: privilege ${JSON.stringify(privilege)} begins or ends with white space`, fix)]
  const code = privilege.split(".")[0] ?? ""
  return when(
    !privilegeCodes.includes(code),
    "V21",
    at,
    `${of}: ${JSON.stringify(code)} is no privilege; it is one of ${codes}`,
    fix,
  )
}

const privileges = (role: Role, index: number): ReadonlyArray<SpecProblem> =>
  role.privileges.flatMap((privilege, at) =>
    privilegeProblem(role.name, privilege, `${path}.roles[${index}].privileges[${at}]`),
  )

export const accessControlProblems = (control: AccessControl | undefined): ReadonlyArray<SpecProblem> =>
  control === undefined
    ? []
    : [
        ...repeatedUsers(control),
        ...missingSecrets(control),
        ...missingAdmin(control),
        ...repeatedRoles(control),
        ...unknownRoles(control),
        ...(control.roles ?? []).flatMap(privileges),
      ]
