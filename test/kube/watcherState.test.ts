import { assert, describe, it } from "vitest"
import {
  KubeDecodeError,
  type KubeError,
  KubeStatusError,
  KubeTransportError,
  WatchIdleError,
} from "../../src/kube/KubeError.js"
import { compareVersions, laterVersion } from "../../src/domain/ResourceVersion.js"
import { defaultTiming } from "../../src/kube/WatcherOptions.js"
import { advanced, failed, initialState, listed, needsList, type WatcherState } from "../../src/kube/watcherState.js"

const where = { verb: "watch", resource: "pods" }
const status = (code: number, reason = "", extra: object = {}) =>
  new KubeStatusError({ ...where, status: code, reason, detail: "", ...extra })
const broken = new KubeTransportError({ ...where, reason: "Broken", cause: "reset" })
const watching: WatcherState = { ...listed(initialState, "100"), failures: 0 }

const after = (state: WatcherState, error: KubeError, at: { now?: number; random?: number } = {}) =>
  failed(state, "watch", error, defaultTiming, { now: at.now ?? 0, random: at.random ?? 1 })

/** Pauses of the same failure over and over. */
const pauses = (error: KubeError, times: number, random = 1): ReadonlyArray<number> => {
  const out: Array<number> = []
  let state = watching
  for (let i = 0; i < times; i++) {
    const next = after(state, error, { random })
    out.push(next.event.retryInMs)
    state = next.state
  }
  return out
}

describe("watcherState", () => {
  const rows: ReadonlyArray<readonly [string, KubeError, "100" | undefined]> = [
    ["R31 a reset resumes", broken, "100"],
    ["R37 silence resumes", new WatchIdleError({ ...where, idleMs: 1 }), "100"],
    ["R32 410 Gone lists again", status(410, "Gone"), undefined],
    ["R32 reason Expired lists again", status(410, "Expired"), undefined],
    ["R34 an error 500 resumes", status(500, "InternalError"), "100"],
    ["R34 an error 504 resumes", status(504, "Timeout"), "100"],
    [
      "R34 a version too large lists again",
      status(504, "Timeout", { details: { causes: [{ reason: "ResourceVersionTooLarge" }] } }),
      undefined,
    ],
    ["R35 an unreadable line lists again", new KubeDecodeError({ ...where, detail: "" }), undefined],
    ["R50 401 keeps the version", status(401, "Unauthorized"), "100"],
    ["R50 403 keeps the version", status(403, "Forbidden"), "100"],
    ["R46 429 keeps the version", status(429, "TooManyRequests"), "100"],
    ["R49 404 lists again", status(404, "NotFound"), undefined],
    ["400 (unreadable version) lists again", status(400, "BadRequest"), undefined],
  ]
  for (const [title, error, version] of rows) {
    it(title, () => {
      const next = after(watching, error)
      assert.strictEqual(next.state.resourceVersion, version)
      assert.strictEqual(next.event.error, error)
    })
  }

  it("R34 five refusals of one version in a row make it suspect, a line between clears it", () => {
    assert.isFalse(needsList(status(500), 4))
    assert.isTrue(needsList(status(500), 5))
    let state = watching
    for (let i = 0; i < 4; i++) state = after(state, status(500)).state
    assert.strictEqual(after(state, status(500)).state.resourceVersion, undefined)
    assert.strictEqual(after(advanced(state, "101", 0), status(500)).state.resourceVersion, "101")
  })

  it("R47 pauses double from 0.8 to 30 s and are 50-100 % of that", () => {
    assert.deepStrictEqual(pauses(broken, 8), [800, 1600, 3200, 6400, 12800, 25600, 30000, 30000])
    assert.deepStrictEqual(pauses(broken, 8, 0), [400, 800, 1600, 3200, 6400, 12800, 15000, 15000])
  })

  it("R33 at its longest even the shortest pause is above 10 s", () => {
    assert.isAbove(pauses(status(410, "Expired"), 10, 0)[9]!, 10_000)
  })

  it("R50 a refusal is asked again quickly once, then slowly, but within 60 s", () => {
    assert.deepStrictEqual(pauses(status(403, "Forbidden"), 4), [800, 30000, 30000, 30000])
  })

  it("R46 Retry-After is never undercut and gets jitter", () => {
    const error = status(429, "TooManyRequests", { retryAfterMs: 7000 })
    assert.strictEqual(after(watching, error, { random: 0 }).event.retryInMs, 7000)
    assert.strictEqual(after(watching, error, { random: 0.5 }).event.retryInMs, 7500)
  })

  it("back-off forgets only after two minutes without failure; a watch that says one thing and dies does not count", () => {
    let state = watching
    for (let i = 0; i < 5; i++) state = after(advanced(state, "101", 0), broken, { now: 1 }).state
    assert.strictEqual(state.backoffSteps, 5)
    const short = after(advanced(state, "102", 1000), broken, { now: 1000 + 119_999 })
    assert.strictEqual(short.state.backoffSteps, 6)
    const long = after(advanced(state, "102", 1000), broken, { now: 1000 + 120_000 })
    assert.strictEqual(long.state.backoffSteps, 1)
    assert.strictEqual(long.event.retryInMs, 800)
  })

  it("failures count up and a line resets them", () => {
    let state = watching
    for (let i = 1; i <= 3; i++) {
      const next = after(state, broken)
      assert.strictEqual(next.event.failures, i)
      state = next.state
    }
    assert.strictEqual(after(advanced(state, "101", 0), broken).event.failures, 1)
  })

  it("R43 a replayed older event does not move the resume point back", () => {
    assert.strictEqual(advanced(watching, "99", 0).resourceVersion, "100")
    assert.strictEqual(advanced(watching, "101", 0).resourceVersion, "101")
  })
})

describe("resourceVersion", () => {
  it("R20 versions are compared as integers beyond 2^53", () => {
    assert.isBelow(compareVersions("9007199254740993", "9007199254740994")!, 0)
    assert.isAbove(compareVersions("10", "9")!, 0)
    assert.strictEqual(compareVersions("7", "7"), 0)
    assert.strictEqual(compareVersions("abc", "7"), undefined)
    assert.strictEqual(laterVersion("18446744073709551616", "18446744073709551615"), "18446744073709551616")
    assert.strictEqual(laterVersion("abc", "def"), "def")
  })
})
