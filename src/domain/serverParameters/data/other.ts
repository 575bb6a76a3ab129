/**
 * The sections of the file, `logging` and `mod-lua`.
 * Extracted from the parser tables of Aerospike Community Edition 8.1.2.0 and 8.0.0.15 (built from the tagged sources), verified against the
 * running servers; `releases` by comparing the sources of all releases from 8.0.0.1 on. In the order of the server's own tables.
 */
import type { ParameterEntry } from "../Parameter.js"

// prettier-ignore
export const otherParameters: Readonly<Record<string, ReadonlyArray<ParameterEntry>>> = {
  "(top)": [
    { name: "service", kind: "section" },
    { name: "logging", kind: "section" },
    { name: "network", kind: "section" },
    { name: "namespace", kind: "section" },
    { name: "mod-lua", kind: "section" },
    { name: "security", kind: "section", refused: "enterprise" },
    { name: "xdr", kind: "section", refused: "enterprise" },
  ],
  "logging": [
    { name: "console", kind: "section" },
    { name: "file", kind: "section" },
    { name: "syslog", kind: "section" },
  ],
  "logging.console|file": [
    { name: "context", kind: "logContext", repeated: true, hidden: true },
  ],
  "logging.syslog": [
    { name: "context", kind: "logContext", repeated: true, hidden: true },
    { name: "facility", kind: "string", hidden: true },
    { name: "path", kind: "string", hidden: true },
    { name: "tag", kind: "string", hidden: true },
  ],
  "mod-lua": [
    { name: "cache-enabled", kind: "bool", default: "true", hidden: true },
    { name: "user-path", kind: "string", maxLength: 255, default: "/opt/aerospike/usr/udf/lua", hidden: true },
  ],
}
