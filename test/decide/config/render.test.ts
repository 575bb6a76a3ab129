import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { withAccessAddresses } from "../../../src/decide/configuration/accessAddresses.js"
import { rackConfigText } from "../../../src/decide/configuration/render.js"
import type { Json, JsonObject } from "../../../src/domain/Json.js"

const render = (config: JsonObject, seeds: Parameters<typeof rackConfigText>[1] = []) =>
  rackConfigText(config, seeds, "spec.aerospikeConfig")
const text = (config: JsonObject) => Either.getOrThrow(render(config))
const problems = (config: JsonObject) => Either.match(render(config), { onLeft: (found) => found, onRight: () => [] })
/** One value in an otherwise valid place. */
const at = (value: Json): JsonObject => ({ service: { "cluster-name": value } })

describe("aerospike.conf", () => {
  it("renders the example of behaviour.md §2.7, with seeds that do not name the cluster domain (W33)", () => {
    const config: JsonObject = {
      service: { "proto-fd-max": 15000, "cluster-name": "demo" },
      network: {
        service: { port: 3000 },
        heartbeat: { mode: "mesh", port: 3002, "mesh-seed-address-port": "ignored 1" },
        fabric: { port: 3001 },
      },
      namespaces: [
        {
          name: "test",
          "replication-factor": 2,
          "storage-engine": { device: ["/dev/xvda", "/dev/xvdb"] },
        },
      ],
      logging: [
        { name: "stderr", context: "any info" },
        { name: "/var/log/aerospike/aerospike.log", any: "info" },
      ],
      security: { "enable-quotas": false },
    }
    const frozen = JSON.stringify(config)
    const seeds = ["demo-1-0", "demo-1-1", "demo-2-0"].map((pod) => ({ host: `${pod}.demo.ns1.svc`, port: 3002 }))
    expect(Either.getOrThrow(render(withAccessAddresses(config, { accessType: "pod" }), seeds))).toBe(`logging {
	console {
		context any info
	}
	file /var/log/aerospike/aerospike.log {
		context any info
	}
}
namespace test {
	replication-factor 2
	storage-engine device {
		device /dev/xvda
		device /dev/xvdb
	}
}
network {
	fabric {
		port 3001
	}
	heartbeat {
		mode mesh
		port 3002
		mesh-seed-address-port demo-1-0.demo.ns1.svc 3002
		mesh-seed-address-port demo-1-1.demo.ns1.svc 3002
		mesh-seed-address-port demo-2-0.demo.ns1.svc 3002
	}
	service {
		access-address MY_POD_IP
		port 3000
	}
}
service {
	cluster-name demo
	proto-fd-max 15000
}
`)
    expect(JSON.stringify(config), "W27: the input is as before").toBe(frozen)
  })

  it.each<[string, JsonObject, string]>([
    ["nulls are left out, everywhere (W31)", { a: null, service: { b: null, c: 1 } }, "service {\n\tc 1\n}\n"],
    [
      "lists repeat the line",
      { network: { heartbeat: { address: ["any", "10.0.0.1"] } } },
      "network {\n\theartbeat {\n\t\taddress any\n\t\taddress 10.0.0.1\n\t}\n}\n",
    ],
    [
      "several contexts in one sink",
      { logging: [{ name: "console", context: ["any warning", "migrate debug"], hb: "info" }] },
      "logging {\n\tconsole {\n\t\tcontext any warning\n\t\tcontext migrate debug\n\t\tcontext hb info\n\t}\n}\n",
    ],
    [
      "a map of contexts",
      { logging: [{ name: "console", context: { any: "info", rw: "debug" } }] },
      "logging {\n\tconsole {\n\t\tcontext any info\n\t\tcontext rw debug\n\t}\n}\n",
    ],
    [
      "syslog",
      { logging: [{ name: "syslog", facility: "local1", any: "critical" }] },
      "logging {\n\tsyslog {\n\t\tcontext any critical\n\t\tfacility local1\n\t}\n}\n",
    ],
    [
      "storage engine without type",
      { namespaces: [{ name: "n", "storage-engine": { file: "/d/f", filesize: "4Gi" } }] },
      "namespace n {\n\tstorage-engine device {\n\t\tfile /d/f\n\t\tfilesize 4G\n\t}\n}\n",
    ],
    [
      "storage engine as word",
      { namespaces: [{ name: "n", "storage-engine": "memory" }] },
      "namespace n {\n\tstorage-engine memory\n}\n",
    ],
    [
      "sets",
      { namespaces: [{ name: "n", sets: [{ name: "s", "disable-eviction": true }] }] },
      "namespace n {\n\tset s {\n\t\tdisable-eviction true\n\t}\n}\n",
    ],
    [
      "a device and its shadow",
      { namespaces: [{ name: "n", "storage-engine": { device: "/dev/a /dev/b" } }] },
      "namespace n {\n\tstorage-engine device {\n\t\tdevice /dev/a /dev/b\n\t}\n}\n",
    ],
    [
      "other sections and lines",
      { "mod-lua": { "user-path": "/opt/lua" }, x: true },
      "mod-lua {\n\tuser-path /opt/lua\n}\nx true\n",
    ],
    ["large whole numbers without exponent", at(1e21), "service {\n\tcluster-name 1000000000000000000000\n}\n"],
  ])("%s", (_title, config, expected) => {
    expect(text(config)).toBe(expected)
  })

  it.each<[string, Json]>([
    ...[
      "a\nb",
      "a\rb",
      "a\vb",
      "a\fb",
      "a\tb",
      "a b",
      "a{",
      "}",
      "{",
      "a#b",
      "a;b",
      "\0",
      "\u0085",
      "\u2028",
      "\u2029",
      "",
      " ",
      "é",
    ].map((value): [string, Json] => [`refuses ${JSON.stringify(value)}`, value]),
    ...[990, 1030, 5000].map((length): [string, Json] => [`refuses ${length} characters`, "x".repeat(length)]),
    ["refuses fractions", 0.5],
    ["refuses a list within a list", [["a"]]],
  ])("R117: %s", (_title, value) => {
    expect(problems(at(value)).map(({ path }) => path)).toEqual([
      expect.stringMatching(/^spec\.aerospikeConfig\.service\.cluster-name/),
    ])
  })

  it.each<[string, JsonObject]>([
    ["key with newline", { service: { "a\nb": 1 } }],
    ["key with brace", { "a {": 1 }],
    ["key in upper case", { service: { Port: 1 } }],
    ["prototype key", JSON.parse('{"service":{"__proto__":{"x":1}}}') as JsonObject],
    ["namespace name", { namespaces: [{ name: "a {\n}" }] }],
    ["namespace without name", { namespaces: [{}] }],
    ["namespaces as a map", { namespaces: { test: {} } }],
    ["log file name", { logging: [{ name: "/a\n}" }] }],
    ["log sink without name", { logging: [{ any: "info" }] }],
    ["log level", { logging: [{ name: "console", any: "loud" }] }],
    ["log level that is more", { logging: [{ name: "console", context: "any info }" }] }],
    ["rack-id", { namespaces: [{ name: "n", "rack-id": 1 }] }],
    ["list item", { service: { address: ["ok", "a\nb"] } }],
    ["number as text with more", { service: { "proto-fd-max": "15000 }" } }],
    ["sections without end", { a: { b: { c: { d: { e: { f: { g: { h: 1 } } } } } } } }],
  ])("R118: refuses a hostile %s", (_title, config) => {
    expect(problems(config)).not.toEqual([])
  })

  it("S5: refuses a ninth seed", () => {
    const seeds = Array.from({ length: 9 }, (_, pod) => ({ host: `p-${pod}`, port: 3002 }))
    expect(Either.isLeft(render({ network: { heartbeat: {} } }, seeds))).toBe(true)
  })
})
