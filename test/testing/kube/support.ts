/** Builders for tests against the in-memory server. */
import type { KubeObject } from "../../../src/domain/Kubernetes.js"
import { ApiFailure, type FailureStatus } from "../../../src/testing/kube/ApiFailure.js"
import type { ApiServer, ApiServerOptions } from "../../../src/testing/kube/ApiServer.js"
import { makeApiServer } from "../../../src/testing/kube/makeApiServer.js"
import { countingUids } from "../../../src/testing/kube/MemoryKube.js"

export const namespace = "default"

/** A server whose clock the test moves. */
export const serverAt = (
  start: number,
  options: Partial<ApiServerOptions> = {},
): { readonly server: ApiServer; readonly advance: (ms: number) => void } => {
  let now = start
  return {
    server: makeApiServer({ now: () => now, nextUid: countingUids(), ...options }),
    advance: (ms) => {
      now += ms
    },
  }
}

export const configMap = (name: string, data: Record<string, string> = {}, metadata: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, ...metadata },
  data,
})

export const pod = (
  name: string,
  parts: { labels?: Record<string, string>; host?: string; metadata?: object } = {},
): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace, labels: parts.labels ?? {}, ...parts.metadata },
  spec: {
    containers: [{ name: "c", image: "x:1" }],
    ...(parts.host === undefined ? {} : { nodeName: parts.host }),
  },
})

/** The status a call fails with. */
export const failureOf = (run: () => unknown): FailureStatus => {
  try {
    run()
  } catch (error) {
    if (error instanceof ApiFailure) return error.status
    throw error
  }
  throw new Error("expected a failure")
}

export const ownerOf = (object: KubeObject, more: object = {}) => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  name: object.metadata.name ?? "",
  uid: object.metadata.uid ?? "",
  ...more,
})
