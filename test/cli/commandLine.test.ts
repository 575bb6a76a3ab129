import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { help, parse } from "../../src/cli/commandLine.js"
import { allSettings } from "../../src/config/OperatorConfig.js"
import { variableOf } from "../../src/config/Setting.js"

const parsed = (...args: ReadonlyArray<string>) => Either.getOrThrow(parse(args, allSettings))
const refused = (...args: ReadonlyArray<string>) => Either.getOrThrow(Either.flip(parse(args, allSettings))).message

describe("the command line of the operator", () => {
  it("reads --flag=value, --flag value, switches and their negation; the last of several counts", () => {
    expect(parsed("--health-port=1", "--concurrency", "2", "--leader-elect", "--no-client-view")).toEqual({
      "health-port": "1",
      concurrency: "2",
      "leader-elect": "true",
      "client-view": "false",
    })
    expect(parsed("--leader-elect=false", "--health-port", "1", "--health-port", "2")).toEqual({
      "leader-elect": "false",
      "health-port": "2",
    })
    expect(parsed("--context=a=b", "--kubeconfig", "--odd-name")).toEqual({ context: "a=b", kubeconfig: "--odd-name" })
  })

  it("lists may be repeated or joined", () => {
    expect(parsed("--watch-namespaces", "a,b", "--watch-namespaces=c")).toEqual({ "watch-namespaces": "a,b,c" })
  })

  it("says what it does not understand, and where to look", () => {
    expect(refused("--leader-elekt")).toBe("unknown flag --leader-elekt; see `acko operator --help`")
    expect(refused("--no-health-port")).toContain("unknown flag --no-health-port")
    expect(refused("start")).toContain('unexpected argument "start"')
    expect(refused("--lease-name")).toContain("--lease-name needs a value: --lease-name=<name>")
  })

  it("help shows every setting with its flag, variable, meaning and default", () => {
    const text = help(allSettings)
    for (const { flag, meaning } of allSettings) {
      expect(text).toMatch(new RegExp(`^  --(\\[no-\\])?${flag}\\b`, "m"))
      expect(text).toContain(`Variable: ${variableOf(flag)}\n`)
      expect(text).toContain(`      ${meaning}.\n`)
    }
    expect(text.match(/Default: \S/g)).toHaveLength(allSettings.length)
    expect(text).toContain("Default: 15s. Variable: ACKO_LEASE_DURATION")
  })
})
