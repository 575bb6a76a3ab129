/** What a server finds on the machine it starts on. Defaults: the official image on an ordinary host, where nothing is missing. */
export interface HostFacts {
  readonly hasDirectory: (path: string) => boolean
  /** A block device or a file the server can open or create. */
  readonly canOpen: (path: string) => boolean
  readonly resolves: (name: string) => boolean
  /** Whether a listener can bind the address here. */
  readonly isLocal: (address: string) => boolean
  /** Descriptors the process may open (`RLIMIT_NOFILE`). */
  readonly fileLimit: number
  readonly hasUser: (name: string) => boolean
  readonly hasGroup: (name: string) => boolean
  readonly passesBestPractices: boolean
  /** Whether something listens on the syslog socket. */
  readonly hasSyslog: boolean
  readonly hasInterface: (name: string) => boolean
}

export const permissiveHost: HostFacts = {
  hasDirectory: () => true,
  canOpen: () => true,
  resolves: () => true,
  isLocal: () => true,
  fileLimit: 1_048_576,
  hasUser: () => true,
  hasGroup: () => true,
  passesBestPractices: true,
  hasSyslog: true,
  hasInterface: () => true,
}
