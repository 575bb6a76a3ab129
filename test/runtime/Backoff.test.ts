import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { backoffMs, defaultBackoff } from "../../src/runtime/Backoff.js"

describe("Backoff", () => {
  it("R142 doubles from 1 s, half to all of it at random, and never exceeds 5 minutes", () => {
    expect([1, 2, 3, 8, 9, 10, 100].map((failures) => backoffMs(defaultBackoff, failures, 0.999_999))).toEqual([
      1_000, 2_000, 4_000, 128_000, 256_000, 300_000, 300_000,
    ])
    expect(backoffMs(defaultBackoff, 3, 0)).toBe(2_000)
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, random) => {
          const ms = backoffMs(defaultBackoff, failures, random)
          expect(ms).toBeGreaterThanOrEqual(500)
          expect(ms).toBeLessThanOrEqual(300_000)
        },
      ),
    )
  })
})
