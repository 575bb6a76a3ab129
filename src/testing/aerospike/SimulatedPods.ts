/** {@link PodRuntime} over the in-memory Aerospike: what the embedded kubelet starts is a node of the world. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PodRuntime } from "../PodRuntime.js"
import { AerospikeWorld } from "./AerospikeWorld.js"

export const layerSimulated: Layer.Layer<PodRuntime, never, AerospikeWorld> = Layer.effect(
  PodRuntime,
  Effect.map(AerospikeWorld, (world) => ({ start: world.start })),
)
