import { describe, expect, it } from "@effect/vitest"
import { drawPlan, faultClasses } from "../../../src/testing/simulation/Faults.js"
import { generator } from "../../../src/testing/simulation/VirtualTime.js"

const plans = (only?: Parameters<typeof drawPlan>[1]) =>
  Array.from({ length: 300 }, (_, seed) => drawPlan(generator(seed), only))

describe("drawPlan", () => {
  it("draws the same plan for the same numbers", () => {
    expect(drawPlan(generator(7))).toEqual(drawPlan(generator(7)))
  })

  it("draws one to four classes, and every class sooner or later", () => {
    for (const { classes } of plans()) {
      expect(classes.size).toBeGreaterThanOrEqual(1)
      expect(classes.size).toBeLessThanOrEqual(4)
    }
    expect(new Set(plans().flatMap(({ classes }) => [...classes]))).toEqual(new Set(faultClasses))
  })

  it("keeps to the classes it is given; without any there are no faults", () => {
    for (const { classes } of plans(["latency"])) expect([...classes]).toEqual(["latency"])
    for (const { classes, crashAfter, lagMs } of plans([])) {
      expect(classes.size).toBe(0)
      expect(crashAfter.size).toBe(0)
      expect(lagMs).toBe(0)
    }
  })

  it("draws crashes and lag only for their classes", () => {
    for (const { classes, crashAfter, lagMs } of plans()) {
      expect(crashAfter.size > 0).toBe(classes.has("crash"))
      expect(lagMs > 0).toBe(classes.has("staleCache"))
    }
  })
})
