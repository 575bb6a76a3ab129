/** What one parameter of the server's configuration file is: its values, where it may stand, whether it can change at run time. */

/** How a value is written. `int` and `size` take one suffix K M G T P (powers of 1,024); `seconds` one of s m h d, or -1. */
export type ParameterKind =
  | "bool"
  | "int"
  | "size"
  | "seconds"
  | "enum"
  | "string"
  | "address"
  | "port"
  | "addressPort"
  | "hex64"
  | "logContext"
  | "section"
  | "sectionEnum"
  | "obsolete"

/** One line of the table; what is absent has the stated default. */
export interface ParameterEntry {
  readonly name: string
  readonly kind: ParameterKind
  /** Word after `storage-engine` for which this entry holds. Absent: all. */
  readonly variant?: string
  /** Server releases with this entry, as ranges `from..to`, both ends included and either may be missing. Absent: all. */
  readonly releases?: ReadonlyArray<string>
  /** Why a file with this name does not start on Community Edition. Absent: accepted. */
  readonly refused?: "enterprise" | "obsolete" | "unknown"
  /** What the server recommends in place of an obsolete name. */
  readonly advice?: string
  /** Width of an `int` or `size`. Default: 32. */
  readonly bits?: number
  /** Least value of the file parser. Default: 0, for ports 1024. A negative minimum means that -1 is legal too. */
  readonly min?: number
  /** Greatest value of the file parser. Default: what `bits` can hold; for ports 65535. */
  readonly max?: number
  /** Greatest value with which a server was seen to start; above it the process crashes or starts without end. Default: `max`. */
  readonly startMax?: number
  /** In bytes. */
  readonly minLength?: number
  readonly maxLength?: number
  /** Most lines of this name. */
  readonly maxItems?: number
  readonly portMin?: number
  readonly portMax?: number
  readonly enum?: ReadonlyArray<string>
  readonly powerOf2?: boolean
  /** Every line counts. Default: the last line wins. */
  readonly repeated?: boolean
  /** Value in force when the name is absent. */
  readonly default?: string
  /** Not in the answer of `get-config`. */
  readonly hidden?: boolean
  /** Whether `set-config` changes it on a running Community Edition server. Default: false. */
  readonly dynamic?: boolean
  readonly deprecated?: boolean
  readonly deprecatedValues?: ReadonlyArray<string>
  /** Pairs [sent, stored] that `set-config` accepts although the file parser refuses or reads them otherwise. */
  readonly quirks?: ReadonlyArray<readonly [string, string]>
}

/** An entry with its place and its names in the info protocol. */
export interface Parameter extends ParameterEntry {
  /** Path of the section the name stands in, such as `network.heartbeat`; `(top)` outside of every section. */
  readonly context: string
  /** Name in the answer of `get-config`. Absent: not shown. */
  readonly getConfig?: string
  /** Key of `set-config`. Absent: cannot change at run time. */
  readonly setConfig?: string
}
