// Counts the catalogue ids named in test titles and by the simulation (its systematic plans and workloads carry the id of what they exercise,
// and all of them run with `npm run sim`), and with --check fails when a rule of the API has no test.
//
// Reliability: R cases, S safety, L liveness, W weaknesses of the former operator. API: D and TD defaults, V and TV errors, B behaviours not
// to reproduce, AW warnings. Acceptance on a real control plane: E scenarios of the former operator, N of this one ("E-07"). Weaknesses and warnings share a letter: a title says "warning W7" for the warning, "W7" for the weakness.
//
// A title is the text of describe, it or test, or a text in a table of cases that begins with ids and a colon ("V17: two roles …").
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const sizes = { R: 142, S: 12, L: 4, W: 80, D: 14, TD: 3, V: 59, TV: 7, AW: 19, B: 28, E: 25, N: 17 }
/** Every one of these must be named. */
const complete = ["D", "TD", "V", "TV", "AW", "B"]
const files = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return files(path)
    return /\.(test|kubectl|e2e)\.ts$/.test(entry.name) ? [path] : []
  })

const one = "(?:warnings? )?(?:(?:TD|TV|[RSLWVDB])\\d{1,3}(?:[–-](?:TD|TV|[RSLWVDB])?\\d{1,3})?|[EN]-\\d\\d)"
const titlePatterns = [
  /\b(?:it|describe|test)(?:\.\w+)*\(\s*(["'`])((?:(?!\1).)*)/g,
  // `it.each(…)("title"`: the title follows a closing bracket.
  /\)\(\s*(["'`])((?:(?!\1).)*)/g,
  // A row of a table that is nothing but ids.
  /(["'`])([EN]-\d\d(?: [EN]-\d\d)*)\1/g,
  new RegExp(`(["'\`])((?:C\\.\\d: )?${one}(?:(?:, | and | )${one})*(?: \\([^)]*\\))?: (?:(?!\\1).)*)`, "g"),
]

const found = new Map(Object.keys(sizes).map((name) => [name, new Set()]))
const texts = files("test").map((file) => readFileSync(file, "utf8"))
const titles = new Set(texts.flatMap((text) => titlePatterns.flatMap((p) => [...text.matchAll(p)].map(([, , t]) => t))))

/** Every simulated plan has its id in one of these files, as a text of its own; an id outside such a text exercises nothing. */
const plans = ["plans", "Faults", "Workload"].flatMap((name) =>
  [...readFileSync(`src/testing/simulation/${name}.ts`, "utf8").matchAll(/"(R\d+(?:-R\d+)?)"/g)].map(([, id]) => id),
)

/** `R30–R34` names five. */
const note = (name, from, to) => {
  for (let n = from; n <= Math.min(to, sizes[name]); n++) found.get(name).add(n)
}
const warning = /\bwarnings? (W\d{1,2}(?:(?:, |–| and )W\d{1,2})*)/g
const id = /\b(TD|TV|[RSLWVDB]|[EN]-(?=\d))(\d{1,3})(?:[–-]\1?(\d{1,3}))?\b/g
for (const title of [...titles, ...plans]) {
  for (const [, ids] of title.matchAll(warning))
    for (const [, , from, to] of ids.matchAll(id)) note("AW", Number(from), Number(to ?? from))
  for (const [, name, from, to] of title.replace(warning, "").matchAll(id))
    note(name.replace("-", ""), Number(from), Number(to ?? from))
}

let isIncomplete = false
const isQuiet = process.argv.includes("--check")
for (const [name, numbers] of found) {
  const missing = Array.from({ length: sizes[name] }, (_, i) => i + 1).filter((n) => !numbers.has(n))
  const isRequired = complete.includes(name)
  const isWrong = isRequired && missing.length > 0
  isIncomplete ||= isWrong
  if (isQuiet && !isWrong) continue
  const list = missing.length === 0 ? "" : `; not named: ${missing.join(" ")}`
  console.log(`${name}: ${numbers.size} of ${sizes[name]}${list}`)
}
if (!isQuiet) console.log(`${titles.size} titles in ${texts.length} files, ${plans.length} families of simulated plans`)
if (isIncomplete && isQuiet) {
  console.log("every rule of the API needs a test that names it")
  process.exit(1)
}
