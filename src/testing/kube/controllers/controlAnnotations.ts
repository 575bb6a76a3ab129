/** Annotations by which people steer the embedded world at run time, on any pod (or on the pod template of a cluster). */
export const ControlAnnotation = {
  /** Ms between scheduling and process start of this pod, instead of the world's setting. */
  startMs: "sandbox.acko.io/start-ms",
  /** Name of a container that crash-loops although the server is fine (R88). Read live. */
  failingContainer: "sandbox.acko.io/failing-container",
  /** `"true"`: the readiness probe of the server fails although it answers. Read live. */
  unready: "sandbox.acko.io/unready",
  /** `"true"`: the image of the server cannot be pulled, whatever its name (R86). */
  pullError: "sandbox.acko.io/pull-error",
} as const
