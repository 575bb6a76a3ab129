/** The contract the embedded API server is held to, against the real one. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { inject } from "vitest"
import * as KubeAccess from "../../src/kube/KubeAccess.js"
import * as KubeTransport from "../../src/kube/KubeTransport.js"
import { clientSuite } from "../contract/client.js"
import { contractSuite, Target } from "../contract/suite.js"
import { topics } from "../contract/topics.js"
import { makeWire } from "../contract/Wire.js"
import { compactEtcd } from "./controlplane/controls.js"

const plane = inject("controlPlane")
const access = { baseUrl: plane.server, ca: plane.certificate, token: plane.tokens.admin }

const target = Layer.scoped(
  Target,
  Effect.map(makeWire(access, "contract-suite/1"), (wire) => ({ wire, forgetPast: compactEtcd(plane) })),
)

contractSuite({ name: "a real API server", isEmbedded: false, target, topics })
clientSuite(
  "a real API server",
  KubeTransport.layer({ userAgent: "tester" }).pipe(Layer.provide(KubeAccess.layerStatic(access))),
)
