import { describe, expect, it } from "vitest"
import { Kinds, type KubeObject } from "../../../src/domain/Kubernetes.js"
import { listAt, textOf, valueAt } from "../../../src/testing/kube/json.js"
import { configMap, failureOf, namespace, ownerOf, pod, serverAt } from "./support.js"

const ref = (name: string) => ({ namespace, name })

describe("pods", () => {
  it("a running pod stays Terminating until the kubelet is done with it; grace can only shrink", () => {
    const { server, advance } = serverAt(1_000_000)
    server.create(Kinds.Pod, pod("p", { host: "h" }))
    const first = server.remove(Kinds.Pod, ref("p"))
    expect(first.gone).toBe(false)
    expect(first.object.metadata.deletionGracePeriodSeconds).toBe(30)
    expect(first.object.metadata.deletionTimestamp).toBe("1970-01-01T00:17:10Z")
    advance(1000)
    const again = server.remove(Kinds.Pod, ref("p"), { gracePeriodSeconds: 60 })
    expect(again.object.metadata.resourceVersion).toBe(first.object.metadata.resourceVersion)
    const shorter = server.remove(Kinds.Pod, ref("p"), { gracePeriodSeconds: 5 })
    expect(shorter.object.metadata.deletionTimestamp).toBe("1970-01-01T00:16:45Z")
    expect(server.remove(Kinds.Pod, ref("p"), { gracePeriodSeconds: 0 }).gone).toBe(true)
    expect(server.find(Kinds.Pod, ref("p"))).toBeUndefined()
  })

  it("an unscheduled pod is gone at once; a finalizer keeps even that (R89)", () => {
    const { server } = serverAt(0)
    server.create(Kinds.Pod, pod("p"))
    expect(server.remove(Kinds.Pod, ref("p")).gone).toBe(true)
    server.create(Kinds.Pod, pod("q", { metadata: { finalizers: ["acko.io/x"] } }))
    expect(server.remove(Kinds.Pod, ref("q"), { gracePeriodSeconds: 0 }).gone).toBe(false)
    server.patch(Kinds.Pod, ref("q"), { type: "merge", body: { metadata: { finalizers: [] } } })
    expect(server.find(Kinds.Pod, ref("q"))).toBeUndefined()
  })

  it("binding happens once", () => {
    const { server } = serverAt(0)
    server.create(Kinds.Pod, pod("p"))
    expect(valueAt(server.bind(ref("p"), "host-1"), "spec", "nodeName")).toBe("host-1")
    expect(failureOf(() => server.bind(ref("p"), "host-2")).code).toBe(409)
  })

  it("only images and a few others of a pod's spec change (R51)", () => {
    const { server } = serverAt(0)
    server.create(Kinds.Pod, pod("p"))
    const patch = (body: unknown) => server.patch(Kinds.Pod, ref("p"), { type: "strategic", body })
    patch({ spec: { containers: [{ name: "c", image: "x:2" }] } })
    const refused = failureOf(() => patch({ spec: { containers: [{ name: "c", command: ["sh"] }] } }))
    expect([refused.code, refused.message]).toEqual([
      422,
      expect.stringContaining("pod updates may not change fields other than"),
    ])
  })
})

