/** YAML as kubectl reads it, which is version 1.1: `yes` and `on` are true, `010` is 8, `<<` merges. What is validated is what would be sent. */
import { type Document, type LineCounter, parseAllDocuments, type Tags, type YAMLError } from "yaml"

/** Types of version 1.1 that kubectl leaves as text: dates, and numbers with a colon. */
const isText = (tag: Tags[number]): boolean =>
  typeof tag !== "string" && (tag.tag === "tag:yaml.org,2002:timestamp" || ("format" in tag && tag.format === "TIME"))

export const parseYaml = (text: string, lines: LineCounter): ReadonlyArray<Document> => [
  ...parseAllDocuments(text, {
    version: "1.1",
    customTags: (tags) => tags.filter((tag) => !isText(tag)),
    lineCounter: lines,
    prettyErrors: true,
    // A map for a key (`{{ … }}` of a template that was not rendered) is told as what it makes of the resource.
    logLevel: "error",
  }),
]

/** Something that is no YAML, and what to do about it. */
export interface YamlFault {
  readonly line: number
  readonly message: string
  readonly fix: string
}

const sentence = ({ message }: YAMLError): string =>
  (message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "")

const words = (error: YAMLError, text: string): Omit<YamlFault, "line"> => {
  switch (error.code) {
    case "DUPLICATE_KEY": {
      const key = /^[^:\r\n]{0,80}/.exec(text.slice(error.pos[0]))?.[0] ?? ""
      return { message: `the key ${key.trim()} is given twice in one map`, fix: "keep one of them" }
    }
    case "TAB_AS_INDENT":
      return { message: sentence(error), fix: "indent with spaces" }
    case "BAD_INDENT":
    case "BLOCK_AS_IMPLICIT_KEY":
    case "BLOCK_IN_FLOW":
    case "MISSING_CHAR":
    case "MULTILINE_IMPLICIT_KEY":
      return {
        message: sentence(error),
        fix: "indent all keys of a map alike, and close every quote and bracket: look at this line and the next",
      }
    default:
      return { message: sentence(error), fix: "correct the YAML on this line" }
  }
}

/** What keeps a document from being read. Keys given twice are independent of each other; of all else only the first fault means anything. */
export const yamlFaults = ({ errors }: Document, text: string): ReadonlyArray<YamlFault> => {
  const twice = errors.filter(({ code }) => code === "DUPLICATE_KEY")
  const told = errors[0]?.code === "DUPLICATE_KEY" ? twice : errors.slice(0, 1)
  return told.map((error) => ({ line: error.linePos?.[0].line ?? 1, ...words(error, text) }))
}
