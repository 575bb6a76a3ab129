/**
 * Effect's metric registry as Prometheus text (exposition format 0.0.4). Pure: what goes in is a snapshot, what comes out is the page.
 *
 * Names and label values are made harmless, whatever they contain (R128): a metric can neither break the page nor a terminal it is shown on.
 */
import * as MetricKeyType from "effect/MetricKeyType"
import type * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"

/** For the `content-type` header. */
export const contentType = "text/plain; version=0.0.4; charset=utf-8"

type Labels = ReadonlyArray<readonly [name: string, value: string]>

/** One line of the page: the family's name with a suffix, labels, value. */
interface Sample {
  readonly suffix: string
  readonly labels: Labels
  readonly value: number | bigint
}

type FamilyType = "counter" | "gauge" | "histogram" | "summary"

interface Family {
  readonly type: FamilyType
  help: string
  readonly samples: Array<Sample>
}

/** Letters, digits and underscores, not beginning with a digit. */
const identifier = (name: string, allowed: RegExp): string => {
  const plain = name.replace(allowed, "_")
  return plain === "" || /^[0-9]/.test(plain) ? `_${plain}` : plain
}

const metricName = (name: string): string => identifier(name, /[^a-zA-Z0-9_:]/g)
const labelName = (name: string): string => identifier(name, /[^a-zA-Z0-9_]/g)

/** Newlines are written as the format wants it; no other control character survives, and with them no terminal sequence. */
const escapeHelp = (text: string): string =>
  text.replaceAll("\\", "\\\\").replace(/\p{Cc}/gu, (control) => (control === "\n" ? "\\n" : "\ufffd"))
const escapeValue = (text: string): string => escapeHelp(text).replaceAll('"', '\\"')

const number = (value: number | bigint): string => {
  if (value === Infinity) return "+Inf"
  if (value === -Infinity) return "-Inf"
  return String(value)
}

const line = (name: string, { suffix, labels, value }: Sample): string => {
  const seen = new Set<string>()
  const inside = labels.flatMap(([label, text]) => {
    const key = labelName(label)
    if (seen.has(key)) return []
    seen.add(key)
    return [`${key}="${escapeValue(text)}"`]
  })
  return `${name}${suffix}${inside.length === 0 ? "" : `{${inside.join(",")}}`} ${number(value)}\n`
}

const plain = (labels: Labels, value: number | bigint): ReadonlyArray<Sample> => [{ suffix: "", labels, value }]

/** Buckets of the registry are cumulative already; the one without an upper end is the count. */
const histogramSamples = (labels: Labels, state: MetricState.MetricState.Histogram): ReadonlyArray<Sample> => [
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

const familiesOf = (pairs: Iterable<MetricPair.MetricPair.Untyped>): ReadonlyMap<string, Family> => {
  const families = new Map<string, Family>()
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

/** The page for a snapshot of the registry (`Metric.unsafeSnapshot()`): families by name, each with help and type. */
export const render = (pairs: Iterable<MetricPair.MetricPair.Untyped>): string => {
  const families = [...familiesOf(pairs)].sort(([a], [b]) => (a < b ? -1 : 1))
  return families
    .map(([name, { type, help, samples }]) => {
      const header = `${help === "" ? "" : `# HELP ${name} ${escapeHelp(help)}\n`}# TYPE ${name} ${type}\n`
      return header + samples.map((sample) => line(name, sample)).join("")
    })
    .join("")
}
