import { describe, expect, it } from "vitest"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../../src/decide/crd.js"
import { Kinds, type KubeObject } from "../../../src/domain/Kubernetes.js"
import { exampleObject, ruleExamples } from "../../support/ruleExamples.js"
import { failureOf, namespace, serverAt } from "../../testing/kube/support.js"

const makeServer = () => {
  const { server } = serverAt(0)
  for (const crd of [aerospikeClusterCrd(), aerospikeClusterTemplateCrd()])
    server.create(Kinds.CustomResourceDefinition, crd)
  return server
}

/** The messages of all rules below a node. */
const messages = (node: unknown): ReadonlyArray<string> =>
  Array.isArray(node)
    ? node.flatMap(messages)
    : typeof node === "object" && node !== null
      ? Object.entries(node).flatMap(([key, value]) =>
          key === "x-kubernetes-validations"
            ? (value as ReadonlyArray<{ message: string }>).map(({ message }) => message)
            : messages(value),
        )
      : []

describe("rules of the definitions", () => {
  const server = makeServer()

  it.each(ruleExamples.map((example, index) => [example.id, example.says, example, index] as const))(
    "%s: %s",
    (_id, says, { kind, accepted, refused, before }, index) => {
      const object = (spec: object): KubeObject => exampleObject(kind, `example-${index}`, { ...spec }, namespace)
      if (before === undefined) {
        expect(failureOf(() => server.create(kind, object(refused))).message).toContain(says)
        server.create(kind, object(accepted))
        return
      }
      const { metadata } = server.create(kind, object(before.spec))
      const ref = { namespace, name: metadata.name ?? "" }
      if (before.status !== undefined)
        server.patch(kind, ref, { type: "merge", subresource: "status", body: { status: before.status } })
      const replace = (spec: object) => server.replace(kind, { ...server.get(kind, ref), spec })
      expect(failureOf(() => replace(refused)).message).toContain(says)
      replace(accepted)
    },
  )

  it("each has an example", () => {
    const told = ruleExamples.map(({ says }) => says)
    for (const message of messages([aerospikeClusterCrd(), aerospikeClusterTemplateCrd()]))
      expect(
        told.some((says) => message.includes(says)),
        message,
      ).toBe(true)
  })
})
