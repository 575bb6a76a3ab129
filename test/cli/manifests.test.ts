import { describe, expect, it } from "vitest"
import { parseAllDocuments } from "yaml"
import * as Either from "effect/Either"
import { parse } from "../../src/cli/commandLine.js"
import { manifestFiles } from "../../src/cli/manifests.js"
import { allSettings, defaults } from "../../src/config/OperatorConfig.js"
import { restrictedViolations } from "../support/podSecurity.js"

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
  readonly periodSeconds: number
  readonly timeoutSeconds: number
  readonly failureThreshold: number
}

interface Deployment {
  readonly metadata: { readonly namespace: string }
  readonly spec: {
    readonly replicas: number
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> }
      readonly spec: {
        readonly serviceAccountName: string
        readonly terminationGracePeriodSeconds: number
        readonly containers: ReadonlyArray<{
          readonly args: ReadonlyArray<string>
          readonly ports: ReadonlyArray<{ readonly name: string; readonly containerPort: number }>
          readonly livenessProbe: Probe
          readonly readinessProbe: Probe
          readonly resources: { readonly requests: object; readonly limits: object }
        }>
      }
    }
  }
}

const objects = <A>(file: string, installation: Parameters<typeof manifestFiles>[0] = {}): ReadonlyArray<A> =>
  parseAllDocuments(manifestFiles(installation)[file] ?? "").map((document) => document.toJSON() as A)
const only = <A>(file: string, installation: Parameters<typeof manifestFiles>[0] = {}): A => {
  const [first, ...others] = objects<A>(file, installation)
  if (first === undefined || others.length > 0) throw new Error(`${file} holds not one object`)
  return first
}

const deployment = only<Deployment>("operator/deployment.yaml")
const [container] = deployment.spec.template.spec.containers
if (container === undefined) throw new Error("no container")

