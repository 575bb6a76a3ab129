import { describe, expect, it } from "vitest"
import { readDocuments } from "../../src/cli/validate/documents.js"
import { judge } from "../../src/cli/validate/judge.js"
import { jsonReport, textReport, yamlReport } from "../../src/cli/validate/print.js"

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

/** Each finding as `path: fix`. */
const fixes = (text: string): ReadonlyArray<string> =>
  (validate(text).judgements[0]?.errors ?? []).map(({ path, fix }) => `${path}: ${fix}`)

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
      [["apiVersion", 1]],
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

  it("reads YAML as kubectl does: version 1.1, with words for true, octal numbers and merges", () => {
    const spelled = good
      .replace("  size: 3\n", "  size: 03\n  paused: yes\n  disablePDB: off\n")
      .replace("      - name: test\n", "      - <<: &common { allow-ttl-without-nsup: on }\n        name: test\n")
      .replace("data-size: 1073741824", "data-size: 1_073_741_824")
    const [judgement] = validate(spelled).judgements
    expect(judgement?.errors).toEqual([])
    expect(judgement?.defaulted).toMatchObject({
      spec: {
        size: 3,
        paused: true,
        disablePDB: false,
        aerospikeConfig: {
          namespaces: [{ "allow-ttl-without-nsup": true, "storage-engine": { "data-size": 1_073_741_824 } }],
        },
      },
    })
    // What it reads as something else than text must be quoted; what only looks like it need not.
    expect(
      fixes(good.replace("name: good", "name: good\n  annotations: { a: on, b: 12:30, c: 2024-01-01, d: 0x1f }")),
    ).toEqual(['metadata.annotations.a: write "true", in quotes', 'metadata.annotations.d: write "31", in quotes'])
  })

  it("what is stored is printed so that kubectl reads the same", () => {
    const word = good.replace("name: test", 'name: "on"')
    expect(yamlReport(validate(word))).toContain('name: "on"')
    expect(validate(yamlReport(validate(word))).judgements[0]?.accepted).toBe(true)
  })

  it("what is no YAML: key or line, and what to do; every key that is given twice", () => {
    const { unreadable } = validate(
      good.replace("  size: 3\n", "  size: 3\n  size: 4\n  image: x\n"),
      good.replace("  size: 3\n", "\tsize: 3\n"),
      good.replace("  image", "   image"),
    )
    expect(unreadable.map(({ file, line, message, fix }) => [file, line, message, fix])).toEqual([
      ["0.yaml", 8, "the key size is given twice in one map", "keep one of them"],
      ["0.yaml", 10, "the key image is given twice in one map", "keep one of them"],
      ["1.yaml", 7, expect.stringContaining("Tabs"), "indent with spaces"],
      ["2.yaml", 7, expect.any(String), expect.stringContaining("indent all keys of a map alike")],
    ])
  })

  it.each([
    ["other letters", "Size: 3", "spec.Size: write size, the nearest name, or remove it"],
    ["another spelling", "pod_spec: {}", "spec.pod_spec: write podSpec, the nearest name, or remove it"],
    [
      "a slip",
      "podSpec: { hostNetwrok: true }",
      "spec.podSpec.hostNetwrok: write hostNetwork, the nearest name, or remove it",
    ],
    [
      "too far out",
      "podSpec: { resources: {} }",
      "spec.podSpec.resources: move it to spec.podSpec.aerospikeContainer, where resources belongs, or remove it",
    ],
    [
      "too far in",
      "storage: { volumes: [{ name: a, source: { emptyDir: {}, sidecars: [] } }] }",
      "spec.storage.volumes[0].source.sidecars: move it to spec.storage.volumes[0], where sidecars belongs, or remove it",
    ],
    ["nothing like it", "colour: blue", "spec.colour: correct its name, or remove it"],
  ])("an unknown field: %s", (_title, line, fix) => {
    expect(fixes(good.replace("  size: 3\n", `  size: 3\n  ${line}\n`))).toEqual([fix])
  })

  it("a field at the top belongs into the spec; what stands in a value of the wrong type is told with it", () => {
    expect(fixes(good.replace("spec:\n", "size: 3\nspec:\n"))).toEqual([
      "size: move it to spec, where size belongs, or remove it",
    ])
    expect(fixes(good.replace("size: 3", "size: {{ .Values.size }}")).map((fix) => fix.split(":")[0])).toEqual([
      "spec.size",
    ])
  })

  it("metadata: every value that is no text, beside all other errors", () => {
    const wrong = bad.replace("name: bad\n", "name: 12\n  labels: { a: 1, 'b c': x, d: [] }\n  annotations: text\n")
    const found = fixes(wrong.replace("  size: 3", "  sise: 3\n  size: 3"))
    expect(found.filter((fix) => fix.startsWith("metadata"))).toEqual([
      'metadata.name: write "12", in quotes',
      'metadata.labels.a: write "1", in quotes',
      "metadata.labels.d: write text",
      "metadata.annotations: write key: value, each value as text",
      expect.stringMatching(/^metadata\.labels: /),
    ])
    expect(found).toEqual(
      expect.arrayContaining([expect.stringMatching(/^spec\.image: /), expect.stringMatching(/^spec\.sise: /)]),
    )
    expect(fixes(good.replace(/metadata:\n(?: {2}n.*\n)+/, "metadata: [good]\n"))).toEqual([
      "metadata: write a map with name and namespace",
    ])
    expect(fixes(good.replace(/metadata:\n(?: {2}n.*\n)+/, ""))).toEqual(["metadata.name: add metadata.name"])
  })

  it("notes: the same resource twice, and a namesake of another operator", () => {
    const { notes } = validate(good, good, good.replace("acko.io/v1alpha1", "asdb.aerospike.com/v1"))
    expect(notes.map(({ file, message }) => [file, message])).toEqual([
      ["1.yaml", "AerospikeCluster aerospike good is also in 0.yaml:1: whichever is applied last counts"],
      ["2.yaml", expect.stringContaining("asdb.aerospike.com/v1; for this operator write acko.io/v1alpha1")],
    ])
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
