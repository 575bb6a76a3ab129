/** Metrics about what was done to clusters. */
import * as Metric from "effect/Metric"

/** `acko_dynamic_config_updates_total`: pods whose node took another configuration without a restart, all of it read back. */
export const dynamicConfigUpdates = Metric.counter("acko_dynamic_config_updates_total", {
  description: "Pods whose configuration was changed without a restart",
  incremental: true,
})
