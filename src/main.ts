/** The container's entry point: the operator with its live Layers, nothing else. Everything configurable comes from the environment. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Operator from "./Operator.js"

Operator.run.pipe(Effect.provide(Operator.layerLive), NodeRuntime.runMain)
