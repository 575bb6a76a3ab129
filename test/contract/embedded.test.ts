import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as KubeAccess from "../../src/kube/KubeAccess.js"
import * as KubeTransport from "../../src/kube/KubeTransport.js"
import { makeHttpFace } from "../../src/sandbox/http/HttpFace.js"
import { runGarbageCollector } from "../../src/testing/kube/GarbageCollector.js"
import { layerMemory, makeServer } from "../../src/testing/kube/MemoryKube.js"
import { clientSuite } from "./client.js"
import { contractSuite, Target } from "./suite.js"
import { topics } from "./topics.js"
import { makeWire } from "./Wire.js"

const token = "secret"

/** An embedded server behind its HTTPS face, with its garbage collector. */
const serve = Effect.gen(function* () {
  const server = yield* makeServer()
  const face = yield* makeHttpFace(server, { tokens: { [token]: "tester" } })
  yield* Effect.forkScoped(runGarbageCollector(server, { delayMs: 20 }))
  return { server, access: { baseUrl: face.url, ca: face.certificate, token } }
})

const target = Layer.scoped(
  Target,
  Effect.gen(function* () {
    const { access, server } = yield* serve
    const wire = yield* makeWire(access, "contract-suite/1")
    return { wire, forgetPast: Effect.sync(() => server.compact()) }
  }),
)

/** The production transport: real TLS, real sockets. */
const overHttps = Layer.unwrapScoped(
  Effect.map(serve, ({ access }) =>
    KubeTransport.layer({ userAgent: "tester" }).pipe(Layer.provide(KubeAccess.layerStatic(access))),
  ),
)

const inMemory = Layer.unwrapEffect(Effect.map(makeServer(), (server) => layerMemory(server, { as: "tester" })))

contractSuite({ name: "the embedded API server", isEmbedded: true, target, topics })
clientSuite("in memory", inMemory)
clientSuite("the embedded API server over HTTPS", overHttps)
