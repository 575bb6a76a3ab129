/**
 * `coordination.k8s.io` Leases, as client-go writes them: who holds it, since when, for how long. Pure; the requests are made by whoever
 * campaigns. Times in a Lease are for people: no decision may compare them with a clock, since they come from other clocks (R60).
 */
import { apiVersionOf, Kinds, type KubeObject } from "../domain/Kubernetes.js"

/** What matters of a Lease. A field that is missing or of the wrong type reads as if nobody held it (R62). */
export interface LeaseView {
  /** Empty: nobody. */
  readonly holder: string
  /** 0: not said. */
  readonly durationSeconds: number
  readonly transitions: number
  readonly acquireTime: string | undefined
  readonly resourceVersion: string
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
const count = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0

export const leaseView = ({ metadata, spec }: KubeObject): LeaseView => {
  const fields = isRecord(spec) ? spec : {}
  return {
    holder: text(fields["holderIdentity"]) ?? "",
    durationSeconds: count(fields["leaseDurationSeconds"]),
    transitions: count(fields["leaseTransitions"]),
    acquireTime: text(fields["acquireTime"]),
    resourceVersion: metadata.resourceVersion ?? "",
  }
}

/** RFC 3339 with six decimals: the API server refuses other `MicroTime`s. `ms`: epoch. */
export const microTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "000Z")

export interface Claim {
  readonly holder: string
  readonly durationSeconds: number
  /** Epoch ms, for people. */
  readonly at: number
}

/** A Lease where there was none. */
export const newLease = (ref: { readonly namespace: string; readonly name: string }, claim: Claim): KubeObject => ({
  apiVersion: apiVersionOf(Kinds.Lease),
  kind: Kinds.Lease.kind,
  metadata: { namespace: ref.namespace, name: ref.name },
  spec: {
    holderIdentity: claim.holder,
    leaseDurationSeconds: claim.durationSeconds,
    acquireTime: microTime(claim.at),
    renewTime: microTime(claim.at),
    leaseTransitions: 0,
  },
})

/**
 * The Lease taken, or renewed by its holder. The object keeps everything else it has (labels, annotations of others), and its
 * `resourceVersion`, which makes the PUT fail when anybody wrote meanwhile.
 */
export const claimed = (lease: KubeObject, claim: Claim): KubeObject => {
  const { holder, transitions, acquireTime } = leaseView(lease)
  const isRenewal = holder === claim.holder
  return {
    ...lease,
    spec: {
      ...(isRecord(lease["spec"]) ? lease["spec"] : {}),
      holderIdentity: claim.holder,
      leaseDurationSeconds: claim.durationSeconds,
      acquireTime: isRenewal && acquireTime !== undefined ? acquireTime : microTime(claim.at),
      renewTime: microTime(claim.at),
      leaseTransitions: isRenewal ? transitions : transitions + 1,
    },
  }
}

/** The Lease given back: whoever looks next may take it at once. */
export const released = (lease: KubeObject, at: number): KubeObject => ({
  ...lease,
  spec: {
    ...(isRecord(lease["spec"]) ? lease["spec"] : {}),
    holderIdentity: "",
    leaseDurationSeconds: 1,
    renewTime: microTime(at),
    leaseTransitions: leaseView(lease).transitions,
  },
})