describe("eviction", () => {
  const budget = (allowed: number): KubeObject => ({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "b", namespace },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: "a" } } },
    status: {
      disruptionsAllowed: allowed,
      currentHealthy: 3,
      desiredHealthy: 2,
      expectedPods: 3,
      observedGeneration: 1,
    },
  })
  const running = (name: string) => {
    const base = pod(name, { labels: { app: "a" }, host: "h" })
    return { ...base, status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } }
  }
  const world = (allowed: number) => {
    const { server } = serverAt(0)
    server.create(Kinds.PodDisruptionBudget, budget(allowed))
    const { status } = budget(allowed)
    server.patch(Kinds.PodDisruptionBudget, ref("b"), { type: "merge", body: { status }, subresource: "status" })
    for (const name of ["p", "q"]) {
      server.create(Kinds.Pod, running(name))
      const { status } = running(name)
      server.patch(Kinds.Pod, ref(name), { type: "merge", body: { status }, subresource: "status" })
    }
    return server
  }

  it("spends the budget, then refuses with 429 and the cause DisruptionBudget (R46)", () => {
    const server = world(1)
    expect(server.evict(ref("p")).object.metadata.deletionTimestamp).toBeDefined()
    expect(listAt(server.get(Kinds.Pod, ref("p")), "status", "conditions")).toContainEqual(
      expect.objectContaining({ type: "DisruptionTarget", status: "True" }),
    )
    const refused = failureOf(() => server.evict(ref("q")))
    expect([refused.code, refused.reason, refused.details?.causes?.[0]?.reason]).toEqual([
      429,
      "TooManyRequests",
      "DisruptionBudget",
    ])
    expect(refused.details?.retryAfterSeconds).toBeUndefined()
  })

  it("a budget the controller has not seen yet refuses with a retry hint", () => {
    const server = world(1)
    server.patch(Kinds.PodDisruptionBudget, ref("b"), { type: "merge", body: { spec: { maxUnavailable: 2 } } })
    const refused = failureOf(() => server.evict(ref("p")))
    expect([refused.code, refused.details?.retryAfterSeconds]).toEqual([429, 10])
  })

  it("a dry run spends nothing", () => {
    const server = world(1)
    server.evict(ref("p"), {}, { dryRun: true })
    expect(valueAt(server.get(Kinds.PodDisruptionBudget, ref("b")), "status", "disruptionsAllowed")).toBe(1)
    expect(server.get(Kinds.Pod, ref("p")).metadata.deletionTimestamp).toBeUndefined()
  })
})

describe("garbage collection", () => {
  it("goes by UID: dependents of an earlier object of the same name are collected (R26)", () => {
    const { server } = serverAt(0)
    const owner = server.create(Kinds.ConfigMap, configMap("owner"))
    server.create(Kinds.ConfigMap, configMap("child", {}, { ownerReferences: [ownerOf(owner)] }))
    server.collectGarbage()
    expect(server.find(Kinds.ConfigMap, ref("child"))).toBeDefined()
    server.remove(Kinds.ConfigMap, ref("owner"))
    server.create(Kinds.ConfigMap, configMap("owner"))
    expect(server.collectGarbage()).toBe(1)
    expect(server.find(Kinds.ConfigMap, ref("child"))).toBeUndefined()
    expect(server.collectGarbage()).toBe(0)
  })

  it("chains, and objects with another solid owner stay without the dangling reference", () => {
    const { server } = serverAt(0)
    const a = server.create(Kinds.ConfigMap, configMap("a"))
    const b = server.create(Kinds.ConfigMap, configMap("b", {}, { ownerReferences: [ownerOf(a)] }))
    const solid = server.create(Kinds.ConfigMap, configMap("solid"))
    server.create(Kinds.ConfigMap, configMap("c", {}, { ownerReferences: [ownerOf(b)] }))
    server.create(Kinds.ConfigMap, configMap("d", {}, { ownerReferences: [ownerOf(a), ownerOf(solid)] }))
    server.remove(Kinds.ConfigMap, ref("a"))
    server.collectGarbage()
    const names = server.list(Kinds.ConfigMap, { namespace }).items.map((item) => item.metadata.name)
    expect(names).toEqual(["d", "solid"])
    expect(server.get(Kinds.ConfigMap, ref("d")).metadata.ownerReferences?.map((o) => o.name)).toEqual(["solid"])
  })

  it("foreground: the owner goes last; orphan: the dependents stay (R98)", () => {
    const { server } = serverAt(0)
    for (const policy of ["Foreground", "Orphan"] as const) {
      const owner = server.create(Kinds.ConfigMap, configMap("owner"))
      const reference = ownerOf(owner, { controller: true, blockOwnerDeletion: true })
      server.create(
        Kinds.ConfigMap,
        configMap("child", {}, { ownerReferences: [reference], finalizers: ["acko.io/hold"] }),
      )
      const { object } = server.remove(Kinds.ConfigMap, ref("owner"), { propagationPolicy: policy })
      expect(object.metadata.finalizers).toEqual([policy === "Foreground" ? "foregroundDeletion" : "orphan"])
      server.collectGarbage()
      const child = server.get(Kinds.ConfigMap, ref("child"))
      if (policy === "Foreground") {
        expect(child.metadata.deletionTimestamp).toBeDefined()
        expect(server.find(Kinds.ConfigMap, ref("owner"))).toBeDefined()
      } else expect(child.metadata.ownerReferences).toBeUndefined()
      server.patch(Kinds.ConfigMap, ref("child"), { type: "merge", body: { metadata: { finalizers: null } } })
      server.collectGarbage()
      expect(server.find(Kinds.ConfigMap, ref("owner"))).toBeUndefined()
      if (policy === "Orphan") server.remove(Kinds.ConfigMap, ref("child"))
    }
  })

  it("a terminating namespace refuses new objects and empties itself (R50)", () => {
    const { server } = serverAt(0)
    server.create(Kinds.Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } })
    const object = { ...configMap("a"), metadata: { name: "a", namespace: "n", finalizers: ["acko.io/hold"] } }
    server.create(Kinds.ConfigMap, object)
    expect(server.remove(Kinds.Namespace, { name: "n" }).gone).toBe(false)
    const refused = failureOf(() =>
      server.create(Kinds.ConfigMap, { ...object, metadata: { name: "b", namespace: "n" } }),
    )
    expect([refused.code, refused.details?.causes?.[0]?.reason]).toEqual([403, "NamespaceTerminating"])
    server.collectGarbage()
    expect(server.find(Kinds.Namespace, { name: "n" })).toBeDefined()
    server.patch(
      Kinds.ConfigMap,
      { namespace: "n", name: "a" },
      { type: "merge", body: { metadata: { finalizers: null } } },
    )
    server.collectGarbage()
    expect(server.find(Kinds.Namespace, { name: "n" })).toBeUndefined()
  })
})