describe("manifests of the operator", () => {
  it("its arguments are flags the operator knows; leader election is on, since there are two", () => {
    const [command, ...flags] = container.args
    expect(command).toBe("operator")
    expect(Either.getOrThrow(parse(flags, allSettings))).toMatchObject({ "leader-elect": "true", "log-format": "json" })
    expect(deployment.spec.replicas).toBe(2)
  })

  it("for some namespaces: one Role in each, no ClusterRole but for templates, and the flag that says so", () => {
    const some = { watchNamespaces: ["a", "b"] }
    const roles = objects<{ kind: string; metadata: { name: string; namespace?: string } }>("rbac/role.yaml", some)
    expect(roles.filter(({ kind }) => kind === "Role").map(({ metadata }) => metadata.namespace)).toEqual(["a", "b"])
    expect(roles.filter(({ kind }) => kind === "ClusterRole").map(({ metadata }) => metadata.name)).toEqual([
      "acko-operator-templates",
    ])
    const [{ args } = container] = only<Deployment>("operator/deployment.yaml", some).spec.template.spec.containers
    expect(args).toContain("--watch-namespaces=a,b")
  })

  it("R140: liveness does not end a healthy process before it stood still for 60 s", () => {
    const { failureThreshold, periodSeconds, timeoutSeconds } = container.livenessProbe
    // The first probe that is missed may begin with the standstill.
    expect((failureThreshold - 1) * periodSeconds + timeoutSeconds).toBeGreaterThan(60)
  })

  it("probes, Service and budget meet the pods", () => {
    const [port] = container.ports
    expect(container.args).toContain(`--health-port=${port?.containerPort}`)
    expect(container.livenessProbe.httpGet).toEqual({ path: "/healthz", port: port?.name })
    expect(container.readinessProbe.httpGet).toEqual({ path: "/readyz", port: port?.name })
    const { labels } = deployment.spec.template.metadata
    expect(labels).toMatchObject(deployment.spec.selector.matchLabels)
    const service = only<{ spec: { selector: object; ports: ReadonlyArray<{ targetPort: string }> } }>(
      "operator/service.yaml",
    )
    expect(labels).toMatchObject(service.spec.selector)
    expect(service.spec.ports.map(({ targetPort }) => targetPort)).toEqual([port?.name])
    const budget = only<{ spec: object }>("operator/poddisruptionbudget.yaml")
    expect(budget.spec).toEqual({ maxUnavailable: 1, selector: { matchLabels: labels } })
  })

  it("R132: passes Pod Security restricted, and the grace period covers an orderly end", () => {
    expect(restrictedViolations(deployment.spec.template.spec)).toEqual([])
    expect(deployment.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(25)
    expect(container.resources.requests).toHaveProperty("memory")
    expect(container.resources.limits).toHaveProperty("memory")
  })

  describe("R133: its network policy", () => {
    interface Peer {
      readonly namespaceSelector?: { readonly matchLabels?: object; readonly matchExpressions?: ReadonlyArray<object> }
      readonly podSelector?: { readonly matchLabels: object }
    }
    interface Rule {
      readonly ports?: ReadonlyArray<{ readonly port: number; readonly protocol: string }>
      readonly from?: ReadonlyArray<Peer>
      readonly to?: ReadonlyArray<Peer>
    }
    const specOf = (installation: Parameters<typeof manifestFiles>[0] = {}) =>
      only<{
        readonly spec: {
          readonly podSelector: { readonly matchLabels: object }
          readonly ingress: ReadonlyArray<Rule>
          readonly egress: ReadonlyArray<Rule>
        }
      }>("networkpolicy/operator.yaml", installation).spec
    const portsOf = ({ ports = [] }: Rule) => ports.map(({ port }) => port)
    const { egress, ingress, podSelector } = specOf()

    it("is about its pods: scrapes from named namespaces, webhooks from the API server wherever it is, nothing else", () => {
      expect(deployment.spec.template.metadata.labels).toMatchObject(podSelector.matchLabels)
      expect(ingress.map((rule) => [portsOf(rule), rule.from])).toEqual([
        [[container.ports[0]?.containerPort], [{ namespaceSelector: { matchLabels: { metrics: "enabled" } } }]],
        [[container.ports[1]?.containerPort], undefined],
      ])
      expect(specOf({ webhook: "off" }).ingress.flatMap(portsOf)).toEqual([8081])
    })

    it("it reaches DNS, the API server and every Aerospike pod, whatever port its cluster chose; nothing else by name", () => {
      expect(egress.map(portsOf)).toEqual([[53, 53], [443, 6443], [], [3000]])
      const pods = egress[2]?.to ?? []
      expect(pods.map((peer) => peer.podSelector?.matchLabels)).toEqual([
        { "app.kubernetes.io/name": "aerospike-cluster" },
      ])
      expect(pods[0]?.namespaceSelector).toEqual({})
      expect(specOf({ watchNamespaces: ["a", "b"] }).egress[2]?.to?.[0]?.namespaceSelector).toEqual({
        matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["a", "b"] }],
      })
    })
  })

  it("the leader's Role names the Lease that the operator takes", () => {
    const [role] = objects<{ rules: ReadonlyArray<{ verbs: ReadonlyArray<string>; resourceNames?: unknown }> }>(
      "rbac/leader_election.yaml",
    )
    expect(role?.rules[0]?.resourceNames).toEqual([defaults.leaseName])
  })
})

interface Hook {
  readonly name: string
  readonly clientConfig: {
    readonly service: { readonly name: string; readonly namespace: string; readonly path: string }
  }
  readonly namespaceSelector?: object
}
interface Configuration {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> }
  readonly webhooks: ReadonlyArray<Hook>
}

