/** Everything needed to install the operator, as text: CRDs, roles, the Deployment, samples. One source for files, chart and `acko manifests`. */
import { Document, isScalar, type Pair, stringify, visit, type YAMLMap } from "yaml"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../decide/crd.js"
import type { OperatorInstallation } from "./manifests/installation.js"
import { fieldReference } from "../decide/reference.js"
import { operatorObjects } from "./manifests/operator.js"
import { networkPolicyObjects } from "./manifests/networkPolicy.js"
import { monitoringObjects } from "./manifests/monitoring.js"
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

/** Small maps on one line: a definition is thousands of `type: string`. */
const isSmall = (map: YAMLMap): boolean =>
  map.items.length > 0 &&
  map.items.length <= 3 &&
  map.items.every(({ key, value }: Pair) => isScalar(key) && isScalar(value) && String(value.value).length <= 24)

const compactYaml = (object: object): string => {
  const document = new Document(object, { aliasDuplicateObjects: false })
  visit(document, {
    Map: (_key, map) => {
      if (isSmall(map)) map.flow = true
    },
  })
  return document.toString({ lineWidth: 0 })
}

const generated = "# Generated from src/cli/manifests.ts by `npm run generate`. Do not edit.\n"

/** Path below `manifests/` → text for people, generated like the manifests. */
export const documents = (): Readonly<Record<string, string>> => ({ "reference.md": fieldReference() })

/** Path below `manifests/` → YAML. Empty `watchNamespaces`: a ClusterRole; otherwise one Role per namespace. */
export const manifestFiles = (installation: Partial<OperatorInstallation> = {}): Readonly<Record<string, string>> => {
  const settings = { ...defaultInstallation, ...installation }
  const files: Readonly<Record<string, ReadonlyArray<object>>> = {
    ...accessObjects(settings),
    ...operatorObjects(settings),
    ...webhookObjects(settings),
    ...networkPolicyObjects(settings),
    ...monitoringObjects(settings),
    ...samples,
  }
  const texts: Readonly<Record<string, string>> = {
    "crd/aerospikeclusters.yaml": compactYaml(aerospikeClusterCrd()),
    "crd/aerospikeclustertemplates.yaml": compactYaml(aerospikeClusterTemplateCrd()),
    ...Object.fromEntries(Object.entries(files).map(([path, objects]) => [path, yaml(objects)])),
  }
  return Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, generated + text]))
}
