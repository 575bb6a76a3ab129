/** Text that would become a directive, a command or a program, if anything read it as more than one word (R117, R118, R121, R122). */

/** What may end a word, a line, a statement, a string or a block somewhere. */
const separators = [
  ..."\n\r\v\f\t\0 #;{}\"'`\\,:|&=<>*$",
  "\r\n",
  "\u0085",
  "\u2028",
  "\u2029",
  "\u202e",
  "\ufeff",
  "\\n",
  "$'\\n'",
]

const templates: ReadonlyArray<(separator: string) => string> = [
  (s) => `a${s}b`,
  (s) => `${s}`,
  (s) => `a${s}service-threads 1`,
  (s) => `a${s}}${s}service {${s}pidfile /tmp/x${s}`,
  (s) => `a${s}touch canary${s}`,
]

const lengths = [63, 64, 127, 128, 253, 254, 1000, 1001, 1020, 1021, 1022, 1023, 1024, 1025, 1030, 5000]

const special = [
  "",
  "-",
  "--",
  "-rf",
  "--help",
  "..",
  "../../etc/passwd",
  "/etc/passwd",
  "/proc/self/environ",
  "/dev/sda",
  "$(touch canary)",
  "`touch canary`",
  "${IFS}touch${IFS}canary",
  "'; touch canary; '",
  '"; touch canary; "',
  "|touch canary",
  "&& touch canary",
  "a|g;e touch canary",
  "a/e touch canary/",
  "MY_POD_IP",
  "MY_POD_NAME",
  "MY_NODE_IP",
  "$(POD_IP)",
  "statistics\nset-config:context=service;migrate-threads=0",
  "test;set-config",
  "__proto__",
  "constructor",
  "toString",
  "xdr",
  "security",
  "tls",
  "namespace evil {",
  "include /etc/passwd",
  "null",
  "true",
  "1",
  "-0",
  "0x10",
  "1e3",
  "9007199254740993",
  "1e400",
  "NaN",
  "Infinity",
  "1Gi",
  "\ud800",
  "日本語",
  "ａｂｃ",
  "\u0000\u0000",
  "\u001b[31mred\u001b[0m",
]

/** More than two hundred. */
export const payloads: ReadonlyArray<string> = [
  ...new Set([
    ...separators.flatMap((separator) => templates.map((template) => template(separator))),
    ...lengths.map((length) => "a".repeat(length)),
    ...special,
  ]),
]