describe("events", () => {
  it("are one storage in two forms", () => {
    const { server } = serverAt(0)
    const seen: Array<string> = []
    server.watch(Kinds.CoreEvent, {}, ({ object }) => seen.push(textOf(valueAt(object, "message"))))
    server.create(Kinds.Event, {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: "e", namespace },
      eventTime: "2026-01-01T00:00:00.500000Z",
      action: "Rolling",
      reason: "Started",
      type: "Normal",
      note: "hello",
      reportingController: "acko",
      reportingInstance: "acko-0",
      regarding: { kind: "Pod", name: "p", namespace },
    })
    expect(seen).toEqual(["hello"])
    const [core] = server.list(Kinds.CoreEvent, { namespace, fieldSelector: "involvedObject.name=p" }).items
    expect(core).toMatchObject({
      apiVersion: "v1",
      eventTime: "2026-01-01T00:00:00.500000Z",
      reportingComponent: "acko",
    })
    expect(server.get(Kinds.Event, ref("e"))).toMatchObject({ apiVersion: "events.k8s.io/v1", note: "hello" })
  })

  it("the new form insists on its fields (R51)", () => {
    const { server } = serverAt(0)
    const fieldsRefused = (more: Record<string, unknown>) =>
      failureOf(() =>
        server.create(Kinds.Event, {
          apiVersion: "events.k8s.io/v1",
          kind: "Event",
          metadata: { name: "e", namespace },
          regarding: { namespace },
          type: "Normal",
          ...more,
        }),
      ).details?.causes?.map((c) => c.field)
    expect(fieldsRefused({})).toEqual(["eventTime"])
    expect(fieldsRefused({ eventTime: "2026-01-01T00:00:00.500000Z" })).toEqual([
      "reportingController",
      "reportingInstance",
      "action",
      "reason",
    ])
  })
})

