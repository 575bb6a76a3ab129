import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe, expect } from "vitest"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../src/decide/crd.js"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import { operatorAdmission } from "../../src/sandbox/admission.js"
import { makeHttpFace } from "../../src/sandbox/http/HttpFace.js"
import { ApiFailure } from "../../src/testing/kube/ApiFailure.js"
import { makeServer } from "../../src/testing/kube/MemoryKube.js"
import { cluster, goodSpec, misspeltSpec } from "../admission/support.js"
import { failureOf } from "../testing/kube/support.js"
import { ask } from "./http/support.js"

const namespace: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: "aerospike" } }
const kind = Kinds.AerospikeCluster
const ref = { namespace: "aerospike", name: "db" }
const bad = cluster(misspeltSpec)

const world = makeServer({
  admission: [operatorAdmission],
  objects: [aerospikeClusterCrd(), aerospikeClusterTemplateCrd(), namespace],
})

describe("the sandbox refuses what the webhook refuses", () => {
  it.effect("create, update and apply, dry runs included, in the words of a webhook", () =>
    Effect.gen(function* () {
      const server = yield* world
      const denied = {
        code: 403,
        reason: "Forbidden",
        message: expect.stringMatching(
          /^admission webhook "vaerospikecluster\.kb\.io" denied the request: validation failed: spec\.aerospikeConfig\.namespaces\[0\]\.nsup-periood: .*fix: /,
        ) as string,
      }
      for (const dryRun of [true, false]) {
        expect(failureOf(() => server.create(kind, bad, { dryRun }))).toMatchObject(denied)
        expect(failureOf(() => server.apply(kind, bad, { fieldManager: "kubectl", dryRun }))).toMatchObject(denied)
      }
      expect(server.find(kind, ref)).toBeUndefined()
      server.create(kind, cluster(goodSpec))
      const patch = { type: "merge", body: { spec: misspeltSpec } } as const
      expect(failureOf(() => server.patch(kind, ref, patch))).toMatchObject(denied)
      expect(failureOf(() => server.patch(kind, ref, patch, { dryRun: true }))).toMatchObject(denied)
    }),
  )

  it.effect("defaults are stored; what the schema refuses never comes so far", () =>
    Effect.gen(function* () {
      const server = yield* world
      expect(server.create(kind, cluster(goodSpec))).toMatchObject({
        spec: { aerospikeConfig: { service: { "cluster-name": "db" }, network: { heartbeat: { mode: "mesh" } } } },
      })
      const failure = failureOf(() => server.create(kind, cluster({ ...goodSpec, size: 9 }, { name: "large" })))
      expect(failure).toMatchObject({ code: 422, reason: "Invalid" })
    }),
  )

  it.effect("the status is not asked about, whatever has become of the spec", () =>
    Effect.gen(function* () {
      let isOn = false
      const server = yield* makeServer({
        objects: [aerospikeClusterCrd(), namespace],
        admission: [
          { validating: (request, warn) => (isOn ? operatorAdmission.validating?.(request, warn) : undefined) },
        ],
      })
      const stored = server.create(kind, bad)
      isOn = true
      const label = { type: "merge", body: { metadata: { labels: { a: "b" } } } } as const
      expect(failureOf(() => server.patch(kind, ref, label)).code).toBe(403)
      const written = server.replace(kind, { ...stored, status: { phase: "Error" } }, { subresource: "status" })
      expect(written["status"]).toMatchObject({ phase: "Error" })
    }),
  )

  it.effect("B19: what is being deleted can lose its finalizer, even when it has become wrong", () =>
    Effect.gen(function* () {
      let isOn = false
      const server = yield* makeServer({
        objects: [aerospikeClusterCrd(), namespace],
        admission: [
          { validating: (request, warn) => (isOn ? operatorAdmission.validating?.(request, warn) : undefined) },
        ],
      })
      server.create(kind, { ...bad, metadata: { ...bad.metadata, finalizers: ["a.io/x"] } })
      isOn = true
      const patch = { type: "merge", body: { metadata: { finalizers: null } } } as const
      expect(failureOf(() => server.patch(kind, ref, patch)).code).toBe(403)
      server.remove(kind, ref)
      server.patch(kind, ref, patch)
      expect(server.find(kind, ref)).toBeUndefined()
    }),
  )

  it.scopedLive("warnings reach kubectl as headers, whatever is in them, with a refusal too", () =>
    Effect.gen(function* () {
      const warning = 'ünïcode "quoted" \\ …'
      const server = yield* makeServer({
        admission: [
          {
            validating: ({ name }, warn) => {
              warn(warning)
              return name === "refused" ? new ApiFailure(403, "Forbidden", "no") : undefined
            },
          },
        ],
      })
      const face = yield* makeHttpFace(server, { tokens: { secret: "tester" } })
      for (const [name, status] of [
        ["accepted", 201],
        ["refused", 403],
      ] as const) {
        const reply = yield* ask({ server, face }, "/api/v1/namespaces/default/configmaps", {
          method: "POST",
          body: JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } }),
          headers: { "content-type": "application/json" },
        })
        const text = Buffer.from(String(reply.headers["warning"]), "latin1").toString("utf8")
        expect([reply.status, text]).toEqual([status, '299 - "ünïcode \\"quoted\\" \\\\ …"'])
      }
    }),
  )
})
