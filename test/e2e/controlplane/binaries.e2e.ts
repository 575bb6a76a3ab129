/** Where the programs come from, and what somebody is told who has none. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import { tmpdir } from "node:os"
import { afterEach, describe, expect, it, vi } from "vitest"
import { findBinaries, isNewEnough, pinnedIn } from "./binaries.js"

const refusal = () => Effect.runPromise(Effect.flip(Effect.provide(findBinaries, NodeContext.layer)))

describe("the programs of the control plane", () => {
  afterEach(() => vi.unstubAllEnvs())

  it.each([
    ["go1.26.0", "1.26.0", true],
    ["go1.26.8", "1.26.0", true],
    ["go1.27rc1", "1.26.0", true],
    ["go2.0", "1.26.0", true],
    ["go1.25.9", "1.26.0", false],
    ["go1.9", "1.26.0", false],
    ["unknown", "1.26.0", false],
  ])("%s for %s: %s", (found, least, isEnough) => {
    expect(isNewEnough(found, least)).toBe(isEnough)
  })

  it("versions are read from the module file", () => {
    const text =
      "module m\n\ngo 1.26.0\n\nrequire (\n\tgo.etcd.io/etcd/server/v3 v3.7.0\n\tk8s.io/kubernetes v1.37.2\n)\n"
    expect(pinnedIn(text)).toEqual({ go: "1.26.0", kubernetes: "v1.37.2", etcd: "v3.7.0" })
  })

  it("a folder without them is named, with what is missing", async () => {
    vi.stubEnv("KUBEBUILDER_ASSETS", tmpdir())
    expect((await refusal()).message).toBe(
      `no control plane: KUBEBUILDER_ASSETS is ${tmpdir()}, but not in it: etcd, kube-apiserver, kube-controller-manager`,
    )
  })

  it("without Go: what to install, or what to set", async () => {
    vi.stubEnv("KUBEBUILDER_ASSETS", "")
    vi.stubEnv("XDG_CACHE_HOME", `${tmpdir()}/acko-no-cache-${process.pid}`)
    vi.stubEnv("PATH", "")
    const { message } = await refusal()
    expect(message).toMatch(
      /`go` does not run\. Install Go 1\.\d+\.\d+ or later, or set KUBEBUILDER_ASSETS to a folder/,
    )
  })
})
