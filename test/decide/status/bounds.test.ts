import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { bounded, errorText, timestamp, truncated } from "../../../src/decide/status/bounds.js"

const bytes = (text: string): number => new TextEncoder().encode(text).length

describe("bounds", () => {
  it("behaviour.md Appendix B: 300 × a → 253 × a + ...", () => {
    expect(errorText("a".repeat(300))).toBe(`${"a".repeat(253)}...`)
    expect(errorText("a".repeat(256))).toBe("a".repeat(256))
  })
  it("S5: never more bytes than allowed, never half a character", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.fullUnicodeString({ maxLength: 400 }),
        FastCheck.integer({ min: 8, max: 300 }),
        (text, limit) => {
          const cut = truncated(text, limit)
          expect(bytes(cut)).toBeLessThanOrEqual(limit)
          expect(text.startsWith(cut === text ? cut : cut.slice(0, -3))).toBe(true)
        },
      ),
    )
  })
  it("times in whole seconds, lists of bounded length", () => {
    expect(timestamp(Date.parse("2026-11-22T12:00:00.987Z"))).toBe("2026-11-22T12:00:00Z")
    expect(bounded(Array.from({ length: 20 }, () => "x".repeat(500)))).toHaveLength(8)
  })
})
