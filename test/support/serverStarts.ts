/**
 * Recorded starts of Aerospike Community Edition 8.1.2.0 and 8.0.0.15 (own builds from the tagged sources, run once per case; line numbers and
 * paths of the messages replaced).
 */
import { type HostFacts } from "../../src/testing/aerospike/configuration/HostFacts.js"

/** A minimal file that starts; `parts` replace or extend its sections. */
export interface Parts {
  readonly service?: string
  readonly port?: string
  readonly network?: string
  readonly heartbeat?: string
  readonly fabric?: string
  readonly serviceNetwork?: string
  readonly namespaces?: string
  readonly namespace?: string
  readonly engine?: string
  readonly top?: string
  readonly logging?: string
}

export const memory = "storage-engine memory {\n data-size 1G\n }"
export const file = (parts: Parts = {}): string =>
  [
    "service {",
    parts.service ?? " cluster-name loop",
    "}",
    parts.logging ?? "logging {\n console {\n context any info\n }\n}",
    "network {",
    "service {",
    parts.port ?? " port 3000",
    parts.serviceNetwork ?? "",
    "}",
    "heartbeat {",
    parts.heartbeat ?? " mode mesh\n port 3002",
    "}",
    "fabric {",
    parts.fabric ?? " port 3001",
    "}",
    parts.network ?? "",
    "}",
    parts.namespaces ?? `namespace test {\n${parts.namespace ?? ""}\n${parts.engine ?? memory}\n}`,
    parts.top ?? "",
    "",
  ].join("\n")

/** A host on which nothing exists beyond what the recorded runs had. */
export const strictHost: HostFacts = {
  hasDirectory: (path) => !path.startsWith("/nonexistent"),
  canOpen: (path) => !path.includes("nonexistent"),
  resolves: (name) => !name.endsWith(".invalid"),
  isLocal: (address) => address.startsWith("127."),
  fileLimit: 20_000,
  hasUser: (name) => name === "root",
  hasGroup: (name) => name === "root",
  passesBestPractices: false,
  hasSyslog: false,
  hasInterface: (name) => name === "lo",
}

export const device = (body: string): string => `storage-engine device {\n${body}\n}`
export const mem = (body: string): string => `storage-engine memory {\n${body}\n}`
export const ns = (name: string, body = memory): string => `namespace ${name} {\n${body}\n}`
export const lines = (count: number, line: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => line(n)).join("\n")
export const mesh = " mode mesh\n port 3002\n"

/** A file and what a server did with it: `starts`, `hangs`, or its exit code and last message. */
export interface ServerStart {
  readonly id: string
  readonly text: string
  readonly outcome: string
  /** On 8.0.0.15; absent: the same. */
  readonly outcome80?: string
  /** What the server found around it. Default: {@link strictHost}. */
  readonly host?: HostFacts
}

type Line = readonly [id: string, text: string, outcome: string, host?: HostFacts]

const unknown = (name: string): string => `1 line <n> :: unknown config parameter name '${name}'`

/** Where 8.0.0.15 did something else. */
const on80: Readonly<Record<string, string>> = {
  "mem.data-size-256M": "starts",
  "mem.data-size-min": "1 line <n> :: data-size must be >= 268435456 and <= 281474976710656, not 268435455",
  "admin.section": unknown("admin"),
  "admin.no-port": unknown("admin"),
  "port.same-admin": unknown("admin"),
  "info.section": unknown("whatever"),
}

const start = ([id, text, outcome, host]: Line): ServerStart => ({
  id,
  text,
  outcome,
  ...(on80[id] === undefined ? {} : { outcome80: on80[id] }),
  ...(host === undefined ? {} : { host }),
})

