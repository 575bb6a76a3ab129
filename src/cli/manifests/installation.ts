/** What an installation of the operator can choose, and what all its objects share. */

/**
 * `self-managed`: the operator is its own authority and publishes it in the configurations. `cert-manager`: it makes the certificate and fills
 * in `caBundle`; needs cert-manager in the cluster. `off`: resources are judged when they are reconciled only.
 */
export type WebhookMode = "self-managed" | "cert-manager" | "off"

export interface OperatorInstallation {
  readonly namespace: string
  readonly image: string
  /** Empty: the whole Kubernetes cluster. */
  readonly watchNamespaces: ReadonlyArray<string>
  readonly webhook: WebhookMode
}

export const serviceAccountName = "acko-operator"

/** Selector and labels of everything that belongs to the operator itself. */
export const operatorLabels = {
  "app.kubernetes.io/name": "acko-operator",
  "app.kubernetes.io/component": "controller",
}
