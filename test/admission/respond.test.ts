import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { decodeReview } from "../../src/admission/AdmissionReview.js"
import { type Endpoint, endpoints } from "../../src/admission/endpoints.js"
import { denial, warningTexts } from "../../src/admission/messages.js"
import { respond } from "../../src/admission/respond.js"
import { cloneJson } from "../../src/testing/kube/json.js"
import { jsonPatch } from "../../src/testing/kube/patch/jsonPatch.js"
import { cluster, goodSpec, review } from "./support.js"

const endpoint = (path: string): Endpoint => endpoints.find((known) => known.path.startsWith(path))!
const mutating = endpoint("/mutate-acko-io-v1alpha1-aerospikecluster")
const validating = endpoint("/validate-acko-io-v1alpha1-aerospikecluster")

const answer = (to: Endpoint, object: unknown, request: Readonly<Record<string, unknown>> = {}) =>
  respond(to, Either.getOrThrow(decodeReview(JSON.stringify(review(object, request)))))

describe("what the webhook answers", () => {
  it("serves the four paths that ACKO's configurations name", () => {
    expect(endpoints.map(({ name, path }) => [name, path])).toEqual([
      ["maerospikecluster.kb.io", "/mutate-acko-io-v1alpha1-aerospikecluster"],
      ["vaerospikecluster.kb.io", "/validate-acko-io-v1alpha1-aerospikecluster"],
      ["maerospikeclustertemplate.kb.io", "/mutate-acko-io-v1alpha1-aerospikeclustertemplate"],
      ["vaerospikeclustertemplate.kb.io", "/validate-acko-io-v1alpha1-aerospikeclustertemplate"],
    ])
  })

  it("the patch adds the defaults and nothing else; once applied there is none", () => {
    const object = cluster({ ...goodSpec, futureField: { kept: true } }, { labels: { "a/b~c": "1" } })
    const { allowed, patch, patchType } = answer(mutating, object)
    expect([allowed, patchType]).toEqual([true, "JSONPatch"])
    const operations: unknown = JSON.parse(Buffer.from(patch ?? "", "base64").toString())
    const defaulted = jsonPatch(cloneJson(object), operations)
    expect(defaulted).toMatchObject({
      ...object,
      spec: { ...goodSpec, futureField: { kept: true }, aerospikeConfig: { service: { "cluster-name": "db" } } },
    })
    expect(answer(mutating, defaulted)).toEqual({ uid: "u1", allowed: true })
  })

  it("a refusal is 403 Forbidden with every field that is wrong; defaulting leaves it to validation", () => {
    const object = cluster({
      size: 3,
      image: "aerospike:ee-8.0",
      aerospikeConfig: { network: { service: 1 }, xdr: {} },
    })
    const { allowed, status } = answer(validating, object)
    expect(allowed).toBe(false)
    expect(status).toMatchObject({ code: 403, reason: "Forbidden" })
    expect(status?.message).toMatch(/^validation failed: .*spec\.image: .*fix: /)
    expect(answer(mutating, object).allowed).toBe(true)
  })

  it("warnings come with the verdict, not with the defaults", () => {
    const object = cluster({ ...goodSpec, image: "aerospike" })
    expect(answer(validating, object)).toMatchObject({
      allowed: true,
      warnings: [expect.stringMatching(/^spec\.image: /)],
    })
    expect(answer(mutating, object).warnings).toBeUndefined()
  })

  it("dry run: the same answer", () => {
    const bad = cluster({ ...goodSpec, size: 9 })
    for (const to of [mutating, validating]) expect(answer(to, bad, { dryRun: true })).toEqual(answer(to, bad))
  })

  it("B19: an object that is being deleted may lose its finalizers, however wrong it is", () => {
    const leaving = cluster({ size: 99 }, { deletionTimestamp: "2026-01-01T00:00:00Z" })
    for (const to of [mutating, validating]) {
      expect(answer(to, leaving, { operation: "UPDATE", oldObject: cluster({ size: 99 }) })).toEqual({
        uid: "u1",
        allowed: true,
      })
    }
  })

  it("deletion, connections and subresources are allowed unseen", () => {
    expect(answer(validating, null, { operation: "DELETE" }).allowed).toBe(true)
    expect(answer(validating, null, { operation: "CONNECT" }).allowed).toBe(true)
    expect(answer(validating, { kind: "Scale" }, { operation: "UPDATE", subResource: "scale" }).allowed).toBe(true)
  })

  it("another kind, or none, is 400", () => {
    const template = { ...cluster({}), kind: "AerospikeClusterTemplate" }
    expect(answer(validating, template)).toMatchObject({ allowed: false, status: { code: 400 } })
    expect(answer(validating, null)).toMatchObject({ allowed: false, status: { code: 400 } })
    expect(answer(endpoint("/validate-acko-io-v1alpha1-aerospikeclustertemplate"), template).allowed).toBe(true)
  })

  it("a subresource that is null is none: the resource is judged", () => {
    expect(answer(validating, cluster({ ...goodSpec, size: 9 }), { subResource: null }).allowed).toBe(false)
  })
})