describe("versions", () => {
  it("one counter, also above 2^53 (R20)", () => {
    const { server } = serverAt(0, { startVersion: "9007199254740993" })
    const a = server.create(Kinds.ConfigMap, configMap("a"))
    const b = server.create(Kinds.ConfigMap, configMap("b"))
    expect(BigInt(b.metadata.resourceVersion ?? "0") - BigInt(a.metadata.resourceVersion ?? "0")).toBe(1n)
    expect(server.list(Kinds.ConfigMap, {}).resourceVersion).toBe(b.metadata.resourceVersion)
  })

  it("a list newer than the server is 504 ResourceVersionTooLarge; an older one is served (R34)", () => {
    const { server } = serverAt(0)
    const refused = failureOf(() => server.list(Kinds.ConfigMap, { resourceVersion: "999999" }))
    expect([refused.code, refused.details?.causes?.[0]?.reason]).toEqual([504, "ResourceVersionTooLarge"])
    expect(server.list(Kinds.ConfigMap, { resourceVersion: "1" }).items).toEqual([])
  })

  it("beyond the window: watches and continue tokens are Expired, newer ones go on (R32, R33)", () => {
    const { server } = serverAt(0, { historyLimit: 4 })
    for (const name of ["a", "b", "c"]) server.create(Kinds.ConfigMap, configMap(name))
    const { continueToken = "", resourceVersion } = server.list(Kinds.ConfigMap, { limit: 1 })
    for (let i = 0; i < 10; i++) {
      server.patch(Kinds.ConfigMap, ref("a"), { type: "merge", body: { data: { i: String(i) } } })
    }
    expect(failureOf(() => server.list(Kinds.ConfigMap, { limit: 1, continueToken })).code).toBe(410)
    const late = failureOf(() => server.watch(Kinds.ConfigMap, { resourceVersion }, () => undefined))
    expect([late.code, late.reason]).toEqual([410, "Expired"])
    const types: Array<string> = []
    server.watch(Kinds.ConfigMap, { resourceVersion: String(BigInt(server.version()) - 2n) }, ({ type }) =>
      types.push(type),
    )
    expect(types).toEqual(["MODIFIED", "MODIFIED"])
  })

  it("every watcher sees one order, also when a watcher writes", () => {
    const { server } = serverAt(0)
    const orders: Array<Array<string>> = [[], []]
    const note = (at: number) => (line: { object: KubeObject }) =>
      orders[at]?.push(line.object.metadata.resourceVersion ?? "")
    server.watch(Kinds.ConfigMap, {}, (line) => {
      note(0)(line)
      if (line.object.metadata.name === "a") server.create(Kinds.ConfigMap, configMap("from-watcher"))
    })
    server.watch(Kinds.ConfigMap, {}, note(1))
    server.create(Kinds.ConfigMap, configMap("a"))
    expect(orders[0]).toEqual(orders[1])
    expect(orders[0]).toHaveLength(2)
  })

  it("sendInitialEvents ends with its bookmark", () => {
    const { server } = serverAt(0)
    server.create(Kinds.ConfigMap, configMap("a"))
    const lines: Array<string> = []
    server.watch(Kinds.ConfigMap, { sendInitialEvents: true, allowBookmarks: true }, ({ type, object }) =>
      lines.push(`${type} ${object.metadata.annotations?.["k8s.io/initial-events-end"] ?? ""}`),
    )
    expect(lines).toEqual(["ADDED ", "BOOKMARK true"])
  })

  it("stored objects cannot be changed from outside", () => {
    const { server } = serverAt(0)
    const sent = configMap("a", { k: "1" })
    const stored = server.create(Kinds.ConfigMap, sent)
    ;(sent["data"] as Record<string, string>)["k"] = "2"
    expect(() => Object.assign(stored["data"] as object, { k: "3" })).toThrow()
    expect(server.get(Kinds.ConfigMap, ref("a"))["data"]).toEqual({ k: "1" })
  })
})

describe("admission", () => {
  it("a mutator's changes are stored, a validator's refusal is the answer, and both see dry runs (R55)", () => {
    const { server } = serverAt(0, {
      admission: [
        {
          mutating: ({ kind, object }) =>
            kind.plural === "configmaps" && object !== undefined
              ? { ...object, metadata: { ...object.metadata, labels: { injected: "yes" } } }
              : undefined,
        },
      ],
    })
    expect(server.create(Kinds.ConfigMap, configMap("a")).metadata.labels).toEqual({ injected: "yes" })
  })
})

describe("size", () => {
  it("an object beyond etcd's limit is refused (R52)", () => {
    const { server } = serverAt(0)
    const refused = failureOf(() => server.create(Kinds.ConfigMap, configMap("a", { k: "x".repeat(1_100_000) })))
    expect(refused.code).toBe(422)
    const annotations = { a: "x".repeat(300_000) }
    expect(failureOf(() => server.create(Kinds.ConfigMap, configMap("a", {}, { annotations }))).message).toContain(
      "may not be more than 262144 bytes",
    )
  })
})
