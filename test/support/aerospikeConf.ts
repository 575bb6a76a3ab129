/**
 * An independent reader of `aerospike.conf`, after the observed behaviour of the server's own parser: lines cut at 1,023 bytes, `#` starts a
 * comment, white space separates words, `{` as last word opens a section, `}` alone closes it. Nothing of the renderer is used here.
 */

/** A directive with its values, or a section with its content. */
export interface ConfNode {
  readonly words: ReadonlyArray<string>
  readonly children?: ReadonlyArray<ConfNode>
}

const physicalLines = (text: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let rest = Buffer.from(text, "utf8")
  while (rest.length > 0) {
    const end = rest.indexOf(0x0a)
    const length = Math.min(end < 0 ? rest.length : end, 1023)
    lines.push(rest.subarray(0, length).toString("latin1"))
    rest = rest.subarray(length + (rest[length] === 0x0a ? 1 : 0))
  }
  return lines
}

export const parseConf = (text: string): ReadonlyArray<ConfNode> => {
  const root: Array<ConfNode> = []
  const open: Array<Array<ConfNode>> = [root]
  for (const line of physicalLines(text)) {
    const words = (line.split("#")[0] ?? "").split(/[ \t\r\f\v]+/).filter((word) => word !== "")
    if (words.length === 0) continue
    const current = open.at(-1)
    if (current === undefined) throw new Error("closed more than was opened")
    if (words.length === 1 && words[0] === "}") {
      open.pop()
      if (open.length === 0) throw new Error("closed more than was opened")
    } else if (words.at(-1) === "{") {
      const children: Array<ConfNode> = []
      current.push({ words: words.slice(0, -1), children })
      open.push(children)
    } else current.push({ words })
  }
  if (open.length !== 1) throw new Error("final context missing '}'?")
  return root
}
