import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { parameterTable } from "../../../src/domain/serverParameters/ParameterTable.js"
import { newestOf80, newestOf81, type ServerVersion } from "../../../src/domain/serverParameters/ServerVersion.js"
import { type HostFacts, permissiveHost } from "../../../src/testing/aerospike/configuration/HostFacts.js"
import { readConfiguration } from "../../../src/testing/aerospike/configuration/NodeConfiguration.js"
import {
  device,
  file,
  memory,
  mesh,
  parserStarts,
  ruleStarts,
  type ServerStart,
  service,
  strictHost,
} from "../../support/serverStarts.js"
import { start } from "../../../src/testing/aerospike/model/lifecycle.js"
import { pod, rig } from "./support.js"
import { fileWith, wrongNames } from "../../support/wrongNames.js"

const outcome = (text: string, host: HostFacts = strictHost, version: ServerVersion = newestOf81): string =>
  Either.match(readConfiguration(text, host, parameterTable(version)), {
    onLeft: ({ message, code }) => `${code} ${message.replace(/^line \d+ ::/, "line <n> ::")}`,
    onRight: (configuration) => (configuration.hangs ? "hangs" : "starts"),
  })

const recorded = (starts: ReadonlyArray<ServerStart>): void => {
  it.each(starts)("8.1.2.0: $id", ({ text, outcome: expected, host }) => {
    expect(outcome(text, host)).toBe(expected)
  })
  it.each(starts)("8.0.0.15: $id", ({ text, outcome: expected, outcome80, host }) => {
    expect(outcome(text, host, newestOf80)).toBe(outcome80 ?? expected)
  })
}

describe("start of a node with a bad configuration (R81)", () => {
  recorded(ruleStarts)
})

describe("reading of aerospike.conf (S8)", () => {
  recorded(parserStarts)
})

describe("names of old files and other schemas", () => {
  it.each(wrongNames)("$release: no $name in $section", ({ release, section, name }) => {
    const unknown = section === "network.admin" ? "admin" : name
    expect(outcome(fileWith(section, `${name} 1`), strictHost, release === "8.0" ? newestOf80 : newestOf81)).toBe(
      `1 line <n> :: unknown config parameter name '${unknown}'`,
    )
  })

  it("50 on 8.1.2.0, 52 on 8.0.0.15", () => {
    expect(wrongNames.filter(({ release }) => release === "8.1")).toHaveLength(50)
    expect(wrongNames.filter(({ release }) => release === "8.0")).toHaveLength(52)
  })
})

describe("stored values", () => {
  const stored = (text: string) => Either.getOrThrow(readConfiguration(text))

  it("keeps what the server kept: cut at #, last value, suffixes, hex without prefix", () => {
    expect(stored(file({ service: " cluster-name a#b" })).clusterName).toBe("a")
    expect(stored(file({ port: " port 3K" })).servicePort).toBe(3072)
    expect(stored(service(" node-id 0xa1")).nodeId).toBe("A1")
    expect(stored(file({ service: ' cluster-name "ab cd"' })).clusterName).toBe('"ab')
    expect(stored(file({ namespaces: `namespace {\n${memory}\n}` })).namespaces[0]?.name).toBe("{")
  })

  it("takes seeds, access addresses and storage paths", () => {
    const configuration = stored(
      file({
        serviceNetwork: "access-address 10.0.0.7\naccess-port 31000",
        heartbeat: mesh + " mesh-seed-address-port a.b.c.svc.cluster.local 3002",
        engine: device("device /dev/xvda\ndevice /dev/xvdb"),
      }),
    )
    expect(configuration.seeds).toEqual([{ host: "a.b.c.svc.cluster.local", port: 3002 }])
    expect(configuration.accessAddresses).toEqual(["10.0.0.7"])
    expect(configuration.accessPort).toBe(31000)
    expect(configuration.namespaces[0]).toMatchObject({
      engine: "device",
      paths: ["/dev/xvda", "/dev/xvdb"],
      raw: true,
    })
  })

  it("accepts the file an ACKO user of RF 2 devices gets", () => {
    expect(permissiveHost.fileLimit).toBeGreaterThan(15_000)
    expect(outcome(file({ engine: device("device /dev/xvda") }), permissiveHost)).toBe("starts")
  })
})

describe("the image of a node decides which parameters it knows", () => {
  const startOf = (image: string): string | undefined => {
    const { model, pass } = rig()
    const configuration = file({ engine: "storage-engine memory {\n data-size 256M\n}" })
    const server = start(model, { ...pod(1), image, configuration })
    pass(2_000)
    return server.exit?.message
  }

  it("256M of memory are enough for 8.0, not for 8.1", () => {
    expect(startOf("aerospike:ce-8.0.0.15")).toBeUndefined()
    expect(startOf("aerospike:ce-8.1.2.0")).toMatch(/data-size must be >= 536870912/)
  })
})
