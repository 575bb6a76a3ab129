/** Pod IPs: each given once until the pool has gone round, as a real network plugin does it. */
import * as Effect from "effect/Effect"

export interface AddressPool {
  readonly allocate: Effect.Effect<string>
  readonly release: (address: string) => Effect.Effect<void>
}

const hostsPerNet = 250

/**
 * Addresses `<prefix>.0.1`, `<prefix>.0.2`, … in that order; a released one is not given again before all others were.
 *
 * @param prefix the first two numbers, such as `10.1`, or `127.55` for addresses that real sockets can bind
 */
export const makeAddressPool = (prefix: string): AddressPool => {
  const inUse = new Set<string>()
  let last = 0
  const next = (): string => {
    last = (last % (256 * hostsPerNet)) + 1
    return `${prefix}.${Math.floor((last - 1) / hostsPerNet)}.${((last - 1) % hostsPerNet) + 1}`
  }
  return {
    allocate: Effect.sync(() => {
      let address = next()
      while (inUse.has(address)) address = next()
      inUse.add(address)
      return address
    }),
    release: (address) => Effect.sync(() => void inUse.delete(address)),
  }
}
