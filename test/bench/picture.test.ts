import { assert, describe, it } from "vitest"
import type { Lane } from "../../src/sandbox/phases.js"
import { picture, tickSeconds } from "./picture.js"

const lane = (pod: string, from: number): Lane => ({
  pod,
  phases: [
    { kind: "restarting", from, to: from + 1_000 },
    { kind: "settling", from: from + 1_000, to: from + 3_000 },
    { kind: "waiting", from: from + 3_000, to: from + 15_000 },
  ],
})
const short = {
  title: "ours",
  note: "3 s",
  lanes: [{ pod: "a", phases: lane("a", 0).phases.slice(0, 2) }],
  totalMs: 3_000,
}
const long = { title: "theirs", note: "30 s", lanes: [lane("a", 0), lane("b", 15_000)], totalMs: 30_000 }

const attributes = (svg: string, kind: string): ReadonlyArray<{ readonly x: number; readonly width: number }> =>
  [...svg.matchAll(new RegExp(`<rect x="([\\d.]+)" y="[\\d.]+" width="([\\d.]+)" height="14" class="${kind}"/>`, "g"))]
    .map(([, x, width]) => ({ x: Number(x), width: Number(width) }))
    // The first is the legend's.
    .slice(1)

describe("picture of two roll-outs", () => {
  const svg = picture("a & b", [short, long])

  it("draws every phase of every lane, on one scale", () => {
    assert.equal(attributes(svg, "restarting").length, 3)
    assert.equal(attributes(svg, "settling").length, 3)
    const waiting = attributes(svg, "waiting")
    assert.equal(waiting.length, 2)
    const perSecond = attributes(svg, "restarting").map(({ width }) => width)
    assert.equal(new Set(perSecond).size, 1)
    for (const { width } of waiting) assert.closeTo(width, 12 * (perSecond[0] ?? 0), 0.1)
  })

  it("stays inside its frame", () => {
    const [, width] = /viewBox="0 0 (\d+) \d+"/.exec(svg) ?? []
    for (const kind of ["restarting", "settling", "waiting"])
      for (const bar of attributes(svg, kind)) assert.isAtMost(bar.x + bar.width, Number(width))
  })

  it("names the axis in seconds, escapes text, tells its content to screen readers and adapts to dark ground", () => {
    assert.include(svg, ">0 s</text>")
    assert.include(svg, ">30</text>")
    assert.include(svg, "a &amp; b")
    assert.notInclude(svg, "a & b")
    assert.include(svg, "theirs: 30 s</title>")
    assert.include(svg, "prefers-color-scheme: dark")
  })

  it("is the same for the same figures, and well-formed", () => {
    assert.equal(picture("a & b", [short, long]), svg)
    const open: Array<string> = []
    for (const [, end, name, self] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (end === "/") assert.equal(open.pop(), name)
      else if (self !== "/") open.push(name ?? "")
    }
    assert.deepEqual(open, [])
    assert.notInclude(svg, "NaN")
  })

  it("has about ten ticks, whatever the length", () => {
    for (const totalMs of [900, 3_000, 27_000, 123_000, 600_000, 7_200_000]) {
      assert.isAtMost(totalMs / 1000 / tickSeconds(totalMs), 13)
    }
    assert.equal(tickSeconds(123_000), 10)
  })

  it("can be drawn without anything to show", () => {
    assert.notInclude(picture("nothing", [{ title: "t", note: "n", lanes: [], totalMs: 0 }]), "NaN")
  })
})
