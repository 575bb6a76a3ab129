import { assert, describe, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { collectionPath, objectPath } from "../../src/kube/kubePath.js"

describe("kubePath", () => {
  const pod = { namespace: "ns", name: "aero-0-1" }

  it("core and named groups, namespaced or not, with subresources", () => {
    assert.strictEqual(collectionPath(Kinds.Pod), "/api/v1/pods")
    assert.strictEqual(collectionPath(Kinds.Pod, "ns"), "/api/v1/namespaces/ns/pods")
    assert.strictEqual(
      collectionPath(Kinds.AerospikeCluster, "ns"),
      "/apis/acko.io/v1alpha1/namespaces/ns/aerospikeclusters",
    )
    assert.strictEqual(collectionPath(Kinds.Node, "ns"), "/api/v1/nodes")
    assert.strictEqual(objectPath(Kinds.Pod, pod), "/api/v1/namespaces/ns/pods/aero-0-1")
    assert.strictEqual(objectPath(Kinds.Pod, pod, "eviction"), "/api/v1/namespaces/ns/pods/aero-0-1/eviction")
    assert.strictEqual(
      objectPath(Kinds.StatefulSet, pod, "scale"),
      "/apis/apps/v1/namespaces/ns/statefulsets/aero-0-1/scale",
    )
    assert.strictEqual(
      objectPath(Kinds.AerospikeClusterTemplate, { name: "small" }),
      "/apis/acko.io/v1alpha1/aerospikeclustertemplates/small",
    )
    assert.strictEqual(
      objectPath(Kinds.CustomResourceDefinition, { name: "aerospikeclusters.acko.io" }, "status"),
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/aerospikeclusters.acko.io/status",
    )
  })

  it("S1 a name that would address a collection or another object is refused", () => {
    for (const name of ["", ".", "..", "a/b", "a%2fb", "a b"]) {
      assert.throws(() => objectPath(Kinds.Pod, { namespace: "ns", name }), /cannot be the name/)
      assert.throws(() => objectPath(Kinds.Pod, { namespace: name, name: "x" }), /cannot be the namespace/)
    }
    assert.throws(() => objectPath(Kinds.Pod, { name: "x" }), /needs a namespace/)
  })

  it("characters with a meaning in URLs are encoded", () => {
    assert.strictEqual(objectPath(Kinds.Node, { name: "a?b#c" }), "/api/v1/nodes/a%3Fb%23c")
  })
})
