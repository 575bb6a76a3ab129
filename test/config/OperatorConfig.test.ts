import { expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { allSettings, defaults, load, OperatorConfig } from "../../src/config/OperatorConfig.js"
import { read, variableOf } from "../../src/config/Setting.js"

const withVariables = (variables: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

/** What is told about wrong settings. */
const problems = (flags: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>> = {}) =>
  load(flags).pipe(
    withVariables(variables),
    Effect.flip,
    Effect.map((error) => error.problems),
  )

describe("settings of the operator", () => {
  it("every entry has a flag and a variable of its own, a meaning and a default that it can read back", () => {
    const flags = allSettings.map(({ flag }) => flag)
    expect(new Set(flags).size).toBe(flags.length)
    for (const setting of allSettings) {
      expect(setting.flag).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(setting.meaning).toMatch(/^[A-Z].*[^.]$/)
      const shown = setting.shape.show(setting.fallback)
      if (shown === "") expect(setting.unset).toBeDefined()
      else expect(read(setting, { flag: shown, variable: undefined })).toMatchObject({ right: setting.fallback })
    }
  })

  it.effect("nothing given: the defaults", () =>
    Effect.gen(function* () {
      expect(yield* load().pipe(withVariables({}))).toEqual(defaults)
      const empty = Object.fromEntries(allSettings.map(({ flag }) => [variableOf(flag), ""]))
      expect(yield* load().pipe(withVariables(empty))).toEqual(defaults)
    }),
  )

  it.effect("every entry can be set by its variable, and its flag beats that", () =>
    Effect.gen(function* () {
      const variables = {
        ACKO_WATCH_NAMESPACES: "a, b,a",
        ACKO_KUBECONFIG: "/tmp/config",
        ACKO_CONTEXT: "admin@lab",
        ACKO_CONCURRENCY: "2",
        ACKO_PASS_TIMEOUT: "30s",
        ACKO_NODE_TIMEOUT: "1500ms",
        ACKO_POLL_INTERVAL: "5 seconds",
        ACKO_RESYNC: "1h",
        ACKO_CLIENT_VIEW: "no",
        ACKO_HEALTH_HOST: "::1",
        ACKO_HEALTH_PORT: "0",
        ACKO_WEBHOOK: "on",
        ACKO_WEBHOOK_HOST: "::1",
        ACKO_WEBHOOK_PORT: "10250",
        ACKO_WEBHOOK_DRAIN: "3s",
        ACKO_WEBHOOK_CERT_DIR: "/certificates",
        ACKO_WEBHOOK_SERVICE: "hook",
        ACKO_WEBHOOK_NAMESPACE: "acko",
        ACKO_WEBHOOK_CONFIGURATION: "hooks.example.com",
        ACKO_LEADER_ELECT: "true",
        ACKO_LEASE_NAMESPACE: "acko",
        ACKO_LEASE_NAME: "other.example.com",
        ACKO_LEASE_DURATION: "30s",
        ACKO_RENEW_DEADLINE: "20s",
        ACKO_RETRY_PERIOD: "4s",
        ACKO_LOG_LEVEL: "debug",
        ACKO_LOG_FORMAT: "logfmt",
        ACKO_SAFETY_READ_GAP: "1s",
        ACKO_SAFETY_FRESH: "1s",
        ACKO_SAFETY_MAX_AGE: "5s",
        ACKO_FACTS_PACE: "100ms",
        ACKO_FACTS_REFRESH: "2m",
        ACKO_STATUS_COALESCE: "0s",
        ACKO_FALLBACK_REQUEUE: "30s",
        ACKO_MAX_RETRY_DELAY: "10m",
      }
      expect(Object.keys(variables).sort()).toEqual(allSettings.map(({ flag }) => variableOf(flag)).sort())
      const settings = yield* load({ concurrency: "3" }, "1.2.3").pipe(withVariables(variables))
      expect(settings).toEqual({
        watchNamespaces: ["a", "b"],
        kubeconfig: "/tmp/config",
        context: "admin@lab",
        concurrency: 3,
        passTimeoutMs: 30_000,
        nodeTimeoutMs: 1_500,
        pollIntervalMs: 5_000,
        resyncMs: 3_600_000,
        clientView: false,
        healthHost: "::1",
        healthPort: 0,
        webhook: true,
        webhookHost: "::1",
        webhookPort: 10_250,
        webhookDrainMs: 3_000,
        webhookCertDir: "/certificates",
        webhookService: "hook",
        webhookNamespace: "acko",
        webhookConfiguration: "hooks.example.com",
        leaderElect: true,
        leaseNamespace: "acko",
        leaseName: "other.example.com",
        leaseDurationMs: 30_000,
        renewDeadlineMs: 20_000,
        retryPeriodMs: 4_000,
        logLevel: "debug",
        logFormat: "logfmt",
        decision: {
          operatorVersion: "1.2.3",
          safetyReadGapMs: 1_000,
          safetyFreshMs: 1_000,
          safetyMaxAgeMs: 5_000,
          factsPaceMs: 100,
          factsRefreshMs: 120_000,
          statusCoalesceMs: 0,
          fallbackRequeueMs: 30_000,
          maxRetryDelayMs: 600_000,
        },
      })
    }),
  )

  it.effect("what cannot be used is named with its value, the reason and what would do; all of it at once", () =>
    Effect.gen(function* () {
      expect(yield* problems({ "health-port": "99999" }, { ACKO_CONCURRENCY: "many", ACKO_RESYNC: "600" })).toEqual([
        'ACKO_CONCURRENCY: "many" is wrong, it must be a whole number from 1 to 1000; for example ACKO_CONCURRENCY=64 (the default)',
        'ACKO_RESYNC: "600" is wrong, it must be a duration with a unit (ms, s, m, h) from 10s to 24h; for example ACKO_RESYNC=5m (the default)',
        '--health-port: "99999" is wrong, it must be a whole number from 0 to 65535; for example --health-port=8081 (the default)',
      ])
      expect(yield* problems({ "watch-namespaces": "a,B" })).toEqual([
        '--watch-namespaces: "a,B" is wrong, it must be namespace names separated by commas (lower-case letters, digits and -), and "B" is none; leave it out for the default',
      ])
      expect((yield* problems({ "log-format": "xml" }))[0]).toContain("one of auto, json, logfmt, pretty")
      expect((yield* problems({ "leader-elect": "perhaps" }))[0]).toContain("must be true or false")
      expect((yield* problems({ "lease-name": "Not_A_Name" }))[0]).toContain("an object name")
      expect((yield* problems({ "health-host": "http://x/" }))[0]).toContain("without a port")
      expect((yield* problems({ kubeconfig: "" }))[0]).toContain("not empty")
    }),
  )

  it.effect("S3: times that protect data can only be made stricter", () =>
    Effect.gen(function* () {
      const flags = { "safety-read-gap": "1ms", "safety-fresh": "1m", "safety-max-age": "1m" }
      expect(yield* problems(flags)).toHaveLength(3)
    }),
  )

  it.effect("S3: two looks at the nodes can be as far apart as demanded before the first is too old to count", () =>
    Effect.gen(function* () {
      expect(yield* problems({ "safety-read-gap": "2s", "safety-max-age": "3s" })).toEqual([
        "--safety-read-gap (ACKO_SAFETY_READ_GAP): must be at most half of --safety-max-age, which is 3s; make it shorter, or --safety-max-age longer",
      ])
      expect(yield* problems({ "safety-read-gap": "10s" })).toHaveLength(1)
      const { decision } = yield* load({ "safety-read-gap": "2s", "safety-max-age": "4s" }).pipe(withVariables({}))
      expect(decision).toMatchObject({ safetyReadGapMs: 2_000, safetyMaxAgeMs: 4_000 })
    }),
  )

  it.effect("S4: the leader must stop before others may start", () =>
    Effect.gen(function* () {
      expect(yield* problems({ "renew-deadline": "15s" })).toEqual([
        "--renew-deadline (ACKO_RENEW_DEADLINE): must be less than --lease-duration, which is 15s; make it shorter, or --lease-duration longer",
      ])
      expect(yield* problems({ "retry-period": "10s" })).toHaveLength(1)
    }),
  )

  it.effect("the layer from the environment fails in the same words", () =>
    Effect.gen(function* () {
      const error = yield* OperatorConfig.pipe(
        Effect.provide(OperatorConfig.layerFromEnv),
        withVariables({ ACKO_NODE_TIMEOUT: "soon" }),
        Effect.flip,
      )
      expect(error.message).toMatch(/^wrong setting: ACKO_NODE_TIMEOUT: "soon" is wrong/)
    }),
  )
})