describe("manifests of the admission webhooks", () => {
  const hookFile = "webhook/configurations.yaml"
  const rulesOf = (installation: Parameters<typeof manifestFiles>[0]) =>
    objects<{ rules?: ReadonlyArray<object> }>("rbac/webhook.yaml", installation).flatMap(({ rules }) => rules ?? [])

  it("B22: each kind is defaulted and judged at its path, through a Service that leads to the container's port", () => {
    const configurations = objects<Configuration>(hookFile)
    expect(
      configurations.flatMap(({ webhooks }) =>
        webhooks.map(({ name, clientConfig }) => [name, clientConfig.service.path]),
      ),
    ).toEqual([
      ["maerospikecluster.kb.io", "/mutate-acko-io-v1alpha1-aerospikecluster"],
      ["maerospikeclustertemplate.kb.io", "/mutate-acko-io-v1alpha1-aerospikeclustertemplate"],
      ["vaerospikecluster.kb.io", "/validate-acko-io-v1alpha1-aerospikecluster"],
      ["vaerospikeclustertemplate.kb.io", "/validate-acko-io-v1alpha1-aerospikeclustertemplate"],
    ])
    const service = only<{ metadata: object; spec: { selector: object; ports: ReadonlyArray<object> } }>(
      "webhook/service.yaml",
    )
    for (const { webhooks } of configurations) {
      for (const { clientConfig } of webhooks)
        expect(service.metadata).toMatchObject({
          name: clientConfig.service.name,
          namespace: clientConfig.service.namespace,
        })
    }
    expect(deployment.spec.template.metadata.labels).toMatchObject(service.spec.selector)
    expect(service.spec.ports).toEqual([expect.objectContaining({ port: 443, targetPort: "webhook" })])
    expect(container.ports[1]).toMatchObject({ name: "webhook", containerPort: 9443 })
    expect(container.args).toContain("--webhook-port=9443")
    expect([defaults.webhookService, defaults.webhookConfiguration]).toEqual([
      "acko-operator-webhook",
      configurations[0]?.metadata.name,
    ])
  })

  it("R125: the policy Fail reaches our kinds only, and only in watched namespaces", () => {
    const text = manifestFiles()[hookFile] ?? ""
    expect(text.match(/failurePolicy: Fail/g)).toHaveLength(4)
    expect(text.match(/apiGroups:\n +- acko\.io\n/g)).toHaveLength(4)
    expect(text).not.toContain('"*"')
    const some = objects<Configuration>(hookFile, { watchNamespaces: ["a", "b"] })
    for (const { webhooks } of some) {
      for (const { namespaceSelector } of webhooks) {
        expect(namespaceSelector).toEqual({
          matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["a", "b"] }],
        })
      }
    }
  })

  it("R130, R134: self-managed needs its two configurations and nothing else; cert-manager no right at all; off is off", () => {
    expect(rulesOf({})).toEqual([
      {
        apiGroups: ["admissionregistration.k8s.io"],
        resources: ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
        resourceNames: ["acko-operator"],
        verbs: ["get", "patch"],
      },
    ])
    const managed = { webhook: "cert-manager" } as const
    expect(rulesOf(managed)).toEqual([])
    const [{ args } = container] = only<Deployment>("operator/deployment.yaml", managed).spec.template.spec.containers
    expect(args).toContain("--webhook-cert-dir=/etc/acko/webhook")
    expect(objects<Configuration>(hookFile, managed).map(({ metadata }) => metadata.annotations)).toEqual(
      Array.from({ length: 2 }, () => ({ "cert-manager.io/inject-ca-from": "acko-system/acko-operator-webhook" })),
    )
    const off = { webhook: "off" } as const
    expect(Object.keys(manifestFiles(off)).filter((name) => name.includes("webhook"))).toEqual([])
    expect(manifestFiles(off)["operator/deployment.yaml"]).not.toContain("webhook")
    for (const mode of ["self-managed", "cert-manager", "off"] as const) {
      const { spec } = only<Deployment>("operator/deployment.yaml", { webhook: mode }).spec.template
      expect(restrictedViolations(spec)).toEqual([])
      expect(Either.isRight(parse(spec.containers[0]?.args.slice(1) ?? [], allSettings))).toBe(true)
    }
  })
})
