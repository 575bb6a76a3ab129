/** Names that stood in old files or in schemas of other operators and that a server refuses as unknown; each was run. */
import { device, file, memory, mesh, service } from "./serverStarts.js"

export interface WrongName {
  readonly release: "8.0" | "8.1"
  /** Section, for storage with the word behind `storage-engine`. */
  readonly section: string
  readonly name: string
}

const ofBoth: Readonly<Record<string, string>> = {
  service: "paxos-single-replica-limit feature-key-files batch-threads scan-threads log-rotate prole-extra-ttl",
  namespace:
    "compression compression-level durable-delete fast-restart name type evict-used-pct stop-writes-used-pct defrag-lwm-pct data-size max-write-cache sets-enable-xdr enable-xdr ns-forward-xdr-writes",
  "namespace.storage-engine device": "devices files flush-files",
  "namespace.storage-engine memory":
    "devices files post-write-cache read-page-cache cache-replica-writes cold-start-empty sindex-startup-device-scan data-in-memory memory-size",
  "network.service": "addresses access-addresses reuse-address",
  "network.heartbeat": "addresses mesh-seed-address-ports mesh-address multicast-address",
  "network.fabric": "addresses channel-bulk-recv-pools workers",
  logging: "any name tag",
  "mod-lua": "system-path cache-size",
}

const of81: Readonly<Record<string, string>> = {
  "network.service": "alternate-address network-interface-name",
  "network.heartbeat": "interface-address",
}

const of80: Readonly<Record<string, string>> = {
  service: "cgroup-mem-tracking",
  namespace: "apply-ttl-reductions tomb-raider-unmark-threads",
  "network.info": "zzz",
  "network.admin": "port",
}

const listed = (
  release: WrongName["release"],
  ...lists: ReadonlyArray<Readonly<Record<string, string>>>
): ReadonlyArray<WrongName> =>
  lists.flatMap((list) =>
    Object.entries(list).flatMap(([section, names]) => names.split(" ").map((name) => ({ release, section, name }))),
  )

/** 50 names on 8.1.2.0, 52 on 8.0.0.15. */
export const wrongNames: ReadonlyArray<WrongName> = [...listed("8.1", ofBoth, of81), ...listed("8.0", ofBoth, of80)]

/** A file that would start but for one line in a section. */
export const fileWith = (section: string, line: string): string => {
  switch (section) {
    case "service":
      return service(line)
    case "namespace":
      return file({ namespace: line })
    case "namespace.set":
      return file({ namespace: `set s {\n${line}\n}` })
    case "namespace.geo2dsphere-within":
      return file({ namespace: `geo2dsphere-within {\n${line}\n}` })
    case "namespace.storage-engine device":
      return file({ engine: device(`device /dev/a\n${line}`) })
    case "namespace.storage-engine memory":
      return file({ engine: `${memory.slice(0, -1)}${line}\n}` })
    case "network.service":
      return file({ serviceNetwork: line })
    case "network.heartbeat":
      return file({ heartbeat: `${mesh}\n${line}` })
    case "network.fabric":
      return file({ fabric: `port 3001\n${line}` })
    case "logging":
      return file({ logging: `logging {\n console {\n${line}\n}\n}` })
    case "mod-lua":
      return file({ top: `mod-lua {\n${line}\n}` })
    default:
      return file({ network: `${section.replace("network.", "")} {\n${line}\n}` })
  }
}
