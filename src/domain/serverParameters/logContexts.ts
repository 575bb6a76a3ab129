/** What a log sink's `context` lines may name. As printed by the running servers 8.1.2.0 and 8.0.0.15. */
import type { ServerVersion } from "./ServerVersion.js"

/** `any` stands for all of them. */
const common =
  "any misc alloc arenax hardware msg os secrets socket tls vault vmapx xmem aggr appeal as audit batch batch-sub " +
  "bin config clustering drv-mem drv_pmem drv_ssd exchange exp fabric flat geo hb health hlc index info " +
  "info-command key-busy migrate mrt-audit mrt-monitor namespace nsup particle partition proto proxy proxy-divert " +
  "query record roster rw rw-client security service service-list sindex skew smd storage truncate tsvc udf xdr " +
  "xdr-client"

const only80 = ["info-port"]
const only81 = ["deprecation", "masking"]

/** Log contexts of a release, in lower case (the server reads them in any case). */
export const logContextsOf = (version: ServerVersion): ReadonlySet<string> =>
  new Set([...common.split(" "), ...(version[1] === 0 ? only80 : only81)])

/** Levels of a log sink, in lower case (any case is read). */
export const logLevels: ReadonlySet<string> = new Set(["critical", "warning", "info", "debug", "detail"])

/** Facilities of the syslog sink. */
export const syslogFacilities: ReadonlySet<string> = new Set([
  ...["auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user", "uucp"],
  ...Array.from({ length: 8 }, (_, index) => `local${index}`),
])
