import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { canonicalQuantity, quantityValue } from "../../../src/testing/kube/quantity.js"

describe("quantities", () => {
  it.each([
    ["1024Mi", "1Gi"],
    ["1536Mi", "1536Mi"],
    ["1.5Gi", "1536Mi"],
    ["0.5", "500m"],
    ["1000m", "1"],
    ["100m", "100m"],
    ["1000", "1k"],
    ["2", "2"],
    ["0", "0"],
    ["1e3", "1e3"],
    ["500Mi", "500Mi"],
    ["1Ki", "1Ki"],
    ["0.5Ki", "512"],
  ])("%s is stored as %s (R56)", (given, stored) => {
    expect(canonicalQuantity(given)).toBe(stored)
  })

  it.each(["", "abc", "1x", "1 Gi", ".", "--1"])("%j is no quantity", (text) => {
    expect(canonicalQuantity(text)).toBeUndefined()
  })

  it("the canonical form is a fixed point of the same value", () => {
    const suffix = fc.constantFrom("", "m", "k", "M", "G", "Ki", "Mi", "Gi")
    fc.assert(
      fc.property(fc.nat(), suffix, (n, unit) => {
        const canonical = canonicalQuantity(`${n}${unit}`)!
        expect(canonicalQuantity(canonical)).toBe(canonical)
        expect(quantityValue(canonical)).toBe(quantityValue(`${n}${unit}`))
      }),
    )
  })
})
