/** How fast and how real the embedded kubelet is. All durations in ms; may be changed while the world runs. */
export interface KubeletSettings {
  /** From scheduling to the start of the process: pull, volumes, init containers. Default 0. */
  readonly podStartMs: number
  /** Extra time between "the port answers" and `ContainersReady`, as a probe's delay and period would add. Default 0. */
  readonly probeDelayMs: number
  /**
   * Ask the server every so often whether it still answers: three failures in a row make it unready, and with a liveness probe five
   * restart it. 0 (default) never asks: readiness then follows start and exit only.
   */
  readonly probePeriodMs: number
  /** How long `preStop` of the server takes, if the pod has one. Default 0. */
  readonly preStopMs: number
  /** Pause before the second restart of a crashing container, doubling up to 30 times that. Default 10,000 (as in Kubernetes). */
  readonly restartPauseMs: number
  /** A run this long forgets earlier crashes. Default 600,000. */
  readonly stableRunMs: number
  /** Factor on `deletionGracePeriodSeconds`. Default 1. */
  readonly graceFactor: number
  /** How long a host may be silent before it counts as lost. Default 40,000. */
  readonly hostGraceMs: number
  /** How long pods stay on a lost host before they are deleted. Default 300,000; a pod's own tolerations win. */
  readonly evictAfterMs: number
}

export const defaultSettings: KubeletSettings = {
  podStartMs: 0,
  probeDelayMs: 0,
  probePeriodMs: 0,
  preStopMs: 0,
  restartPauseMs: 10_000,
  stableRunMs: 600_000,
  graceFactor: 1,
  hostGraceMs: 40_000,
  evictAfterMs: 300_000,
}

/** The settings in force, changeable at run time. */
export interface SettingsHandle {
  readonly current: () => KubeletSettings
  readonly change: (changes: Partial<KubeletSettings>) => void
}

export const makeSettings = (initial: Partial<KubeletSettings>): SettingsHandle => {
  let settings = { ...defaultSettings, ...initial }
  return { current: () => settings, change: (changes) => void (settings = { ...settings, ...changes }) }
}
