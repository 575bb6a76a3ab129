/**
 * Failure is a value with a class. `Transient` is retried with back-off and counted; `Permanent` needs a human and is retried slowly;
 * `Waiting` is not a failure at all.
 */
export type FailureClass = "Transient" | "Permanent" | "Waiting"
