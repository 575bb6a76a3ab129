/**
 * One setting: how it is called on the command line and in the environment, what it means, how its text is read. Flag, variable, default and
 * help all come from here, so there is no second list to forget.
 */
import * as Either from "effect/Either"

/** How a text becomes a value. */
export interface Shape<A> {
  /** What stands for the value in help: `<duration>`. */
  readonly placeholder: string
  /** The value, or what it must be. */
  readonly read: (text: string) => Either.Either<A, string>
  /** The text of a value. A method, so that settings of different types fit into one list. */
  show(value: A): string
  /** The flag may stand alone (`true`), and exists as `--no-…`. */
  readonly isSwitch?: boolean
  /** The flag may be given several times; the texts are joined with commas. */
  readonly isList?: boolean
}

export interface Setting<A> {
  /** Without dashes. The variable follows from it: {@link variableOf}. */
  readonly flag: string
  readonly meaning: string
  readonly shape: Shape<A>
  readonly fallback: A
  /** What the default means, where its value does not tell. */
  readonly unset?: string
}

/** `lease-duration` → `ACKO_LEASE_DURATION`. */
export const variableOf = (flag: string): string => `ACKO_${flag.toUpperCase().replaceAll("-", "_")}`

/** Where a text came from: a flag beats a variable, a variable the default. */
export interface Given {
  readonly flag: string | undefined
  readonly variable: string | undefined
}

/** A text that cannot be used: whose it is, what it must be, what would do. */
export const read = <A>(setting: Setting<A>, { flag, variable }: Given): Either.Either<A, string> => {
  const name = flag === undefined ? variableOf(setting.flag) : `--${setting.flag}`
  const text = flag ?? variable
  // An empty variable is how manifests say "nothing": it cannot be left out of a template as easily.
  if (text === undefined || (flag === undefined && text.trim() === "")) return Either.right(setting.fallback)
  return Either.mapLeft(setting.shape.read(text.trim()), (rule) => {
    const example = setting.shape.show(setting.fallback)
    return `${name}: ${JSON.stringify(text)} is wrong, it must be ${rule}; ${
      example === "" ? "leave it out for the default" : `for example ${name}=${example} (the default)`
    }`
  })
}

/** Any text but an empty one. */
export const text = (placeholder: string): Shape<string | undefined> => ({
  placeholder,
  read: (given) => (given === "" ? Either.left(`a ${placeholder}, not empty`) : Either.right(given)),
  show: (value) => value ?? "",
})

/** An address or host name to listen on. */
export const host: Shape<string> = {
  placeholder: "address",
  read: (given) =>
    /^[\w.:-]+$/.test(given) ? Either.right(given) : Either.left("an IP address or a host name, without a port"),
  show: (value) => value,
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

export const namespace: Shape<string | undefined> = {
  placeholder: "namespace",
  read: (given) =>
    dnsLabel.test(given)
      ? Either.right(given)
      : Either.left("a namespace name (lower-case letters, digits and -, at most 63)"),
  show: (value) => value ?? "",
}

/** A DNS subdomain, as most objects are named. */
export const objectName: Shape<string> = {
  placeholder: "name",
  read: (given) =>
    given.length <= 253 && given.split(".").every((label) => dnsLabel.test(label))
      ? Either.right(given)
      : Either.left("an object name (lower-case letters, digits, - and ., at most 253)"),
  show: (value) => value,
}

export const namespaces: Shape<ReadonlyArray<string>> = {
  placeholder: "namespace,…",
  isList: true,
  read: (given) => {
    const names = given.split(",").map((name) => name.trim())
    const wrong = names.find((name) => !dnsLabel.test(name))
    return wrong === undefined
      ? Either.right([...new Set(names)])
      : Either.left(
          `namespace names separated by commas (lower-case letters, digits and -), and ${JSON.stringify(wrong)} is none`,
        )
  },
  show: (value) => value.join(","),
}

export const boolean: Shape<boolean> = {
  placeholder: "true|false",
  isSwitch: true,
  read: (given) => {
    const word = given.toLowerCase()
    if (["true", "yes", "on", "1"].includes(word)) return Either.right(true)
    return ["false", "no", "off", "0"].includes(word) ? Either.right(false) : Either.left("true or false")
  },
  show: String,
}

export interface Range {
  readonly min: number
  readonly max: number
}

export const integer = ({ min, max }: Range): Shape<number> => ({
  placeholder: "number",
  read: (given) => {
    const value = /^-?\d+$/.test(given) ? Number(given) : Number.NaN
    return value >= min && value <= max ? Either.right(value) : Either.left(`a whole number from ${min} to ${max}`)
  },
  show: String,
})

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const
type Unit = keyof typeof unitMs
/** Longer words for the units, as in `10 seconds`. */
const unitWords: Readonly<Record<string, Unit>> = {
  milli: "ms",
  millis: "ms",
  second: "s",
  seconds: "s",
  minute: "m",
  minutes: "m",
  hour: "h",
  hours: "h",
}
const isUnit = (word: string): word is Unit => word in unitMs

const parseDuration = (given: string): number | undefined => {
  const [, amount, word = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(given.toLowerCase()) ?? []
  const unit = isUnit(word) ? word : unitWords[word]
  return amount === undefined || unit === undefined ? undefined : Number(amount) * unitMs[unit]
}

const showDuration = (ms: number): string => {
  const unit = (["h", "m", "s"] as const).find((one) => ms >= unitMs[one] && ms % unitMs[one] === 0) ?? "ms"
  return `${ms / unitMs[unit]}${unit}`
}

/** Milliseconds, written `500ms`, `15s`, `10m`, `1h` (or `15 seconds`). */
export const duration = ({ min, max }: Range): Shape<number> => ({
  placeholder: "duration",
  read: (given) => {
    const value = parseDuration(given)
    return value !== undefined && value >= min && value <= max
      ? Either.right(value)
      : Either.left(`a duration with a unit (ms, s, m, h) from ${showDuration(min)} to ${showDuration(max)}`)
  },
  show: showDuration,
})

export const choice = <const A extends string>(options: ReadonlyArray<A>): Shape<A> => ({
  placeholder: options.join("|"),
  read: (given) => {
    const found = options.find((option) => option === given)
    return found === undefined ? Either.left(`one of ${options.join(", ")}`) : Either.right(found)
  },
  show: (value) => value,
})
