/** Admission against what real servers did: it refuses what they refuse, and says why where it is stricter or cannot know. */
import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { effectiveCluster } from "../../../src/decide/effective/effectiveCluster.js"
import type { SpecProblem } from "../../../src/domain/SpecProblem.js"
import { clusterView } from "../../support/clusterView.js"
import { configTreeOf } from "../../support/configTree.js"
import { parserStarts, ruleStarts, type ServerStart } from "../../support/serverStarts.js"
import { fileWith, wrongNames } from "../../support/wrongNames.js"

const problemsOf = (text: string, image: string): ReadonlyArray<SpecProblem> =>
  Either.match(effectiveCluster(clusterView({ image, aerospikeConfig: configTreeOf(text) })), {
    onLeft: (problems) => problems,
    onRight: () => [],
  })

const verdict = (text: string, image: string): string => (problemsOf(text, image).length === 0 ? "accepted" : "refused")

/** Accepted although the server of the recording did not start. */
const acceptedBecause: Readonly<Record<string, string>> = {
  "required.cluster-name": "the operator fills it in",
  "required.service-port": "the operator fills it in",
  "required.heartbeat-port": "the operator fills it in",
  "required.fabric-port": "the operator fills it in",
  "required.heartbeat-mode": "the operator fills it in",
  "required.work-directory": "the image has it",
  "required.smd-directory": "the image has it",
  "required.lua-directory": "the image has it",
  "dev.file-open": "known only on the host",
  "dev.device-open": "known only on the host",
  "hb.seeds-max": "the operator writes the seeds itself",
  "addr.unresolvable": "known only in the cluster's network",
  "addr.foreign": "known only in the cluster's network",
  "access.unresolvable": "known only in the cluster's network",
  "node-id.interface": "known only on the host",
  "fd.limit": "known only on the host",
  "best-practices": "known only on the host; a warning",
  "user.unknown": "known only in the image",
  "group.unknown": "known only in the image",
  "log.file": "known only on the host",
  "log.syslog": "known only on the host",
  "enterprise stanza security": "accepted, not rendered; a warning",
}

/** Refused although the server started. */
const refusedBecause: Readonly<Record<string, string>> = {
  "ns.name-missing": "the namespace would be called {",
  "set.name-missing": "the set would be called {",
  "rf.vs-cluster": "more replicas than nodes (V49)",
  "hb.multicast": "no multicast in Kubernetes (V13)",
  "quoted value": "the server would read something else",
  "extra tokens after value": "the server would ignore a part",
  "int suffix only (K)": "the server would read 0",
  "u32 wraps at 2^64": "the server would read another number",
  "run-as-daemon without value": "no value",
  "port with K suffix (3K = 3072)": "services and probes need the number",
  "cluster-name with punctuation": "separators of the info protocol",
  "cluster-name utf-8": "names are plain",
  "namespace name punctuation a.b:c;d=e": "separators of the info protocol",
  "cluster-name two words (second ignored)": "the server would ignore a part",
}

/** How the file is written, not what it says: the renderer writes none of these. */
const formOnly = new Set([
  "section opening brace on the next line",
  "section without opening brace",
  "closing brace on the line of the last key",
  'one-line section "mod-lua { }"',
  "missing last closing brace",
  "extra closing brace at end",
  "value starts with hash",
  "empty file",
  "utf-8 BOM",
  "comment line of 1025 bytes incl newline",
  "comment line of 1030 bytes incl newline",
])

const expected = (id: string, outcome: string): string => {
  if (acceptedBecause[id] !== undefined) return "accepted"
  if (refusedBecause[id] !== undefined) return "refused"
  return outcome === "starts" ? "accepted" : "refused"
}

const judged = (starts: ReadonlyArray<ServerStart>): void => {
  const cases = starts.filter(({ id }) => !formOnly.has(id))
  it.each(cases)("8.1.2.0: $id", ({ id, text, outcome }) => {
    expect(verdict(text, "aerospike:ce-8.1.2.0")).toBe(expected(id, outcome))
  })
  it.each(cases)("8.0.0.15: $id", ({ id, text, outcome, outcome80 }) => {
    expect(verdict(text, "aerospike:ce-8.0.0.15")).toBe(expected(id, outcome80 ?? outcome))
  })
}

describe("X-01: rules at start", () => {
  judged(ruleStarts)
})

describe("X-01: ways to write a value", () => {
  judged(parserStarts)
})

describe("X-01: names the server does not know", () => {
  const image = (release: string): string => (release === "8.0" ? "aerospike:8.0.0.15" : "aerospike:8.1.2.0")

  /** In a resource these say something else: the name of a sink or a namespace, a log context. */
  const means = new Set(["logging any", "logging name", "namespace name"])

  it.each(wrongNames.filter(({ section, name }) => !means.has(`${section} ${name}`)))(
    "$release: $name in $section",
    ({ release, section, name }) => {
      const problems = problemsOf(fileWith(section, `${name} 1`), image(release))
      expect(problems.map(({ path }) => path.split(".").at(-1))).toContain(section === "network.admin" ? "admin" : name)
      for (const { message, fix } of problems) expect([message, fix]).not.toContain("")
    },
  )

  it.each([
    ["service", "proto-fd-maxx 15000", "write proto-fd-max, the nearest name, or remove it"],
    ["service", "batch_index_threads 4", "write batch-index-threads, the nearest name, or remove it"],
    ["service", "Migrate-Threads 4", "write migrate-threads, the nearest name, or remove it"],
    ["service", "feature-key-files x", "remove it; the nearest name is advertise-ipv6"],
    ["network.service", "addresses any", "write address, the nearest name, or remove it"],
    ["network.service", "access-addresses 10.0.0.1", "write access-address, the nearest name, or remove it"],
    ["network.heartbeat", "intreval 150", "write interval, the nearest name, or remove it"],
    ["namespace", "data-size 1G", "move it to namespaces[].storage-engine of type memory, where data-size belongs"],
    [
      "namespace",
      "stop-writes-used-pct 70",
      "move it to namespaces[].storage-engine of type device, where stop-writes-used-pct belongs",
    ],
    ["namespace", "replication-facto 2", "write replication-factor, the nearest name, or remove it"],
    [
      "namespace.storage-engine memory",
      "post-write-cache 1G",
      "move it to namespaces[].storage-engine of type device, where post-write-cache belongs",
    ],
    ["namespace.storage-engine device", "devices /dev/a", "write device, the nearest name, or remove it"],
    [
      "namespace.storage-engine device",
      "data-size 1G",
      "move it to namespaces[].storage-engine of type memory, where data-size belongs",
    ],
    ["namespace.set", "stop-write-count 1", "write stop-writes-count, the nearest name, or remove it"],
    ["mod-lua", "cache-size 1", "remove it; the nearest name is cache-enabled"],
  ])("%s { %s }: %s", (section, line, fix) => {
    expect(problemsOf(fileWith(section, line), "aerospike:8.1.2.0").map((problem) => problem.fix)).toEqual([fix])
  })
})
