import { describe, expect, it } from "@effect/vitest"
import { afterList, doubtAt, makeVigils, type Vigil } from "../../src/observe/vigils.js"

const timing = { intervalMs: 10, maxIntervalMs: 60 }
const fresh: Vigil = { since: 100, checkedAt: -Infinity, checks: 0 }

describe("vigils (R24)", () => {
  it.each([
    { when: "it has just begun", vigil: fresh, newsAt: 0, at: 110 },
    { when: "news came since", vigil: fresh, newsAt: 105, at: 115 },
    { when: "a list was made for others", vigil: { ...fresh, checkedAt: 107 }, newsAt: 0, at: 117 },
    { when: "a list found nothing", vigil: { ...fresh, checkedAt: 110, checks: 1 }, newsAt: 0, at: 130 },
    { when: "lists find nothing for long", vigil: { ...fresh, checkedAt: 300, checks: 9 }, newsAt: 0, at: 360 },
    {
      when: "news came after lists that found nothing",
      vigil: { ...fresh, checkedAt: 300, checks: 9 },
      newsAt: 310,
      at: 320,
    },
  ])("wants a list at $at when $when", ({ vigil, newsAt, at }) => {
    expect(doubtAt(vigil, newsAt, timing)).toBe(at)
  })

  it("never doubts less often than the safety list lists, nor more often than the poll polls", () => {
    const impatient = { intervalMs: 10, maxIntervalMs: 5 }
    expect(doubtAt({ ...fresh, checkedAt: 100, checks: 5 }, 0, impatient)).toBe(110)
  })

  it("becomes patient by its own lists only, and forgets its patience with the first news", () => {
    const served = afterList(fresh, 0, 105, timing)
    expect(served).toEqual({ since: 100, checkedAt: 105, checks: 0 })
    const asked = afterList(served, 0, 115, timing)
    expect(asked).toEqual({ since: 100, checkedAt: 115, checks: 1 })
    expect(afterList(asked, 120, 125, timing)).toEqual({ since: 100, checkedAt: 125, checks: 0 })
    expect(afterList(asked, 120, 130, timing)).toEqual({ since: 100, checkedAt: 130, checks: 1 })
  })

  it("the first of many decides, one that ended has no say, one that is begun again goes on", () => {
    const vigils = makeVigils(timing, () => 0)
    expect(vigils.dueAt()).toBe(Infinity)
    expect(vigils.begin({ namespace: "a", name: "early" }, 100)).toBe(110)
    expect(vigils.begin({ namespace: "a", name: "late" }, 105)).toBe(115)
    expect(vigils.begin({ namespace: "a", name: "early" }, 107)).toBe(110)
    expect(vigils.dueAt()).toBe(110)
    vigils.end({ namespace: "a", name: "early" })
    expect(vigils.dueAt()).toBe(115)
    vigils.listed(115)
    expect(vigils.dueAt()).toBe(135)
  })
})
