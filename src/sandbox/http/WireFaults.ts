/** Faults on the wire: whole outages, and what happens to the bytes of open watches (R30-R42). Switched at run time. */

/** What becomes of one line of a watch: other chunks (split, garbled, none), and perhaps the end of the connection behind them. */
export interface WireLine {
  readonly chunks: ReadonlyArray<Buffer>
  readonly thenCut: boolean
}

/** Looks at each line of each watch before it is written. `resource` is the plural. */
export type Mangle = (resource: string, line: Buffer) => WireLine | undefined

export interface WatchConnection {
  readonly resource: string
  /** Destroys the socket: a reset in the middle of the stream. */
  readonly cut: () => void
  /** Ends the answer in order, as the server does after `timeoutSeconds`. */
  readonly end: () => void
  /** Writes raw bytes between lines. */
  readonly inject: (bytes: Buffer) => void
  isStalled: boolean
}

export interface WireFaults {
  /** Resets open watches of a resource (all when absent). Answers with how many there were. */
  readonly cutWatches: (resource?: string) => number
  /** Ends open watches in order. */
  readonly endWatches: (resource?: string) => number
  /** Open watches say nothing any more, not even bookmarks, while their connections stay (R37, R38). */
  readonly stallWatches: (resource?: string) => number
  /** Writes bytes into open watches as they are (R35, R39). */
  readonly injectIntoWatches: (bytes: Buffer, resource?: string) => number
  /** New watches are answered with 403. */
  readonly refuseWatches: (refuse: boolean) => void
  readonly areWatchesRefused: () => boolean
  /** Mangles lines from now on; undefined stops it. */
  readonly mangleLines: (mangle: Mangle | undefined) => void
  readonly mangle: Mangle
  readonly openWatches: (resource?: string) => number
  readonly register: (connection: WatchConnection) => () => void
}

export const makeWireFaults = (): WireFaults => {
  const open = new Set<WatchConnection>()
  let isRefusing = false
  let mangle: Mangle | undefined
  const each = (resource: string | undefined, act: (connection: WatchConnection) => void): number => {
    const hit = [...open].filter((connection) => resource === undefined || connection.resource === resource)
    hit.forEach(act)
    return hit.length
  }
  return {
    cutWatches: (resource) => each(resource, (connection) => connection.cut()),
    endWatches: (resource) => each(resource, (connection) => connection.end()),
    stallWatches: (resource) =>
      each(resource, (connection) => {
        connection.isStalled = true
      }),
    injectIntoWatches: (bytes, resource) => each(resource, (connection) => connection.inject(bytes)),
    refuseWatches: (refuse) => {
      isRefusing = refuse
    },
    areWatchesRefused: () => isRefusing,
    mangleLines: (next) => {
      mangle = next
    },
    mangle: (resource, line) => mangle?.(resource, line),
    openWatches: (resource) => each(resource, () => undefined),
    register: (connection) => {
      open.add(connection)
      return () => void open.delete(connection)
    },
  }
}
