/** What `npm run bench` measures: the content of `--report FILE`. Times in ms. */
import type { EnrichmentFigures, HangingFigures } from "../../src/sandbox/enrichment.js"
import type { Roll } from "../../src/sandbox/phases.js"

export interface StrategyReport {
  /** Time from Ready in the API server to the operator's next write about the cluster. */
  readonly readiness: {
    readonly samples: number
    readonly p50Ms: number
    readonly p99Ms: number
    readonly maxMs: number
  }
  /** As measured. */
  readonly roll: Roll
  /** Waiting for the operator in a restart of all pods: measured, or by rule of three when the run was cut short. */
  readonly overheadMs: number
  readonly api: {
    /** Watch connections opened in the life of the process, of the kind with most of them. */
    readonly watchesPerKind: number
    /** Lists in the whole roll-out, per pod. */
    readonly podListsPerRestart: number
    readonly writesInRoll: number
    /** All writes, Events included, between the second and the last delete. */
    readonly writesPerRestart: number
  }
  readonly maxUnavailable: number
}

export interface BenchReport {
  /** Load average of the last minute before the run: times mean little on a busy machine. */
  readonly machine: { readonly processors: number; readonly load: number }
  readonly pods: number
  /** The former strategy was stopped after a few pods. */
  readonly isQuick: boolean
  readonly eventDriven: StrategyReport
  readonly former: StrategyReport
  readonly enrichment: ReadonlyArray<EnrichmentFigures>
  readonly hanging: HangingFigures
  readonly lostRecords: number
}
