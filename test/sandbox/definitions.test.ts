import { expect } from "vitest"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ManifestError, parseManifest } from "../../src/sandbox/definitions.js"

it.effect("every document of a manifest is an object, empty ones are skipped", () =>
  Effect.gen(function* () {
    const object = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"
    expect(yield* parseManifest("a.yaml", `---\n${object}---\n# nothing\n---\n${object}`)).toHaveLength(2)
    const broken = yield* Effect.flip(parseManifest("b.yaml", "just text"))
    expect(broken).toBeInstanceOf(ManifestError)
    expect(broken.message).toBe("b.yaml: not a Kubernetes object")
    expect((yield* Effect.flip(parseManifest("c.yaml", "a: [1"))).message).toContain("c.yaml: ")
  }),
)
