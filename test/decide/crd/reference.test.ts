import { describe, expect, it } from "vitest"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../../src/decide/crd.js"
import { fieldReference, fieldsOf } from "../../../src/decide/reference.js"
import { celRules, ruleCoverage } from "../../../src/decide/ruleCoverage.js"
import { ruleExamples } from "../../support/ruleExamples.js"

const cluster = aerospikeClusterCrd()
const template = aerospikeClusterTemplateCrd()

describe("fields of the API", () => {
  // Every field of our own once: neither the inside of Kubernetes types nor of free-form trees, nor types described elsewhere.
  it("165 of a cluster's spec, 48 of a template's", () => {
    expect(fieldsOf(cluster, "spec")).toHaveLength(165)
    expect(fieldsOf(template, "spec")).toHaveLength(48)
    expect(fieldsOf(template, "status").map(({ path }) => path)).toEqual(["status.usedBy"])
  })

  it("52 of a cluster's status, and the view of a client and two of operations, which are ours", () => {
    const fields = fieldsOf(cluster, "status").map(({ path }) => path)
    const ofOperations = ["status.operationStatus.targets", "status.operationStatus.message"]
    const isOurs = (path: string) => path.startsWith("status.clientView") || ofOperations.includes(path)
    expect(fields.filter((path) => !isOurs(path))).toHaveLength(52)
    expect(fields.filter(isOurs)).toHaveLength(6 + 2)
  })

  it("each says what it is for, here and in the reference", () => {
    const reference = fieldReference()
    for (const crd of [cluster, template])
      for (const part of ["spec", "status"] as const)
        for (const { path, node } of fieldsOf(crd, part)) {
          expect(String(node["description"]), path).not.toBe("undefined")
          expect(node["description"], path).toMatch(/^[A-Za-z].{3}/)
          expect(reference, path).toContain(`\`${path}\``)
        }
  })
})

describe("coverage of the rules by the definitions", () => {
  const ids = ruleCoverage.flatMap((row) => row.ids)
  const upTo = (prefix: string, last: number) => Array.from({ length: last }, (_, index) => `${prefix}${index + 1}`)

  it("every id is listed, once", () => {
    const all = [...upTo("D", 14), ...upTo("TD", 3), ...upTo("V", 59), ...upTo("TV", 7), ...upTo("W", 19)]
    expect([...ids].sort()).toEqual(all.sort())
  })

  it("every CEL rule has an example of its id", () => {
    for (const { id, message } of celRules)
      expect(
        ruleExamples.some((example) => example.id === id && message.includes(example.says)),
        `${id}: ${message}`,
      ).toBe(true)
  })
})
