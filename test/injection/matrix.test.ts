import { describe, expect, it } from "vitest"
import { parseConf } from "../support/aerospikeConf.js"
import { payloads } from "../support/payloads.js"
import { confFaults, shapeFaults } from "./compare.js"
import { commandsOf } from "./infoRequest.js"
import { initScriptFaults } from "./initScript.js"
import { part, runMatrix } from "./matrix.js"
import { nameRuleFaults } from "./nameRules.js"
import { placesOf } from "./places.js"
import { schemaTrees } from "./schemaTree.js"

describe("hostile text in every place of the schemas", () => {
  it("R117, R118, R121, R122: is refused, or is nothing but data in the configuration, in info commands, in the shell and in names", () => {
    expect(payloads.length).toBeGreaterThanOrEqual(200)
    const { faults, places, closed, read, texts, accepted } = runMatrix(part)
    expect(faults).toEqual([])
    // Every place of both kinds: those of the definitions, map keys and unknown fields, and those of the server's configuration.
    const { cluster, template } = schemaTrees()
    const all = [...placesOf(cluster, "spec"), ...placesOf(template, "template spec")]
    expect(places).toBeGreaterThan(all.length)
    expect(new Set(all.map(({ path }) => path)).size).toBe(all.length)
    expect(read).toBeGreaterThan(700)
    expect(closed).toBeLessThan(places / 3)
    expect(texts).toBeGreaterThan(3 * places)
    expect(accepted).toBeGreaterThan(texts / 5)
  }, 300_000)

  it("R118: the places of a schema are found without knowing them: keys, items, nested values, unknown fields, numbers", () => {
    const paths = new Set(placesOf(schemaTrees().cluster, "spec").map(({ path }) => path))
    for (const path of [
      "spec.image",
      "spec.size",
      "spec.podSpec.nodeSelector{key}",
      "spec.podSpec.nodeSelector{value}",
      "spec.podSpec.sidecars[].env[].valueFrom.secretKeyRef.name",
      "spec.podSpec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[].labelSelector.matchLabels{key}",
      "spec.podSpec.sidecars[]{unknown}",
      "spec.aerospikeConfig.namespaces[].storage-engine.device[]",
      "spec.aerospikeConfig.namespaces[].set[].name",
      "spec.rackConfig.racks[].aerospikeConfig.service.cluster-name",
      "spec.overrides.aerospikeConfig.namespaceDefaults.default-ttl",
    ])
      expect(paths).toContain(path)
  })
})

describe("what the matrix would find", () => {
  const pair = { harmless: "x", text: "a\nport 1" }
  it("R117: another directive, another section, another name", () => {
    const before = parseConf("service {\n\tuser x\n}\n")
    expect(confFaults(before, parseConf("service {\n\tuser a\n\tport 1\n}\n"), pair)).not.toEqual([])
    expect(confFaults(before, parseConf("service {\n\tuser a {\n\t}\n}\n"), pair)).not.toEqual([])
    expect(confFaults(before, parseConf("service {\n\tuser b\n}\n"), { harmless: "x", text: "a" })).not.toEqual([])
    expect(confFaults(before, parseConf("service {\n\tuser a\n}\n"), { harmless: "x", text: "a" })).toEqual([])
    // A word of the operator's own may be the same as the user's.
    const twice = parseConf("console {\n\tcontext info info\n}\n")
    const replaced = (words: string) =>
      confFaults(twice, parseConf(`console {\n\t${words}\n}\n`), { harmless: "info", text: "tls" })
    expect([replaced("context tls info"), replaced("context info tls"), replaced("context tls tls")]).toEqual([
      [],
      [],
      [],
    ])
    expect(replaced("context tls any")).not.toEqual([])
  })

  it("R121: another command, another parameter", () => {
    const request = (text: string): Uint8Array => Buffer.from(`12345678${text}`, "latin1")
    const before = commandsOf(request("node\nnamespace/x\n"))
    expect(before).toHaveLength(2)
    for (const text of ["node\nnamespace/a\nport 1\n", "node\nnamespace/a;b=c\n", "node\nnamespace/a\rb\n"])
      expect(shapeFaults(before, commandsOf(request(text)), pair, "")).not.toEqual([])
  })

  it("R122: a program that runs, a file that changes", () => {
    expect(initScriptFaults(new Set(["user $(touch canary) `reboot`", "address MY_POD_IP"]), [])).toEqual([])
    expect(
      initScriptFaults(new Set(), [
        ["deleteFiles", "data", "/a b"],
        ["mkdir", "data", "/c"],
      ]),
    ).toEqual([])
    expect(initScriptFaults(new Set(), [["deleteFiles", "../../outside", "/a"]])).not.toEqual([])
    expect(
      initScriptFaults(new Set(), [
        ["mkdir", "data", "/a"],
        ["deleteFiles", "data", "/a;touch canary"],
      ]),
    ).toEqual([])
  })

  it("R118: a label, an annotation or a name that no API server takes", () => {
    const object = (metadata: object) => ({ apiVersion: "v1", kind: "Service", metadata: { name: "a", ...metadata } })
    expect(nameRuleFaults(object({ labels: { "a/b": "c" }, annotations: { a: "\n" } }))).toEqual([])
    for (const metadata of [
      { name: "a b" },
      { labels: { a: "b c" } },
      { labels: { "a b": "c" } },
      { annotations: { "": "" } },
    ])
      expect(nameRuleFaults(object(metadata))).not.toEqual([])
  })
})
