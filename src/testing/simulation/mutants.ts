/**
 * Planted bugs: the production operator with one thing made wrong, by replacing Layers or settings around it. A simulation that does not
 * notice them would not notice the real thing.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { AerospikeInfo } from "../../aerospike/AerospikeInfo.js"
import { type OperatorConfig, type OperatorSettings, defaults } from "../../config/OperatorConfig.js"
import { value, type Answer } from "../../domain/NodeFacts.js"
import { KubeReader, KubeWriter } from "../../kube/KubeClient.js"
import { isGone } from "../../kube/KubeError.js"
import { Observers } from "../../observe/Observers.js"
import * as Operator from "../../Operator.js"
import type { FaultClass } from "./Faults.js"
import type { Inside, Outside } from "./OperatorProcess.js"

export interface Mutant {
  readonly name: string
  /** What is broken. */
  readonly about: string
  /** The invariants that should notice. */
  readonly caughtBy: ReadonlyArray<string>
  /** The faults that bring it to light; absent: all. */
  readonly faults?: ReadonlyArray<FaultClass>
  readonly around?: Layer.Layer<Outside, never, Outside>
  readonly inside?: Layer.Layer<Inside, never, Outside | OperatorConfig>
  readonly settings?: Partial<OperatorSettings>
}

const passThrough: Layer.Layer<Outside, never, Outside> = Layer.context<Outside>()

const withWriter = (change: (writer: KubeWriter["Type"]) => KubeWriter["Type"]): Layer.Layer<Outside, never, Outside> =>
  Layer.merge(passThrough, Layer.effect(KubeWriter, Effect.map(KubeWriter, change)))

const withReader = (change: (reader: KubeReader["Type"]) => KubeReader["Type"]): Layer.Layer<Outside, never, Outside> =>
  Layer.merge(passThrough, Layer.effect(KubeReader, Effect.map(KubeReader, change)))

const withInfo = (
  change: (command: string, answer: Answer<string>) => Answer<string>,
): Layer.Layer<Outside, never, Outside> =>
  Layer.merge(
    passThrough,
    Layer.effect(
      AerospikeInfo,
      Effect.map(AerospikeInfo, (info) => ({
        ask: (address, commands) =>
          Effect.map(info.ask(address, commands), (answers) =>
            answers.map((answer, index) => change(commands[index] ?? "", answer)),
          ),
      })),
    ),
  )

const observing = (overrides: Parameters<typeof Observers.layerWith>[0]) =>
  Layer.provideMerge(Observers.layerWith(overrides), Operator.layerCore)

const forever = 1e12

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "no-preconditions",
    about: "deletes carry neither uid nor resourceVersion",
    caughtBy: ["S1"],
    faults: [],
    around: withWriter((writer) => ({ ...writer, remove: (kind, ref) => writer.remove(kind, ref, {}) })),
  },
  {
    name: "migrations-unseen",
    about: "migrations are taken for finished, as if the statistic were missing and counted as 0 (W36)",
    caughtBy: ["S2", "S3"],
    faults: [],
    around: withInfo((command, answer) => {
      if (answer._tag !== "Value" && command.startsWith("cluster-stable")) return value("ABCDEF")
      if (answer._tag !== "Value") return answer
      if (command.startsWith("cluster-stable")) return value("ABCDEF")
      return value(
        answer.value
          .replace(/migrate_partitions_remaining=\d+/g, "migrate_partitions_remaining=0")
          .replace(/migrate_allowed=false/g, "migrate_allowed=true")
          .replace(/cluster_key=[0-9A-F]+/g, "cluster_key=ABCDEF")
          .replace(/cluster_size=\d+/g, "cluster_size=99"),
      )
    }),
  },
  {
    name: "gone-ignored",
    about: "410 of a watch is taken for its end, and nothing polls: the store stays behind for ever (R32)",
    caughtBy: ["L1", "L3"],
    faults: ["watchExpire"],
    around: withReader((reader) => ({
      ...reader,
      watch: (kind, options) =>
        Stream.catchAll(reader.watch(kind, options), (error) => (isGone(error) ? Stream.never : Stream.fail(error))),
    })),
    inside: observing({ timing: { idleMs: forever, overtimeMs: forever }, silenceMs: forever, resyncMs: forever }),
  },
  {
    name: "deaf",
    about: "no idle limit, no poll, no safety list: a silent watch is believed (R38)",
    caughtBy: ["L1", "L3"],
    faults: ["watchStall"],
    inside: observing({
      timing: { idleMs: forever, overtimeMs: forever },
      silenceMs: forever,
      resyncMs: forever,
      pollIntervalMs: forever,
    }),
  },
  {
    name: "no-resync",
    about: "nothing heals a lost event (R24)",
    caughtBy: ["L1", "L3", "S10"],
    faults: ["droppedEvent"],
    inside: observing({ resyncMs: forever }),
  },
  {
    name: "hasty",
    about: "one safety read is enough, however old",
    caughtBy: ["S2", "S3"],
    settings: { decision: { ...defaults.decision, safetyReadGapMs: 0, safetyMaxAgeMs: forever } },
  },
]
