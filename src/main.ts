/** The container's entry point: the operator with its live Layers, nothing else. Everything configurable comes from the environment. */
import * as Effect from "effect/Effect"
import { runMain } from "./cli/processLife.js"
import * as Operator from "./Operator.js"

runMain(Operator.runProcess.pipe(Effect.provide(Operator.layerLive)))
