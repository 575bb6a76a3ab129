import { describe, expect, it } from "vitest"
import { readDocuments } from "../../src/cli/validate/documents.js"
import { judge } from "../../src/cli/validate/judge.js"
import { jsonReport, textReport } from "../../src/cli/validate/print.js"

const good = `apiVersion: acko.io/v1alpha1
kind: AerospikeCluster
metadata:
  name: good
  namespace: aerospike
spec:
  size: 3
  image: aerospike:ce-8.1.1.1
  aerospikeConfig:
    namespaces:
      - name: test
        replication-factor: 2
        storage-engine: { type: memory, data-size: 1073741824 }
`
const bad = good
  .replace("name: good", "name: bad")
  .replace("replication-factor: 2", "replication-factor: 4")
  .replace("ce-8.1.1.1", "ee-8.1.1.1")

const validate = (...texts: ReadonlyArray<string>) => {
  const contents = texts.map((text, index) => readDocuments(`${index}.yaml`, text))
  return {
    ...judge(contents.flatMap(({ entries }) => entries)),
    unreadable: contents.flatMap(({ unreadable }) => unreadable),
  }
}

describe("acko validate", () => {
  it("tells every error of every document with its line, value, reason and fix", () => {
    const { judgements } = validate(`${good}---\n${bad}`)
    expect(judgements.map(({ name, accepted, line }) => [name, accepted, line])).toEqual([
      ["good", true, 1],
      ["bad", false, 15],
    ])
    const errors = judgements[1]?.errors ?? []
    expect(errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: "spec.image", value: "aerospike:ee-8.1.1.1", line: 22 }),
        expect.objectContaining({ path: "spec.aerospikeConfig.namespaces[0].replication-factor", value: 4, line: 26 }),
      ]),
    )
    for (const { message, fix } of errors) expect([message.length > 0, fix.length > 0]).toEqual([true, true])
    // Said once each.
    expect(new Set(errors.map(({ path }) => path)).size).toBe(errors.length)
  })

  it("unknown fields, missing names and other versions of the API are errors", () => {
    const { judgements } = validate(
      good.replace("  size: 3", "  sise: 3\n  size: 3"),
      good.replace("  name: good\n", ""),
      good.replace("v1alpha1", "v1"),
    )
    expect(judgements.map(({ errors }) => errors.map(({ path, line }) => [path, line]))).toEqual([
      [["spec.sise", 7]],
      expect.arrayContaining([["metadata.name", expect.any(Number)]]),
      [["kind", 2]],
    ])
  })

  it("a fix names the kind it is about; a note that CEL rules were not run is no error", () => {
    const template = `apiVersion: acko.io/v1alpha1
kind: AerospikeClusterTemplate
metadata: { name: small }
spec: { scheduling: { podAntiAffinityLevel: 5 } }
`
    const [cluster, other] = validate(good.replace("size: 3", "size: many"), template).judgements
    expect(cluster?.errors.map(({ path }) => path)).toEqual(["spec.size"])
    expect(other?.errors.length).toBeGreaterThan(0)
    for (const { fix, path } of other?.errors ?? []) {
      expect(path).toContain("podAntiAffinityLevel")
      expect(fix).not.toContain("aerospikecluster.")
    }
  })

  it("clusters are resolved with the templates among the files, in any order", () => {
    const template = `apiVersion: acko.io/v1alpha1
kind: AerospikeClusterTemplate
metadata: { name: small }
spec: { image: "aerospike:ce-8.1.1.1", size: 2 }
`
    const user = good.replace("  size: 3\n", "  templateRef: { name: small }\n").replace(/  image: .*\n/, "")
    const apart = validate(user)
    expect(apart.judgements.map(({ accepted }) => accepted)).toEqual([true])
    expect(apart.notes[0]?.message).toContain("template small is in none of the files")
    const together = validate(user, template)
    expect([together.judgements.map(({ accepted }) => accepted), together.notes]).toEqual([[true, true], []])
    const wrong = validate(user, template.replace("size: 2", "size: 1"))
    expect(wrong.judgements.map(({ name, accepted }) => [name, accepted])).toEqual([
      ["good", false],
      ["small", true],
    ])
  })

  it("lists of any kind are opened, objects of others are noted, empty documents skipped", () => {
    const list = `---
# nothing
---
apiVersion: v1
kind: List
items:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: { name: web }
  - apiVersion: acko.io/v1alpha1
    kind: AerospikeClusterList
    items:
${bad.replace(/^/gm, "        ").replace("        ", "      - ").trimEnd()}
`
    const { judgements, notes, unreadable } = validate(list)
    expect(unreadable).toEqual([])
    expect(notes).toEqual([{ file: "0.yaml", line: 7, message: "Deployment web: ignored, it is not of acko.io" }])
    expect(judgements[0]?.errors.find(({ path }) => path === "spec.image")).toMatchObject({
      line: 20,
      value: "aerospike:ee-8.1.1.1",
    })
    expect(validate(JSON.stringify({ apiVersion: "v1", kind: "List", items: [] })).judgements).toEqual([])
  })

  it("what cannot be read is told with its line", () => {
    const { judgements, unreadable } = validate(
      `${good}---\na: [1\nb: }\n`,
      "just text",
      "kind: X",
      "a: &a [x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n".concat(
        ..."bcdefg".split("").map((key, i) => `${"cdefgh"[i]}: &${"cdefgh"[i]} [${`*${key},`.repeat(10)}]\n`),
      ),
    )
    expect(judgements.map(({ name }) => name)).toEqual(["good"])
    expect(unreadable.map(({ file, line }) => [file, line])).toEqual([
      ["0.yaml", expect.any(Number)],
      ["1.yaml", 1],
      ["2.yaml", 1],
      ["3.yaml", 1],
    ])
    expect(unreadable[0]?.line).toBeGreaterThanOrEqual(15)
    expect(unreadable[2]?.message).toContain("apiVersion missing")
  })

  it("the reports: text for people, JSON for programs; defaults on request", () => {
    const findings = validate(bad, good.replace("aerospike:ce-8.1.1.1", "aerospike"))
    const text = textReport(findings)
    expect(text).toContain("0.yaml:1: AerospikeCluster aerospike/bad: refused\n")
    expect(text).toMatch(
      / {2}error V4 spec\.image: .*\n {4}at {4}0\.yaml:8\n {4}value "aerospike:ee-8\.1\.1\.1"\n {4}fix {3}/,
    )
    expect(text).toMatch(/ {2}warning W1 spec\.image: /)
    expect(text).toMatch(/\n2 resources: 1 accepted, 1 refused, 1 warning$/)
    const report = JSON.parse(jsonReport(findings, false)) as { resources: ReadonlyArray<object>; accepted: boolean }
    expect(report.accepted).toBe(false)
    expect(report.resources[1]).not.toHaveProperty("defaulted")
    expect(JSON.parse(jsonReport(findings, true))).toMatchObject({
      resources: [{}, { defaulted: { spec: { aerospikeConfig: { service: { "cluster-name": "good" } } } } }],
    })
  })
})
