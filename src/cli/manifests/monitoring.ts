/**
 * How Prometheus and Grafana get to know the operator: for clusters with the Prometheus operator's definitions, so they are printed and applied
 * only when asked for.
 */
import { alertGroups } from "./alerts.js"
import { dashboard } from "./dashboard.js"
import { operatorLabels, type OperatorInstallation } from "./installation.js"
import { operatorService } from "./operator.js"

const serviceMonitor = ({ namespace }: OperatorInstallation) => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "ServiceMonitor",
  metadata: { name: operatorService, namespace, labels: operatorLabels },
  spec: {
    selector: { matchLabels: operatorLabels },
    endpoints: [
      {
        port: "http",
        path: "/metrics",
        interval: "30s",
        // Or the namespace of a cluster would become `exported_namespace`, and every expression wrong.
        honorLabels: true,
      },
    ],
  },
})

const rule = ({ namespace }: OperatorInstallation) => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "PrometheusRule",
  metadata: { name: operatorService, namespace, labels: operatorLabels },
  spec: {
    groups: alertGroups(namespace).map(({ alerts, name }) => ({
      name,
      rules: alerts.map(({ alert, description, expr, for: duration, severity, summary }) => ({
        alert,
        expr,
        for: duration,
        labels: { severity },
        annotations: { summary, description },
      })),
    })),
  },
})

const dashboards = ({ namespace }: OperatorInstallation) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name: `${operatorService}-dashboard`,
    namespace,
    labels: { ...operatorLabels, grafana_dashboard: "1" },
  },
  data: { "acko-operator.json": `${JSON.stringify(dashboard(), undefined, 1)}\n` },
})

export const monitoringObjects = (
  installation: OperatorInstallation,
): Readonly<Record<string, ReadonlyArray<object>>> => ({
  "monitoring/servicemonitor.yaml": [serviceMonitor(installation)],
  "monitoring/prometheusrule.yaml": [rule(installation)],
  "monitoring/dashboard.yaml": [dashboards(installation)],
})
