/** The two roll-outs as one SVG: a lane per pod, one axis for both. Plain text, readable on light and dark ground. */
import type { Lane, PhaseKind } from "../../src/sandbox/phases.js"

export interface Panel {
  readonly title: string
  /** What to see, in a few words. */
  readonly note: string
  readonly lanes: ReadonlyArray<Lane>
  /** Length of the roll-out (ms). */
  readonly totalMs: number
}

const width = 920
const left = 96
const right = 24
const laneHeight = 14
const laneGap = 5
const panelHead = 44

const kinds: ReadonlyArray<{ readonly kind: PhaseKind; readonly label: string }> = [
  { kind: "restarting", label: "pod stops and starts" },
  { kind: "settling", label: "node joins, data migrates" },
  { kind: "waiting", label: "everything done: waiting for the operator" },
]

/** Waiting is striped as well, so that colour is not the only difference. */
const style = `
    .ground { fill: #ffffff; stroke: #d0d7de }
    text { fill: #1f2328; font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
    .title { font-size: 15px; font-weight: 600 }
    .panel { font-size: 13px; font-weight: 600 }
    .quiet { fill: #59636e }
    .number { font-variant-numeric: tabular-nums; text-anchor: middle }
    .pod { text-anchor: end }
    .lane { fill: #f1f3f5 }
    .line { stroke: #d0d7de }
    .restarting { fill: #4c78a8 }
    .settling { fill: #72b7b2 }
    .waiting { fill: #e4572e }
    .stripes { fill: url(#stripes) }
    .stripe { stroke: #ffffff; stroke-opacity: 0.45; stroke-width: 2 }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117; stroke: #3d444d }
      text { fill: #f0f6fc }
      .quiet { fill: #9198a1 }
      .lane { fill: #1b222b }
      .line { stroke: #3d444d }
      .restarting { fill: #6ea3dc }
      .settling { fill: #5aa9a3 }
      .waiting { fill: #ff7b54 }
      .stripe { stroke: #0d1117 }
    }`

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
const escape = (text: string): string => text.replace(/[&<>"]/g, (c) => escapes[c] ?? c)

const number = (value: number): string => String(Math.round(value * 100) / 100)

const text = (x: number, y: number, content: string, kind = ""): string =>
  `<text x="${number(x)}" y="${number(y)}"${kind === "" ? "" : ` class="${kind}"`}>${escape(content)}</text>`

const box = (x: number, y: number, w: number, kind: string): string =>
  `<rect x="${number(x)}" y="${number(y)}" width="${number(w)}" height="${laneHeight}" class="${kind}"/>`

/** Distance of two ticks in seconds: about ten of them, at round numbers. */
export const tickSeconds = (totalMs: number): number =>
  [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((step) => totalMs / 1000 / step <= 13) ?? 1_200

const legend = (y: number): ReadonlyArray<string> => {
  const at = [left, left + 190, left + 410]
  return kinds.flatMap(({ kind, label }, index) => {
    const x = at[index] ?? left
    return [...phase(x, y - 11, 22, kind), text(x + 30, y, label)]
  })
}

const phase = (x: number, y: number, w: number, kind: PhaseKind): ReadonlyArray<string> => [
  box(x, y, w, kind),
  ...(kind === "waiting" ? [box(x, y, w, "stripes")] : []),
]

/** The whole picture. Lanes appear in the order given, panels from top to bottom on one scale. */
export const picture = (title: string, panels: ReadonlyArray<Panel>): string => {
  const longest = Math.max(1, ...panels.map(({ totalMs }) => totalMs))
  const step = tickSeconds(longest)
  const x = (ms: number) => left + (ms / longest) * (width - left - right)
  const body: Array<string> = [text(20, 30, title, "title"), ...legend(58)]
  const top = 74
  let y = top
  const rows: Array<string> = []
  const seconds = Array.from({ length: Math.floor(longest / 1000 / step) + 1 }, (_, index) => index * step)
  for (const { title: name, note, lanes, totalMs } of panels) {
    rows.push(text(20, y + 22, name, "panel"), text(20, y + 38, note, "quiet"))
    y += panelHead + 4
    const end = y + lanes.length * (laneHeight + laneGap)
    for (const second of seconds) {
      const at = number(x(second * 1000))
      rows.push(`<line x1="${at}" x2="${at}" y1="${y - 3}" y2="${end}" class="line"/>`)
    }
    for (const { pod, phases } of lanes) {
      rows.push(text(left - 8, y + 11, pod, "pod quiet"), box(left, y, x(totalMs) - left, "lane"))
      for (const { kind, from, to } of phases) rows.push(...phase(x(from), y, x(to) - x(from), kind))
      y += laneHeight + laneGap
    }
    y += 8
  }
  for (const second of seconds) {
    rows.push(text(x(second * 1000), y + 12, second === 0 ? "0 s" : String(second), "number quiet"))
  }
  const height = y + 28
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="what">`,
    `  <title id="what">${escape([title, ...panels.map((panel) => `${panel.title}: ${panel.note}`)].join(". "))}</title>`,
    `  <style>${style}\n  </style>`,
    '  <defs><pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" x2="0" y1="0" y2="6" class="stripe"/></pattern></defs>',
    `  <rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" class="ground"/>`,
    ...[...body, ...rows].map((line) => `  ${line}`),
    "</svg>",
    "",
  ].join("\n")
}
