/** The test kit: the embedded world in memory, in virtual time, and its parts. The same one the operator's own tests use. */
export * as AerospikeWorld from "./aerospike/AerospikeWorld.js"
export * as EmbeddedWorld from "./kube/controllers/EmbeddedWorld.js"
export * as MemoryKube from "./kube/MemoryKube.js"
export * as OperatorProcess from "./simulation/OperatorProcess.js"
export * as PodRuntime from "./PodRuntime.js"
export * as Simulation from "./simulation/Simulation.js"
export * as VirtualTime from "./simulation/VirtualTime.js"
