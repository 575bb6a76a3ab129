import { describe, expect, it } from "vitest"
import { answerError } from "../../src/kube/kubeStatus.js"

const sent = (...values: ReadonlyArray<string>) => ({
  spec: { containers: [{ env: values.map((value, index) => ({ name: `V${index}`, value })) }] },
})

const answered = (json: unknown, message: string, details: unknown = undefined) =>
  answerError(
    { verb: "apply", resource: "pods", method: "PATCH", path: "/", body: { contentType: "application/json", json } },
    { status: 422, text: JSON.stringify({ kind: "Status", code: 422, message, details }), retryAfter: undefined },
    0,
  )

describe("R129: the error of a request", () => {
  it("names what is wrong without the values of the environment, raw or quoted, in message and details", () => {
    const value = 'pass"word'
    const details = { causes: [{ field: "spec", message: `got ${value}` }] }
    const error = answered(
      sent(value),
      `env: Invalid value: ${JSON.stringify(value)}, which is ${value}: too weak`,
      details,
    )
    expect(error.detail).toBe('env: Invalid value: "(not shown)", which is (not shown): too weak')
    expect(error.details).toEqual({ causes: [{ field: "spec", message: "got (not shown)" }] })
  })

  it("leaves no rest of a value that contains another, or that the limit of the message would cut", () => {
    expect(answered(sent("secret", "secret-long"), "got secret-long").detail).toBe("got (not shown)")
    const long = "x9".repeat(40)
    expect(answered(sent(long), `${"-".repeat(1_000)}${long}`).detail).not.toContain("x9")
  })

  it("keeps what is no secret: short values, other fields, answers to requests without a body", () => {
    expect(answered(sent("true"), "must be true or false").detail).toBe("must be true or false")
    expect(answered({ metadata: { name: "database" } }, "database exists").detail).toBe("database exists")
    expect(answered(undefined, "database exists").detail).toBe("database exists")
  })
})
