/** Metrics about observing. Label values come from a fixed set (kinds, modes), so the registry stays small. */
import * as Metric from "effect/Metric"

/** `acko_observer_mode{kind,mode}`: how many observers of the kind are in this mode now (one per watched namespace, or one in all). */
export const observerMode = Metric.gauge("acko_observer_mode", {
  description: "Observers by kind and mode: listing, watching, polling, returning, refused, absent, stopped",
})

/** `acko_observer_missed_events_total{kind}`: changes the safety list found and the watch had not delivered (R38). */
export const missedEvents = Metric.counter("acko_observer_missed_events_total", {
  description: "Changes found by the safety list that the watch did not deliver",
  incremental: true,
})

/** `acko_observer_events_total{kind,type}`: what the watcher brought: `Init`, `InitApply`, `InitDone`, `Apply`, `Delete`, … */
export const observerEvents = Metric.counter("acko_observer_events_total", {
  description: "Events of lists and watches, by kind and type",
  incremental: true,
})

/** `acko_observer_failures_total{kind,during}`: failed lists and watches. */
export const observerFailures = Metric.counter("acko_observer_failures_total", {
  description: "Failed lists and watches",
  incremental: true,
})

/** `acko_observer_unreadable_objects{kind}`: objects skipped because they cannot be read. */
export const badObjects = Metric.gauge("acko_observer_unreadable_objects", {
  description: "Objects skipped because they cannot be read",
})
