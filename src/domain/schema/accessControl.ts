/** `spec.aerospikeAccessControl` (api.md §2.7): accepted for compatibility; Community Edition has no access control. */
import * as Schema from "effect/Schema"
import { type CelRule, described, field, int32, keyedList, Name, Names, text, withRules } from "./fields.js"

/** Codes of privileges, and at the same time the roles every server has. */
export const privilegeCodes: ReadonlyArray<string> = [
  "read",
  "write",
  "read-write",
  "read-write-udf",
  "sys-admin",
  "user-admin",
  "data-admin",
  "truncate",
]

/** V19–V21. */
export const privilegeRules: ReadonlyArray<CelRule> = [
  {
    id: "V19",
    rule: "!self.matches('^[ ]*$')",
    message: "a privilege is empty; write one such as read-write.mynamespace, or remove it",
  },
  {
    id: "V20",
    rule: "!self.matches('^[ ]|[ ]$')",
    message: "a privilege begins or ends with a space; remove it",
  },
  {
    id: "V21",
    rule: `self.matches('^[ ]*((${privilegeCodes.join("|")})([.].*)?)?$')`,
    message: `a privilege begins with one of ${privilegeCodes.join(", ")}`,
  },
]

/** Bounded, so that the rules below cost what the API server allows. */
const names = Schema.Array(text(253)).pipe(Schema.minItems(1), Schema.maxItems(16))

const Role = Schema.Struct({
  name: described(Name, "Name of the role, unique"),
  privileges: described(
    Schema.Array(withRules(text(128), privilegeRules)).pipe(Schema.minItems(1), Schema.maxItems(64)),
    "What it allows: code, code.namespace or code.namespace.set",
  ),
  whitelist: field(Names, "CIDR ranges from which it may be used; no effect"),
})

const User = Schema.Struct({
  name: described(Name, "Name of the user, unique"),
  secretName: described(Name, "Secret whose key password holds the password"),
  roles: described(names, "Built-in roles, or roles of this list"),
})

/** V16, V18. */
export const accessControlRules: ReadonlyArray<CelRule> = [
  {
    id: "V16",
    rule: "has(self.users) && self.users.exists(u, 'sys-admin' in u.roles && 'user-admin' in u.roles)",
    message:
      "aerospikeAccessControl.users needs one user with both roles sys-admin and user-admin; add them to one user",
  },
  {
    id: "V18",
    rule: `!has(self.users) || self.users.all(u, u.roles.all(r, r in [${privilegeCodes.map((code) => `'${code}'`).join(", ")}] || (has(self.roles) && self.roles.exists(own, own.name == r))))`,
    message: "aerospikeAccessControl.users[].roles names a role that is neither built-in nor in roles; define it there",
  },
]

export const AccessControl = withRules(
  Schema.Struct({
    roles: field(keyedList(Role, "name", 64), "Roles besides the built-in ones"),
    users: field(keyedList(User, "name", 64), "Users; one must have sys-admin and user-admin"),
    adminPolicy: field(
      Schema.Struct({
        timeout: field(
          int32(100, 30_000).annotations({ default: 2000 }),
          "Timeout of administrative calls in ms; no effect",
        ),
      }),
      "How the operator administers",
    ),
  }),
  accessControlRules,
)
