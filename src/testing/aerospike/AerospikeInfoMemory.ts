/** {@link AerospikeInfo} over the in-memory Aerospike: the same bytes and the same parser as over TCP, without sockets. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { InfoError } from "../../aerospike/AerospikeError.js"
import { AerospikeInfo } from "../../aerospike/AerospikeInfo.js"
import { encodeRequest, makeFrameDecoder, parseBody, type ProtocolFault } from "../../aerospike/infoProtocol.js"
import type { Answer, NodeAddress, UnreachableReason } from "../../domain/NodeFacts.js"
import { AerospikeWorld, type World } from "./AerospikeWorld.js"
import { faultOf, serverAt } from "./model/Model.js"
import type { Server } from "./model/Server.js"
import { deliver, headerBytes, respond, type Step } from "./wire/respond.js"

interface Connection {
  readonly server: Server
  readonly steps: Iterator<Step>
}

/** Connects and sends: undefined when nobody listens. A frozen process still has its connection accepted, by its host. */
const connect = (world: World, address: NodeAddress, request: Uint8Array): Effect.Effect<Connection | undefined> =>
  world.run((model) => {
    const server = serverAt(model, address.host, address.port)
    if (server === undefined) return undefined
    const fault = server.isFrozen ? ({ _tag: "Freeze" } as const) : faultOf(model, server)
    if (fault._tag === "Refuse") return undefined
    const steps = deliver(fault, () => respond(model, server, request.subarray(headerBytes)))
    return { server, steps: steps[Symbol.iterator]() }
  })

const make = (world: World): (typeof AerospikeInfo)["Service"] => {
  const fail = (address: NodeAddress, reason: UnreachableReason, detail: string): InfoError =>
    new InfoError({ reason, detail, address: `${address.host}:${address.port}` })
  const ofFault = (address: NodeAddress, fault: ProtocolFault): InfoError => fail(address, fault.reason, fault.detail)

  /** Reads the answer step by step; a process that ends meanwhile resets the connection. */
  const read = (address: NodeAddress, { server, steps }: Connection): Effect.Effect<Uint8Array, InfoError> =>
    Effect.gen(function* () {
      const decoder = makeFrameDecoder()
      const broken = Effect.zipRight(
        world.exited(server),
        fail(address, "Reset", "connection reset: the process ended"),
      )
      while (true) {
        const next = steps.next()
        const step: Step = next.done === true ? { _tag: "Silence" } : next.value
        switch (step._tag) {
          case "Send": {
            const state = decoder.push(step.bytes)
            if (state._tag === "Complete") return state.body
            if (state._tag === "Faulty") return yield* ofFault(address, state.fault)
            break
          }
          case "Wait":
            yield* Effect.raceFirst(world.sleep(step.ms), broken)
            break
          case "Close": {
            const fault = decoder.end()
            return yield* fault === undefined
              ? fail(address, "Reset", "connection closed before an answer")
              : ofFault(address, fault)
          }
          case "Reset":
            return yield* fail(address, "Reset", "connection reset")
          case "Silence":
            return yield* broken
        }
      }
    })

  const ask = Effect.fn("AerospikeInfoMemory.ask")(function* (address: NodeAddress, commands: ReadonlyArray<string>) {
    const request = encodeRequest(commands)
    if (Either.isLeft(request)) return yield* ofFault(address, request.left)
    const connection = yield* connect(world, address, request.right)
    if (connection === undefined) return yield* fail(address, "Refused", "connection refused")
    const body = yield* read(address, connection)
    const answers: Either.Either<ReadonlyArray<Answer<string>>, ProtocolFault> = parseBody(commands, body)
    return yield* Either.mapLeft(answers, (fault) => ofFault(address, fault))
  })

  return { ask }
}

/** The node at `host:port` is the process of the world that has that pod IP and service port. */
export const layerInfo: Layer.Layer<AerospikeInfo, never, AerospikeWorld> = Layer.effect(
  AerospikeInfo,
  Effect.map(AerospikeWorld, make),
)