const ruleLines: ReadonlyArray<Line> = [
  ["required.cluster-name", file({ service: "" }), "1 must configure 'cluster-name'"],
  ["required.namespace", file({ namespaces: "" }), "1 must configure at least one namespace"],
  ["required.service-port", file({ port: "" }), "1 no service ports configured"],
  ["required.heartbeat-port", file({ heartbeat: " mode mesh" }), "1 no heartbeat ports configured"],
  ["required.fabric-port", file({ fabric: "" }), "1 no fabric ports configured"],
  ["required.heartbeat-mode", file({ heartbeat: " port 3002" }), "1 no multicast groups specified"],
  ["required.storage-engine", file({ engine: "" }), "1 {test} must configure 'storage-engine'"],
  [
    "required.work-directory",
    file(),
    "1 work directory '/opt/aerospike' is not set up properly: No such file or directory",
    { ...strictHost, hasDirectory: () => false },
  ],
  [
    "required.smd-directory",
    file({ service: " cluster-name loop\n work-directory /w2" }),
    "1 system metadata directory '/w2/smd' is not set up properly: No such file or directory",
    { ...strictHost, hasDirectory: (path) => path === "/w2" },
  ],
  [
    "required.lua-directory",
    file(),
    "1 Lua user directory '/opt/aerospike/usr/udf/lua' is not set up properly: No such file or directory",
    { ...strictHost, hasDirectory: (path) => !path.includes("lua") },
  ],
  ["optional.logging", file({ logging: "" }), "starts"],
  ["optional.log-levels", file({ logging: "logging {\n console {\n }\n}" }), "starts"],
  ["optional.service-address", file(), "starts"],
  ["optional.heartbeat-address", file(), "starts"],
  ["optional.node-id", file(), "starts"],
  ["ns.max", file({ namespaces: ns("a") + "\n" + ns("b") + "\n" + ns("c") }), "1 too many namespaces (max is 2)"],
  ["ns.duplicate", file({ namespaces: ns("test") + "\n" + ns("test") }), "1 {test} duplicate namespace"],
  [
    "ns.name-length",
    file({ namespaces: ns("n".repeat(32)) }),
    `1 {${"n".repeat(32)}} namespace name too long (max length is 31)`,
  ],
  ["ns.name-missing", file({ namespaces: `namespace {\n${memory}\n}` }), "starts"],
  ["ns.two-engines", file({ engine: memory + "\n" + memory }), "1 {test} can only configure one 'storage-engine'"],
  [
    "ns.engine-kind",
    file({ engine: "storage-engine ssd {\n}" }),
    "1 line <n> :: storage-engine has unknown value 'ssd'",
  ],
  [
    "ns.engine-kind-missing",
    file({ engine: "storage-engine {\n}" }),
    "1 line <n> :: storage-engine has unknown value '{'",
  ],
  [
    "ns.ttl-nsup",
    file({ namespace: "default-ttl 10" }),
    "1 {test} must configure non-zero 'nsup-period' or 'allow-ttl-without-nsup' true if 'default-ttl' is non-zero",
  ],
  [
    "ns.ttl-max",
    file({ namespace: "default-ttl 3651d" }),
    "1 line <n> :: default-ttl must be <= 315360000 seconds, not 315446400 seconds",
  ],
  ["set.ttl-nsup", file({ namespace: "set s1 {\n default-ttl 10\n}" }), "starts"],
  [
    "set.ttl-max",
    file({ namespace: "set s1 {\n default-ttl 3651d\n}" }),
    "1 {test|s1} default-ttl must be <= 315360000 seconds",
  ],
  ["set.max", file({ namespace: lines(4096, (n) => `set s${n} {\n}`) }), "1 {test} too many sets"],
  [
    "set.name-length",
    file({ namespace: `set ${"s".repeat(64)} {\n}` }),
    `1 line <n> :: set must be < 64 characters long, not ${"s".repeat(64)}`,
  ],
  ["set.duplicate", file({ namespace: "set a {\n}\nset a {\n}" }), "starts"],
  ["set.name-missing", file({ namespace: "set {\n}" }), "starts"],
  [
    "rf.max",
    file({ namespace: "replication-factor 9" }),
    "1 line <n> :: replication-factor must be >= 1 and <= 8, not 9",
  ],
  ["rf.vs-cluster", file({ namespace: "replication-factor 8" }), "starts"],
  [
    "mcs.max",
    file({ service: " cluster-name loop\n min-cluster-size 9" }),
    "1 line <n> :: min-cluster-size must be <= 8, not 9",
  ],
  ["mcs.above-size", file({ service: " cluster-name loop\n min-cluster-size 3" }), "starts"],
  [
    "mem.data-size-missing",
    file({ engine: mem("") }),
    "1 {test} must configure 'data-size' if not using storage backing",
  ],
  [
    "mem.data-size-and-backing",
    file({ engine: mem("data-size 1G\nfilesize 1G\nfile /d/a") }),
    "1 {test} can't configure 'data-size' if using storage backing",
  ],
  [
    "mem.data-size-min",
    file({ engine: mem("data-size 268435455") }),
    "1 line <n> :: data-size must be >= 536870912 and <= 281474976710656, not 268435455",
  ],
  [
    "mem.data-size-256M",
    file({ engine: mem("data-size 256M") }),
    "1 line <n> :: data-size must be >= 536870912 and <= 281474976710656, not 268435456",
  ],
  [
    "mem.flush-size",
    file({ engine: mem("data-size 1G\nflush-size 1M") }),
    "1 {test} can't configure 'flush-size' if not using storage backing",
  ],
  [
    "mem.filesize-missing",
    file({ engine: mem("file /d/a") }),
    "1 {test} must configure 'filesize' if using storage files",
  ],
  [
    "mem.mixed",
    file({ engine: mem("file /d/a\nfilesize 1G\ndevice /dev/a") }),
    "1 {test} mixture of storage files and devices",
  ],
  ["mem.filesize-alone", file({ engine: mem("data-size 1G\nfilesize 1G") }), "starts"],
  ["mem.over-ram", file({ engine: mem("data-size 1T") }), "starts"],
  ["dev.empty", file({ engine: device("") }), "1 {test} has no devices or files"],
  [
    "dev.filesize-missing",
    file({ engine: device("file /d/a") }),
    "1 {test} must configure 'filesize' if using storage files",
  ],
  [
    "dev.filesize-min",
    file({ engine: device("file /d/a\nfilesize 134217727") }),
    "1 line <n> :: filesize must be >= 134217728 and <= 2199023255552, not 134217727",
  ],
  [
    "dev.duplicate",
    file({ engine: device("file /d/d0.dat\nfile /d/d0.dat\nfilesize 1G") }),
    "1 {test} duplicate storage file /d/d0.dat",
  ],
  [
    "dev.mixed",
    file({ engine: device("file /d/a\nfilesize 1G\ndevice /dev/a") }),
    "1 {test} mixture of storage files and devices",
  ],
  [
    "dev.shadow",
    file({ engine: device("file /d/d0.dat /d/s0.dat\nfile /d/d1.dat\nfilesize 1G") }),
    "1 {test} no shadow for file /d/d1.dat",
  ],
  [
    "dev.max",
    file({ engine: device("filesize 128M\n" + lines(129, (n) => `file /d/${n}`)) }),
    "1 {test} too many storage files",
  ],
  [
    "dev.file-open",
    file({ engine: device("file /nonexistent/d.dat\nfilesize 128M") }),
    "134 unable to open file /nonexistent/d.dat: No such file or directory",
  ],
  [
    "dev.device-open",
    file({ engine: device("device /dev/nonexistent") }),
    "134 {test} unable to open device /dev/nonexistent: No such file or directory",
  ],
  ["ce.storage-rf2", file({ engine: mem("data-size 2562G") }), "1 Community Edition limit exceeded"],
  ["ce.storage-rf2-ok", file({ engine: mem("data-size 2560G") }), "starts"],
  [
    "ce.storage-rf1",
    file({ namespace: "replication-factor 1", engine: mem("data-size 1281G") }),
    "1 Community Edition limit exceeded",
  ],
  ["ce.storage-rf1-ok", file({ namespace: "replication-factor 1", engine: mem("data-size 1280G") }), "starts"],
  [
    "hb.connect-timeout",
    file({ heartbeat: mesh + " connect-timeout-ms 501" }),
    "1 'connect-timeout-ms' must be <= 'interval' * 'timeout' / 3",
  ],
  [
    "hb.interval-alone",
    file({ heartbeat: mesh + " interval 149" }),
    "1 'connect-timeout-ms' must be <= 'interval' * 'timeout' / 3",
  ],
  [
    "hb.timeout-alone",
    file({ heartbeat: mesh + " timeout 9" }),
    "1 'connect-timeout-ms' must be <= 'interval' * 'timeout' / 3",
  ],
  [
    "hb.seeds-max",
    file({ heartbeat: mesh + lines(9, (n) => `mesh-seed-address-port 127.0.0.${n + 1} 3002`) }),
    "1 can't configure more than 8 mesh-seed-address-port entries",
  ],
  ["hb.seed-unresolvable", file({ heartbeat: mesh + " mesh-seed-address-port no.such.name.invalid 3002" }), "starts"],
  ["hb.seed-self", file({ heartbeat: mesh + " mesh-seed-address-port 127.0.0.1 3002" }), "starts"],
  ["hb.multicast-group", file({ heartbeat: " mode multicast\n port 3002" }), "1 no multicast groups specified"],
  [
    "hb.multicast-seed",
    file({
      heartbeat: " mode multicast\n port 3002\n multicast-group 239.1.1.1\n mesh-seed-address-port 127.0.0.1 3002",
    }),
    "1 invalid config option: mesh-seed-address-port not supported for multicast mode",
  ],
  [
    "hb.mesh-group",
    file({ heartbeat: mesh + " multicast-group 239.1.1.1" }),
    "1 invalid config option: multicast-group not supported in mesh mode",
  ],
  ["hb.multicast", file({ heartbeat: " mode multicast\n port 3002\n multicast-group 239.1.1.1" }), "starts"],
  [
    "fabric.pools",
    file({ fabric: " port 3001\n channel-rw-recv-pools 3" }),
    "1 'channel-rw-recv-threads' must be a multiple of 'channel-rw-recv-pools'",
  ],
  ["port.range", file({ port: " port 1023" }), "1 line <n> :: port must be >= 1024 and <= 65535, not 1023"],
  ["port.overflow", file({ port: " port 65536" }), "1 line <n> :: port 65536 overflows unsigned short"],
  ["port.same", file({ port: " port 3001" }), "hangs"],
  ["port.same-hb", file({ port: " port 3002" }), "hangs"],
  ["port.same-fabric-hb", file({ fabric: " port 3002" }), "hangs"],
  ["port.same-admin", file({ network: "admin {\n port 3000\n}" }), "hangs"],
  ["admin.section", file({ network: "admin {\n port 3008\n}" }), "starts"],
  ["admin.no-port", file({ network: "admin {\n}" }), "starts"],
  ["info.section", file({ network: "info {\n port 3003\n whatever 1\n}" }), "starts"],
  [
    "addr.unresolvable",
    file({ serviceNetwork: "address no.such.name.invalid" }),
    "1 Invalid default access address: no.such.name.invalid",
  ],
  ["addr.foreign", file({ serviceNetwork: "address 10.9.9.9" }), "134 couldn't initialize service socket"],
  ["access.any", file({ serviceNetwork: "access-address any" }), "1 Invalid access address: any"],
  [
    "access.unresolvable",
    file({ serviceNetwork: "access-address no.such.name.invalid" }),
    "1 Invalid access address: no.such.name.invalid",
  ],
  ["access.foreign", file({ serviceNetwork: "access-address 10.9.9.9" }), "starts"],
  [
    "node-id.both",
    file({ service: " cluster-name loop\n node-id A1\n node-id-interface lo" }),
    "1 may not configure both 'node-id' and ''node-id-interface",
  ],
  ["node-id.interface", file({ service: " cluster-name loop\n node-id-interface nope0" }), "1 could not get node id"],
  [
    "fd.limit",
    file({ service: " cluster-name loop\n proto-fd-max 30000" }),
    "1 20000 system file descriptors not enough, config specified 30000",
  ],
  [
    "pin.address",
    file({ service: " cluster-name loop\n auto-pin cpu", serviceNetwork: "address 127.0.0.1" }),
    `1 auto-pinning requires binding the service to network interfaces; "127.0.0.1" isn't a network interface`,
  ],
  [
    "best-practices",
    file({ service: " cluster-name loop\n enforce-best-practices true" }),
    "1 failed best-practices checks - see 'https://docs.aerospike.com/docs/operations/install/linux/bestpractices/index.html'",
  ],
  [
    "user.unknown",
    file({ service: " cluster-name loop\n user nosuchuser" }),
    "1 line <n> :: user not found: nosuchuser",
  ],
  [
    "group.unknown",
    file({ service: " cluster-name loop\n group nosuchgroup" }),
    "1 line <n> :: group not found: nosuchgroup",
  ],
  [
    "log.max",
    file({ logging: `logging {\n${lines(9, (n) => `file /l/${n} {\n}`)}\n}` }),
    "1 can't configure > 8 log sinks",
  ],
  [
    "log.context",
    file({ logging: "logging {\n console {\n context bogus info\n }\n}" }),
    "1 line <n> :: can't add logging context bogus info",
  ],
  [
    "log.level",
    file({ logging: "logging {\n console {\n context any loud\n }\n}" }),
    "1 line <n> :: can't add logging context any loud",
  ],
  [
    "log.level-missing",
    file({ logging: "logging {\n console {\n context any\n }\n}" }),
    "1 line <n> :: can't add logging context any ",
  ],
  [
    "log.file",
    file({ logging: "logging {\n file /nonexistent/x.log {\n }\n}" }),
    "1 can't open /nonexistent/x.log: 2 (No such file or directory)",
  ],
  [
    "log.syslog",
    file({ logging: "logging {\n syslog {\n }\n}" }),
    "1 can't connect to /dev/log: 2 (No such file or directory)",
  ],
  [
    "log.facility",
    file({ logging: "logging {\n syslog {\n facility bogus\n }\n}" }),
    "1 line <n> :: can't add logging facility bogus",
  ],
  [
    "name.cluster-length",
    file({ service: ` cluster-name ${"c".repeat(64)}` }),
    `1 bad cluster name '${"c".repeat(64)}'`,
  ],
  ["name.cluster-empty", file({ service: " cluster-name" }), "1 bad cluster name ''"],
  [
    "path.lua-length",
    file({ top: `mod-lua {\n user-path /${"p".repeat(255)}\n}` }),
    `1 line <n> :: user-path must be < 256 characters long, not /${"p".repeat(255)}`,
  ],
  [
    "parameter unknown",
    file({ namespace: "no-such-param 1" }),
    "1 line <n> :: unknown config parameter name 'no-such-param'",
  ],
  [
    "enterprise key",
    file({ namespace: "strong-consistency true" }),
    "1 line <n> :: 'strong-consistency' is enterprise-only",
  ],
  ["enterprise stanza security", file({ top: "security {\n}" }), "1 line <n> :: 'security' is enterprise-only"],
  ["enterprise stanza xdr", file({ top: "xdr {\n}" }), "1 line <n> :: 'xdr' is enterprise-only"],
  ["enterprise rack-id", file({ namespace: "rack-id 1" }), "1 line <n> :: 'rack-id' is enterprise-only"],
]