describe("what is no review", () => {
  const wrong: ReadonlyArray<readonly [string, string, RegExp]> = [
    ["nothing", "", /not JSON/],
    ["a half", "{", /not JSON/],
    ["null", "null", /AdmissionReview/],
    ["a list", "[]", /AdmissionReview/],
    ["an empty object", "{}", /apiVersion: is missing; kind: is missing; request: is missing/],
    [
      "another version",
      JSON.stringify({ ...review(cluster({})), apiVersion: "admission.k8s.io/v1beta1" }),
      /apiVersion: /,
    ],
    ["no uid", JSON.stringify(review(cluster({}), { uid: "" })), /request\.uid/],
    ["another operation", JSON.stringify(review(cluster({}), { operation: "PATCH" })), /request\.operation/],
    ["a list as object", JSON.stringify(review([])), /request\.object: must be a resource/],
    ["deep lists", "[".repeat(100_000), /nested deeper than 256/],
    ["deep objects", `{"a":`.repeat(100_000), /nested deeper than 256/],
  ]
  it.each(wrong)("R115: %s is told what is missing", (_, text, message) => {
    expect(decodeReview(text)).toMatchObject({ _tag: "Left", left: expect.stringMatching(message) as string })
  })

  it("brackets inside strings do not nest", () => {
    const text = JSON.stringify(review(cluster({ image: `\\"${"[{".repeat(1_000)}` })))
    expect(Either.isRight(decodeReview(text))).toBe(true)
  })
})

describe("texts", () => {
  const finding = (message: string, rule = "V1") => ({ rule, path: "spec.size", message, fix: "f" })

  it("R128: nothing of a resource moves a cursor or hides text", () => {
    const text = denial("validation failed", [finding("\u001b[2J\r\nBell\u0007 \u202eright\u202c \u2028 \u0085")])
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(text).toContain("\\u{1b}[2J")
  })

  it("a refusal stays readable: what does not fit is counted", () => {
    const text = denial(
      "validation failed",
      Array.from({ length: 100 }, () => finding("x".repeat(5_000))),
    )
    expect(text.length).toBeLessThan(9_000)
    expect(text).toMatch(/; and 9\d more$/)
  })

  it("rules about changes stand alone, as in ACKO (V54–V56)", () => {
    expect(denial("validation failed", [finding("m", "V56")])).toBe("spec.size: m; fix: f")
  })

  it("counts the warnings that do not fit", () => {
    const warnings = (count: number) => warningTexts(Array.from({ length: count }, (_, n) => finding(`odd ${n}`)))
    expect(warnings(32)).toHaveLength(32)
    expect(warnings(32).at(-1)).toContain("odd 31")
    expect(warnings(40)).toHaveLength(32)
    expect(warnings(40).at(-1)).toBe("and 9 more warnings; `acko validate` tells them all")
  })
})
