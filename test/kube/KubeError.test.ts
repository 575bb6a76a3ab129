import { describe, expect, it } from "vitest"
import { KubeStatusError, KubeTransportError, NotSentError, WatchIdleError } from "../../src/kube/KubeError.js"

describe("errors of the Kubernetes API say where they happened", () => {
  it.each([
    [{ verb: "list", resource: "pods" }, "list pods"],
    [{ verb: "list", resource: "pods", namespace: "a" }, "list pods in a"],
    [{ verb: "get", resource: "pods", namespace: "a", name: "db-0" }, "get pods a/db-0"],
    [{ verb: "get", resource: "storageclasses", name: "fast" }, "get storageclasses fast"],
  ])("%o", (where, place) => {
    const errors = [
      new KubeTransportError({ ...where, reason: "Broken", cause: "reset" }),
      new KubeStatusError({ ...where, status: 500, reason: "InternalError", detail: "no" }),
      new WatchIdleError({ ...where, idleMs: 1 }),
      new NotSentError({ ...where, why: "ending" }),
    ]
    for (const { message } of errors) expect(message.slice(0, message.indexOf(": "))).toBe(place)
  })
})
