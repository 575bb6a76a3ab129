// Counts the catalogue ids (R reliability, S safety, L liveness, W weaknesses, V validation) named in test titles and by the simulation: its
// systematic plans and workloads carry the id of what they exercise, and all of them run with `npm run sim`.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const sizes = { R: 142, S: 12, L: 4, W: 80, V: 59 }

const files = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return files(path)
    return /\.(test|kubectl)\.ts$/.test(entry.name) ? [path] : []
  })

const title = /\b(?:it|describe|test)(?:\.\w+)*\(\s*(["'`])((?:(?!\1).)*)/g
const found = new Map(Object.keys(sizes).map((letter) => [letter, new Map()]))
const titles = files("test").flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(title)].map(([, , text]) => text),
)

/** Every plan has its id in one of these files, as a text of its own; an id outside such a text exercises nothing. */
const plans = ["plans", "Faults", "Workload"].flatMap((name) =>
  [...readFileSync(`src/testing/simulation/${name}.ts`, "utf8").matchAll(/"(R\d+(?:-R\d+)?)"/g)].map(([, id]) => id),
)

/** `R30–R34` names five. */
const count = (letter, from, to) => {
  const counts = found.get(letter)
  for (let n = from; n <= Math.min(to, sizes[letter]); n++) counts.set(n, (counts.get(n) ?? 0) + 1)
}
for (const text of [...titles, ...plans])
  for (const [, letter, from, to] of text.matchAll(/\b([RSLWV])(\d{1,3})(?:[–-]\1?(\d{1,3}))?\b/g))
    count(letter, Number(from), Number(to ?? from))
for (const [letter, counts] of found) {
  const missing = Array.from({ length: sizes[letter] }, (_, i) => i + 1).filter((n) => !counts.has(n))
  console.log(
    `${letter}: ${counts.size} of ${sizes[letter]}${missing.length === 0 ? "" : `; not named: ${missing.join(" ")}`}`,
  )
}
console.log(`${titles.length} titles in ${files("test").length} files, ${plans.length} families of simulated plans`)
