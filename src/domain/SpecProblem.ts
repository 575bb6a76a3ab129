/** Something wrong (or merely odd) in a resource: names field, reason and fix. */
export interface SpecProblem {
  /** `spec.aerospikeConfig.namespaces[0].replication-factor`. */
  readonly path: string
  /** Rule id such as `V8`, where the rule has one. */
  readonly rule?: string
  readonly message: string
  readonly fix: string
}
