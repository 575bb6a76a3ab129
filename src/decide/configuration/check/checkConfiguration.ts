/** A configuration tree against what the server of an image knows: what would keep it from starting, and what is odd. */
import type { JsonObject } from "../../../domain/Json.js"
import { entriesFindings } from "./entries.js"
import { advised, type Findings, refused } from "./Finding.js"
import { type KnownServer, serverOfImage } from "./serverOfImage.js"
import { startFindings } from "./startRules.js"

/** Where the tree stands and what runs it. */
export interface Subject {
  /** In the resource. */
  readonly path: string
  /** Pods of the cluster; 0 when not known. */
  readonly size: number
  readonly image: string
  /** Bytes of raw devices by their path in the server's container, as far as they are known. */
  readonly devices?: ReadonlyMap<string, number>
  /** A template that is not known will add to the tree: nothing is missed, and no values are compared with each other. */
  readonly isOpen: boolean
}

/** Findings told one by one; a tree with more is no mistake of a person. */
const toldFindings = 100

/** The first findings with their suggestions, and how many more there are (R128). */
const told = (findings: Findings, path: string): Findings => {
  const first = findings
    .slice(0, toldFindings)
    .map(({ suggest, ...finding }) => (suggest === undefined ? finding : { ...finding, fix: suggest() }))
  const more = findings.slice(toldFindings)
  if (more.length === 0) return first
  const tell = more.some(({ severity }) => severity === "refused") ? refused : advised
  return [...first, tell("config.more", path, `${more.length} more findings like these`, "correct the others first")]
}

const doubtful = (findings: Findings, { doubt }: KnownServer): Findings =>
  findings.map(({ rule = "config", path, message, fix }) => advised(rule, path, `${message} (${doubt ?? ""})`, fix))

/**
 * All findings. Where the release of the image is not one the table was made from, nothing is certain: what would be refused is advised.
 * Enterprise-only names are not among them: those are refused for every release.
 */
export const checkConfiguration = (config: JsonObject, subject: Subject): Findings => {
  const { path, image, isOpen } = subject
  const known = serverOfImage(image)
  const all = [...entriesFindings(known, config, path), ...(isOpen ? [] : startFindings(known, config, subject))]
  const findings = told(all, path)
  return known.doubt === undefined ? findings : doubtful(findings, known)
}
