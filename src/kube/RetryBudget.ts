/**
 * Keeps repeated reads a small share of all requests (S9: amplification at most 1.3): each success earns a fraction of a repeat, each repeat
 * spends one. When everything fails the budget is soon empty and each request is sent once.
 */
export interface RetryBudget {
  readonly succeeded: () => void
  /** True when a repeat may be sent; it is then paid for. */
  readonly spend: () => boolean
}

const capacity = 10
const earnedPerSuccess = 0.2

/** A full budget. */
export const makeRetryBudget = (): RetryBudget => {
  let tokens = capacity
  return {
    succeeded: () => {
      tokens = Math.min(capacity, tokens + earnedPerSuccess)
    },
    spend: () => {
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}
