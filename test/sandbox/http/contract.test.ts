import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as KubeAccess from "../../../src/kube/KubeAccess.js"
import * as KubeTransport from "../../../src/kube/KubeTransport.js"
import { makeHttpFace } from "../../../src/sandbox/http/HttpFace.js"
import { makeServer } from "../../../src/testing/kube/MemoryKube.js"
import { contractSuite } from "../../testing/kube/contract.js"

/** The production transport against the HTTPS face: real TLS, real sockets. */
const overHttps = Layer.unwrapScoped(
  Effect.gen(function* () {
    const server = yield* makeServer()
    const face = yield* makeHttpFace(server, { tokens: { secret: "tester" } })
    return KubeTransport.layer({ userAgent: "tester" }).pipe(
      Layer.provide(KubeAccess.layerStatic({ baseUrl: face.url, ca: face.certificate, token: "secret" })),
    )
  }),
)

contractSuite("over HTTPS", overHttps)
