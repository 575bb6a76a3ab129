// Counts the catalogue ids (R reliability, S safety, L liveness, W weaknesses, V validation) named in test titles.
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
let titles = 0
for (const file of files("test")) {
  for (const [, , text] of readFileSync(file, "utf8").matchAll(title)) {
    titles++
    for (const [, letter, from, to] of text.matchAll(/\b([RSLWV])(\d{1,3})(?:[–-]\1?(\d{1,3}))?\b/g))
      for (let n = Number(from); n <= Number(to ?? from); n++)
        if (n >= 1 && n <= sizes[letter]) found.get(letter).set(n, (found.get(letter).get(n) ?? 0) + 1)
  }
}
for (const [letter, counts] of found) {
  const missing = Array.from({ length: sizes[letter] }, (_, i) => i + 1).filter((n) => !counts.has(n))
  console.log(
    `${letter}: ${counts.size} of ${sizes[letter]}${missing.length === 0 ? "" : `; not named: ${missing.join(" ")}`}`,
  )
}
console.log(`${titles} titles in ${files("test").length} files`)
