import { describe, expect, it } from "vitest"
import type { Json, JsonObject } from "../../../../src/domain/Json.js"
import { errorRules, review, type RuleCase } from "../../../support/review.js"
import { expectRefusal } from "./expectRefusal.js"

const admin: JsonObject = { name: "admin", secretName: "admin-secret", roles: ["sys-admin", "user-admin"] }
const access = (more: { readonly users?: ReadonlyArray<Json>; readonly roles?: ReadonlyArray<Json> }): JsonObject => ({
  aerospikeAccessControl: { users: [admin, ...(more.users ?? [])], ...(more.roles ? { roles: more.roles } : {}) },
})
const privilege = (text: string) => access({ roles: [{ name: "own", privileges: ["read", text] }] })
const at = "spec.aerospikeAccessControl.roles[0].privileges[1]"

describe("access control", () => {
  it("is accepted, with custom roles and scopes of any kind", () => {
    const spec = access({
      users: [{ name: "reader", secretName: "s", roles: ["own", "read"] }],
      roles: [{ name: "own", privileges: ["read", "read-write.test", "truncate.test.a.b"], whitelist: ["10.0.0.0/8"] }],
    })
    expect(errorRules(review(spec))).toEqual([])
  })

  it.each<RuleCase>([
    ["V14: two users with the same name", access({ users: [admin] }), ["V14"], ["admin"]],
    [
      "V15: a user without a Secret",
      access({ users: [{ name: "reader", secretName: "", roles: ["read"] }] }),
      ["V15"],
      ["secretName", "users[1]"],
    ],
    ["V16: no users", { aerospikeAccessControl: {} }, ["V16"], ["sys-admin", "user-admin"]],
    [
      "V16: the two roles on two users do not count",
      {
        aerospikeAccessControl: {
          users: [
            { name: "a", secretName: "s", roles: ["sys-admin"] },
            { name: "b", secretName: "s", roles: ["user-admin"] },
          ],
        },
      },
      ["V16"],
      ["sys-admin", "user-admin"],
    ],
    [
      "V16: a role with both privileges does not count",
      {
        aerospikeAccessControl: {
          users: [{ name: "a", secretName: "s", roles: ["both"] }],
          roles: [{ name: "both", privileges: ["sys-admin", "user-admin"] }],
        },
      },
      ["V16"],
      ["sys-admin", "user-admin"],
    ],
    [
      "V17: two roles with the same name",
      access({
        roles: [
          { name: "own", privileges: ["read"] },
          { name: "own", privileges: ["write"] },
        ],
      }),
      ["V17"],
      ["own"],
    ],
    [
      "V18: a role nobody defines",
      access({ users: [{ name: "reader", secretName: "s", roles: ["read", "superuser"] }] }),
      ["V18"],
      ["reader", "superuser", "users[1].roles[1]"],
    ],
    ["V19: an empty privilege", privilege(""), ["V19"], ["own", at]],
    ["V19: a privilege of spaces", privilege("  "), ["V19"], ["own", at]],
    ["V20: spaces around a privilege", privilege(" read"), ["V20"], ["own", at, '" read"']],
    ["V21: an unknown privilege", privilege("superuser.test"), ["V21"], ["own", at, "superuser", "data-admin"]],
  ])("%s", (...given) => expectRefusal(...given))
})
