/** The Pod Security Standard `restricted`, as far as a pod template can break it. Answers what is wrong. */
type Fields = Readonly<Record<string, unknown>>
const fields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {})
const list = (value: unknown): ReadonlyArray<Fields> => (Array.isArray(value) ? value.map(fields) : [])
const allowedVolumes = [
  "configMap",
  "emptyDir",
  "projected",
  "secret",
  "downwardAPI",
  "persistentVolumeClaim",
  "ephemeral",
  "csi",
]

export const restrictedViolations = (podSpec: unknown): ReadonlyArray<string> => {
  const spec = fields(podSpec)
  const pod = fields(spec["securityContext"])
  const found: Array<string> = []
  for (const field of ["hostNetwork", "hostPID", "hostIPC"]) if (spec[field] === true) found.push(field)
  for (const volume of list(spec["volumes"])) {
    const kinds = Object.keys(volume).filter((key) => key !== "name")
    if (kinds.some((kind) => !allowedVolumes.includes(kind))) found.push(`volume ${String(volume["name"])}`)
  }
  for (const container of [...list(spec["initContainers"]), ...list(spec["containers"])]) {
    const name = String(container["name"])
    const own = fields(container["securityContext"])
    const effective = { ...pod, ...own }
    if (own["privileged"] === true) found.push(`${name} privileged`)
    if (own["allowPrivilegeEscalation"] !== false) found.push(`${name} allowPrivilegeEscalation`)
    const capabilities = fields(own["capabilities"])
    if (!Array.isArray(capabilities["drop"]) || !capabilities["drop"].includes("ALL"))
      found.push(`${name} capabilities`)
    if (capabilities["add"] !== undefined && JSON.stringify(capabilities["add"]) !== '["NET_BIND_SERVICE"]')
      found.push(`${name} adds capabilities`)
    if (effective["runAsNonRoot"] !== true) found.push(`${name} runAsNonRoot`)
    if (effective["runAsUser"] === 0) found.push(`${name} runs as root`)
    if (!["RuntimeDefault", "Localhost"].includes(String(fields(effective["seccompProfile"])["type"])))
      found.push(`${name} seccomp`)
    if (list(container["ports"]).some((port) => port["hostPort"] !== undefined)) found.push(`${name} hostPort`)
  }
  return found
}
