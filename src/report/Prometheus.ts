/**
 * Effect's metric registry as Prometheus text (exposition format 0.0.4). Pure: what goes in is a snapshot, what comes out is the page.
 *
 * The registry never forgets a series, so what comes and goes with the clusters is not kept there: it is handed in as {@link Family}s, made
 * anew for each page.
 *
 * Names and label values are made harmless, whatever they contain (R128): a metric can neither break the page nor a terminal it is shown on.
 */
import * as MetricKeyType from "effect/MetricKeyType"
import type * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"

/** For the `content-type` header. */
export const contentType = "text/plain; version=0.0.4; charset=utf-8"

export type Labels = ReadonlyArray<readonly [name: string, value: string]>

/** One line of the page: the family's name with a suffix, labels, value. */
export interface Sample {
  readonly suffix: string
  readonly labels: Labels
  readonly value: number | bigint
}

export type FamilyType = "counter" | "gauge" | "histogram" | "summary"

/** All series of one name. */
export interface Family {
  readonly name: string
  readonly type: FamilyType
  readonly help: string
  readonly samples: ReadonlyArray<Sample>
}

interface Collected {
  readonly type: FamilyType
  help: string
  readonly samples: Array<Sample>
}

const isIdentifier = /^[a-zA-Z_][a-zA-Z0-9_]*$/
/** Nothing that any line could misread: most values, and by far the cheapest to tell. */
const isHarmless = /^[ !#-[\]-~]*$/

/** Letters, digits and underscores, not beginning with a digit. */
const identifier = (name: string, allowed: RegExp): string => {
  if (isIdentifier.test(name)) return name
  const plain = name.replace(allowed, "_")
  return plain === "" || /^[0-9]/.test(plain) ? `_${plain}` : plain
}

const metricName = (name: string): string => identifier(name, /[^a-zA-Z0-9_:]/g)
const labelName = (name: string): string => identifier(name, /[^a-zA-Z0-9_]/g)

/** Newlines are written as the format wants it; no other control character survives, and with them no terminal sequence. */
const escapeHelp = (text: string): string =>
  text.replaceAll("\\", "\\\\").replace(/\p{Cc}/gu, (control) => (control === "\n" ? "\\n" : "\ufffd"))
const escapeValue = (text: string): string => (isHarmless.test(text) ? text : escapeHelp(text).replaceAll('"', '\\"'))

const number = (value: number | bigint): string => {
  if (value === Infinity) return "+Inf"
  if (value === -Infinity) return "-Inf"
  return String(value)
}

/** `{a="1",b="2"}`; of two labels with one name the first stays. */
const labelBlock = (labels: Labels): string => {
  let block = ""
  for (const [label, text] of labels) {
    const pair = `${labelName(label)}="`
    if (!`,${block}`.includes(`,${pair}`)) block += `${block === "" ? "" : ","}${pair}${escapeValue(text)}"`
  }
  return block === "" ? "" : `{${block}}`
}

const line = (name: string, { suffix, labels, value }: Sample): string =>
  `${name}${suffix}${labelBlock(labels)} ${number(value)}\n`

const plain = (labels: Labels, value: number | bigint): ReadonlyArray<Sample> => [{ suffix: "", labels, value }]

/** What a histogram shows. `buckets`: upper end and how many values were not above it. */
export interface HistogramState {
  readonly buckets: ReadonlyArray<readonly [upTo: number, count: number]>
  readonly count: number
  readonly sum: number
}

/** The lines of one histogram. A bucket without an upper end is the count. */
export const histogramSamples = (labels: Labels, state: HistogramState): ReadonlyArray<Sample> => [
  ...state.buckets
    .filter(([upTo]) => Number.isFinite(upTo))
    .map(([upTo, value]) => ({ suffix: "_bucket", labels: [["le", number(upTo)], ...labels] as Labels, value })),
  { suffix: "_bucket", labels: [["le", "+Inf"], ...labels], value: state.count },
  { suffix: "_sum", labels, value: state.sum },
  { suffix: "_count", labels, value: state.count },
]

const summarySamples = (labels: Labels, state: MetricState.MetricState.Summary): ReadonlyArray<Sample> => [
  ...state.quantiles.flatMap(([quantile, value]) =>
    Option.isNone(value)
      ? []
      : [{ suffix: "", labels: [["quantile", number(quantile)], ...labels] as Labels, value: value.value }],
  ),
  { suffix: "_sum", labels, value: state.sum },
  { suffix: "_count", labels, value: state.count },
]

/** Type and samples of one entry; a counter that may fall is a gauge to Prometheus, the words of a frequency are label `word` of a counter. */
const samplesOf = (
  { metricKey, metricState: state }: MetricPair.MetricPair.Untyped,
  labels: Labels,
): readonly [FamilyType, ReadonlyArray<Sample>] | undefined => {
  if (MetricState.isCounterState(state)) {
    const { keyType } = metricKey
    const grows = MetricKeyType.isCounterKey(keyType) && keyType.incremental
    return [grows ? "counter" : "gauge", plain(labels, state.count)]
  }
  if (MetricState.isGaugeState(state)) return ["gauge", plain(labels, state.value)]
  if (MetricState.isHistogramState(state)) return ["histogram", histogramSamples(labels, state)]
  if (MetricState.isSummaryState(state)) return ["summary", summarySamples(labels, state)]
  if (MetricState.isFrequencyState(state)) {
    const words = [...state.occurrences]
    return ["counter", words.flatMap(([word, count]) => plain([["word", word], ...labels], count))]
  }
  return undefined
}

const familiesOf = (pairs: Iterable<MetricPair.MetricPair.Untyped>): Map<string, Collected> => {
  const families = new Map<string, Collected>()
  for (const pair of pairs) {
    const { metricKey } = pair
    const found = samplesOf(
      pair,
      [...metricKey.tags].map(({ key, value }) => [key, value] as const),
    )
    if (found === undefined) continue
    const [type, samples] = found
    const name = metricName(metricKey.name)
    const family = families.get(name) ?? { type, help: "", samples: [] }
    families.set(name, family)
    // Two types under one name would void the whole page for Prometheus: the first one stays.
    if (family.type !== type) continue
    if (family.help === "") family.help = Option.getOrElse(metricKey.description, () => "")
    family.samples.push(...samples)
  }
  return families
}

/** The page for a snapshot of the registry (`Metric.unsafeSnapshot()`) and what is not kept there: families by name, each with help and type. */
export const render = (pairs: Iterable<MetricPair.MetricPair.Untyped>, others: ReadonlyArray<Family> = []): string => {
  const families = familiesOf(pairs)
  for (const { name, type, help, samples } of others) {
    // A name that is taken stays with whoever has it, as above.
    if (samples.length > 0 && !families.has(metricName(name)))
      families.set(metricName(name), { type, help, samples: [...samples] })
  }
  return [...families]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { type, help, samples }]) => {
      const header = `${help === "" ? "" : `# HELP ${name} ${escapeHelp(help)}\n`}# TYPE ${name} ${type}\n`
      return header + samples.map((sample) => line(name, sample)).join("")
    })
    .join("")
}
