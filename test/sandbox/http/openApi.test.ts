import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe, expect } from "vitest"
import { aerospikeClusterCrd } from "../../../src/decide/crd.js"
import { Kinds } from "../../../src/domain/Kubernetes.js"
import { encodeOpenApi } from "../../../src/sandbox/http/openApiProtobuf.js"
import { isMap, type Json, type JsonMap, listAt, mapAt, stringAt, textOf } from "../../../src/testing/kube/json.js"
import { ask, makeWorld } from "./support.js"

const oldForm = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
const newForm = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
const clusterName = "io.acko.v1alpha1.AerospikeCluster"

/** What clients from before v3 cannot parse, by the path of the schema. One such place, and they refuse the whole document. */
const unreadable = (definitions: JsonMap, schema: Json | undefined, path: string): ReadonlyArray<string> => {
  if (!isMap(schema)) return [`${path}: no schema`]
  const reference = stringAt(schema, "$ref")
  if (reference !== undefined) {
    const isKnown = Object.hasOwn(definitions, reference.replace("#/definitions/", ""))
    return isKnown && Object.keys(schema).length === 1 ? [] : [`${path}: ${reference}`]
  }
  const type = schema["type"]
  if (type !== undefined && !["object", "array", "string", "integer", "number", "boolean"].includes(textOf(type)))
    return [`${path}: type ${JSON.stringify(type)}`]
  if (type === "array" && mapAt(schema, "items") === undefined) return [`${path}: no items`]
  const inside: ReadonlyArray<readonly [string, Json | undefined]> = [
    ...Object.entries(mapAt(schema, "properties") ?? {}),
    ["[]", schema["items"]],
    ["{}", schema["additionalProperties"]],
  ]
  return inside.flatMap(([name, part]) => (part === undefined ? [] : unreadable(definitions, part, `${path}.${name}`)))
}

interface Field {
  readonly number: number
  readonly bytes: Buffer
}

/** Fields of a message; numbers and doubles as the bytes they take. */
const fieldsOf = (message: Buffer): ReadonlyArray<Field> => {
  const fields: Array<Field> = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++] ?? 0
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const wire = tag % 8
    const length = wire === 2 ? varint() : 8
    const from = at
    if (wire === 0) varint()
    else at += length
    fields.push({ number: Math.floor(tag / 8), bytes: message.subarray(from, at) })
  }
  expect(at).toBe(message.length)
  return fields
}
const part = (message: Buffer, ...path: ReadonlyArray<number>): Buffer =>
  path.reduce((inner, number) => fieldsOf(inner).find((field) => field.number === number)?.bytes ?? inner, message)
/** The member of that name of a message that is a map in its field 1. */
const member = (map: Buffer, name: string): Buffer => {
  const pair = fieldsOf(map).find(({ bytes }) => part(bytes, 1).toString() === name)
  return pair === undefined ? Buffer.alloc(0) : part(pair.bytes, 2)
}

const document = Effect.gen(function* () {
  const world = yield* makeWorld
  world.server.create(Kinds.CustomResourceDefinition, aerospikeClusterCrd())
  return { world, json: (yield* ask(world, "/openapi/v2")).json as JsonMap }
})

describe("OpenAPI v2", () => {
  it.scopedLive("holds nothing that old clients cannot parse, and all kinds with their contents", () =>
    Effect.gen(function* () {
      const { json, world } = yield* document
      const definitions = mapAt(json, "definitions") ?? {}
      expect(Object.entries(definitions).flatMap(([name, schema]) => unreadable(definitions, schema, name))).toEqual([])
      const kinds = Object.values(definitions).flatMap((schema) =>
        (listAt(schema, "x-kubernetes-group-version-kind") ?? []).map((kind) => stringAt(kind, "kind")),
      )
      expect(kinds.sort()).toEqual(
        world.server.registry
          .all()
          .map(({ kind }) => kind.kind)
          .sort(),
      )
      const spec = mapAt(definitions, clusterName, "properties", "spec", "properties")
      expect(spec).toMatchObject({ size: { type: "integer", maximum: 8 } })
      // What keeps unknown fields stays open: old clients would refuse what is not listed.
      expect(mapAt(spec, "aerospikeConfig")).not.toHaveProperty("properties")
      const pod = mapAt(definitions, "io.k8s.api.PodSpec", "properties")
      expect(pod).toMatchObject({
        containers: {
          items: { $ref: "#/definitions/io.k8s.api.Container" },
          "x-kubernetes-patch-merge-key": "name",
          "x-kubernetes-patch-strategy": "merge",
        },
      })
    }),
  )

  it.scopedLive("comes as protobuf in both spellings of the form, in a type that every client can parse", () =>
    Effect.gen(function* () {
      const { json, world } = yield* document
      for (const accept of [oldForm, newForm]) {
        const reply = yield* ask(world, "/openapi/v2", { headers: { accept } })
        expect([reply.status, reply.headers["content-type"]]).toEqual([200, newForm])
        expect(Number(reply.headers["content-length"])).toBe(encodeOpenApi(json).length)
      }
      const refused = yield* ask(world, "/openapi/v2", { headers: { accept: "application/x" } })
      expect(refused.status).toBe(406)
    }),
  )

  it.scopedLive("says the same in protobuf as in JSON", () =>
    Effect.gen(function* () {
      const { json } = yield* document
      const message = encodeOpenApi(json)
      expect(part(message, 1).toString()).toBe("2.0")
      expect(part(message, 2, 2).toString()).toMatch(/^v1\./)
      const definitions = part(message, 9)
      expect(fieldsOf(definitions)).toHaveLength(Object.keys(mapAt(json, "definitions") ?? {}).length)
      const cluster = member(definitions, clusterName)
      const extension = fieldsOf(cluster).find(
        ({ number, bytes }) => number === 31 && part(bytes, 1).toString() === "x-kubernetes-group-version-kind",
      )
      expect(JSON.parse(part(extension?.bytes ?? message, 2, 2).toString())).toEqual([
        { group: "acko.io", version: "v1alpha1", kind: "AerospikeCluster" },
      ])
      const size = member(part(member(part(cluster, 25), "spec"), 25), "size")
      expect(part(size, 22, 1).toString()).toBe("integer")
      expect(part(size, 7).readDoubleLE()).toBe(8)
      const path = fieldsOf(part(message, 8)).find(({ bytes }) => part(bytes, 1).toString().includes("/pods/"))
      expect(part(path?.bytes ?? message, 2, 8, 8, 1, 2, 3, 4).toString()).toBe("dryRun")
    }),
  )
})
