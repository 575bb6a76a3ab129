/** Everything needed to install the operator, as text: CRDs, roles, the Deployment, samples. One source for files, chart and `acko manifests`. */
import { stringify } from "yaml"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../decide/crd.js"
import type { OperatorInstallation } from "./manifests/installation.js"
import { operatorObjects } from "./manifests/operator.js"
import { accessObjects } from "./manifests/rbac.js"
import { webhookObjects } from "./manifests/webhook.js"
import { samples } from "./manifests/samples.js"

const defaultInstallation: OperatorInstallation = {
  namespace: "acko-system",
  image: "acko-operator:0.1.0",
  watchNamespaces: [],
  webhook: "self-managed",
}

const yaml = (objects: ReadonlyArray<object>): string =>
  objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n")

const generated = "# Generated from src/cli/manifests.ts by `npm run generate`. Do not edit.\n"

/** Path below `manifests/` → YAML. Empty `watchNamespaces`: a ClusterRole; otherwise one Role per namespace. */
export const manifestFiles = (installation: Partial<OperatorInstallation> = {}): Readonly<Record<string, string>> => {
  const settings = { ...defaultInstallation, ...installation }
  const files: Readonly<Record<string, ReadonlyArray<object>>> = {
    "crd/aerospikeclusters.yaml": [aerospikeClusterCrd()],
    "crd/aerospikeclustertemplates.yaml": [aerospikeClusterTemplateCrd()],
    ...accessObjects(settings),
    ...operatorObjects(settings),
    ...webhookObjects(settings),
    ...samples,
  }
  return Object.fromEntries(Object.entries(files).map(([path, objects]) => [path, generated + yaml(objects)]))
}
