import { describe, expect, it } from "vitest"
import { firstOfEach, problem } from "../../../src/decide/effective/rules/problem.js"

describe("findings", () => {
  it("S5: stay readable, whatever a resource says", () => {
    const long = "k".repeat(1_000_000)
    const [found] = firstOfEach([problem("V1", `spec.${long}`, `no ${long}`, `remove ${long}`)])
    expect(found?.rule).toBe("V1")
    expect([found?.path.length, found?.message.length, found?.fix.length]).toEqual([256, 1024, 1024])
    expect(found?.path).toMatch(/^spec\.k+\.\.\.$/)
    const short = problem("V2", "spec.size", "no size", "set it")
    expect(firstOfEach([short, short])).toEqual([short])
  })
})