/** One start per rule that goes beyond single values. */
export const ruleStarts: ReadonlyArray<ServerStart> = ruleLines.map(start)

export const service = (line: string): string => file({ service: ` cluster-name loop\n${line}` })
const fd = (value: string): string => service(` proto-fd-max ${value}`)
const notNumber = (value: string): string => `1 line <n> :: proto-fd-max must be an unsigned number, not ${value}`
const notSeconds = (value: string): string =>
  `1 line <n> :: nsup-period must be a small enough unsigned number with time unit (s, m, h, or d), not ${value}`
const comment = (bytes: number): string => `#${"x".repeat(bytes - 2)}\n`

/** One line per recorded parser test. */
const parserLines: ReadonlyArray<Line> = [
  ["crlf line ends", file().replaceAll("\n", "\r\n"), "starts"],
  ["tabs", file().replaceAll(" ", "\t"), "starts"],
  [
    "section opening brace on the next line",
    file({ top: "mod-lua\n{\n}" }),
    "1 line <n> :: unknown config parameter name '{'",
  ],
  ["section without opening brace", file({ top: "mod-lua\n}" }), "starts"],
  [
    "closing brace on the line of the last key",
    file().replace(" cluster-name loop\n}", " cluster-name loop }"),
    "1 line <n> :: unknown config parameter name 'logging'",
  ],
  ['one-line section "mod-lua { }"', file({ top: "mod-lua { }" }), "1 parsing - final context missing '}'?"],
  ["missing last closing brace", file().trimEnd().slice(0, -1), "1 parsing - final context missing '}'?"],
  ["extra closing brace at end", file({ top: "}" }), "1 line <n> :: unknown config parameter name '}'"],
  ["comment after value", service(" proto-fd-max 2000 # comment"), "starts"],
  ["hash inside value (a#b)", file({ service: " cluster-name a#b" }), "starts"],
  ["value starts with hash", file({ service: " cluster-name #b" }), "1 bad cluster name ''"],
  ["quoted value", file({ service: ' cluster-name "ab cd"' }), "starts"],
  ["extra tokens after value", fd("2000 3000 4000 5000"), "starts"],
  ["key = value form", fd("= 2000"), notNumber("=")],
  ["key: value form", service(" proto-fd-max: 2000"), "1 line <n> :: unknown config parameter name 'proto-fd-max:'"],
  [
    "upper-case key",
    file({ service: " Cluster-Name loop" }),
    "1 line <n> :: unknown config parameter name 'Cluster-Name'",
  ],
  [
    "underscore key",
    file({ service: " cluster_name loop" }),
    "1 line <n> :: unknown config parameter name 'cluster_name'",
  ],
  ["duplicate scalar key", fd("2000\n proto-fd-max 3000"), "starts"],
  ["duplicate top-level section", file({ top: "service {\n proto-fd-max 2000\n}" }), "starts"],
  ["empty file", "", "1 "],
  ["utf-8 BOM", `\uFEFF${file()}`, "1 line <n> :: unknown config parameter name '\uFEFFservice'"],
  ["comment line of 1024 bytes incl newline", comment(1024) + file(), "starts"],
  [
    "comment line of 1025 bytes incl newline",
    comment(1025) + file(),
    "1 line <n> :: unknown config parameter name 'x'",
  ],
  [
    "comment line of 1030 bytes incl newline",
    comment(1030) + file(),
    "1 line <n> :: unknown config parameter name 'xxxxxx'",
  ],
  ["blank then key beyond column 1023", file({ service: " ".repeat(1023) + "cluster-name loop" }), "starts"],
  ["int with suffix k", fd("2k"), "starts"],
  ["int with suffix Ki", fd("2Ki"), notNumber("2Ki")],
  ["int with suffix KB", fd("2KB"), notNumber("2KB")],
  ["int decimal", fd("2048.5"), notNumber("2048.5")],
  ["int hex", fd("0x800"), notNumber("0x800")],
  ["int with sign +", fd("+2048"), notNumber("+2048")],
  ["int with underscore", fd("2_048"), notNumber("2_048")],
  ["int exponent", fd("2e3"), notNumber("2e3")],
  ["int suffix only (K)", service(" proto-fd-idle-ms K"), "starts"],
  ["u32 wraps at 2^64", fd("18446744073709553664"), "starts"],
  ["size suffix T and P", file({ engine: mem("data-size 1T\nmax-write-cache 1P") }), "starts"],
  ["seconds with suffix 1w", file({ namespace: "nsup-period 1w" }), notSeconds("1w")],
  ["seconds with suffix 1H", file({ namespace: "nsup-period 1H" }), "starts"],
  ["seconds 1h30m", file({ namespace: "nsup-period 1h30m" }), notSeconds("1h30m")],
  [
    "bool 1",
    service(" enable-health-check 1"),
    "1 line <n> :: enable-health-check must be true or false or yes or no, not 1",
  ],
  [
    "bool on",
    service(" enable-health-check on"),
    "1 line <n> :: enable-health-check must be true or false or yes or no, not on",
  ],
  [
    "bool without value",
    service(" enable-health-check"),
    "1 line <n> :: enable-health-check must be true or false or yes or no",
  ],
  ["run-as-daemon without value", service(" run-as-daemon"), "starts"],
  ["port with K suffix (3K = 3072)", file({ port: " port 3K" }), "starts"],
  ["cluster-name with punctuation", file({ service: ` cluster-name a.b_c-d/e:f;g=h,i"j'k\\l$m@n` }), "starts"],
  ["cluster-name utf-8", file({ service: " cluster-name käse" }), "starts"],
  ["namespace name punctuation a.b:c;d=e", file({ namespaces: ns("a.b:c;d=e") }), "starts"],
  ["cluster-name two words (second ignored)", file({ service: " cluster-name a b" }), "starts"],
  ["log context and level upper case", file({ logging: "logging {\n console {\n context ANY INFO\n }\n}" }), "starts"],
  ["two console sinks", file({ logging: "logging {\n console {\n }\n console {\n }\n}" }), "starts"],
  ["node-id 0x prefix", service(" node-id 0xA1"), "starts"],
  [
    "node-id 17 hex digits",
    service(" node-id 11111111111111111"),
    "1 line <n> :: node-id must be a 64-bit hex number, not 11111111111111111",
  ],
]

/** One start per way to write a file. */
export const parserStarts: ReadonlyArray<ServerStart> = parserLines.map(start)
