import { describe, expect, it } from "vitest"
import { cloneJson } from "../../../src/testing/kube/json.js"

describe("a copy of JSON", () => {
  it.each(['{"a":{"__proto__":null}}', '{"__proto__":{"a":[{"__proto__":1}]},"constructor":2}'])(
    "has every member, whatever its name: %s",
    (text) => {
      expect(JSON.stringify(cloneJson(JSON.parse(text)))).toBe(text)
    },
  )
})
