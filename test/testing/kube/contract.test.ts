import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerMemory, makeServer } from "../../../src/testing/kube/MemoryKube.js"
import { contractSuite } from "./contract.js"

contractSuite(
  "in memory",
  Layer.unwrapEffect(Effect.map(makeServer(), (server) => layerMemory(server, { as: "tester" }))),
)
