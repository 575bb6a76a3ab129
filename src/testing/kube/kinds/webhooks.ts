/** Configurations of admission webhooks: stored like everything else; this server does not call them. */
import { type FieldProblem, invalidField, requiredField, unsupportedField } from "../ApiFailure.js"
import { ensureMap, type JsonMap, listAt, mapAt, stringAt } from "../json.js"
import type { Strategy } from "../ResourceRegistry.js"
import { fill, objectsIn } from "./fill.js"

const setDefaults = (configuration: JsonMap, more: JsonMap): void => {
  for (const webhook of objectsIn(configuration, "webhooks")) {
    fill(webhook, { failurePolicy: "Fail", matchPolicy: "Equivalent", timeoutSeconds: 10, ...more })
    ensureMap(webhook, "namespaceSelector")
    ensureMap(webhook, "objectSelector")
    for (const rule of objectsIn(webhook, "rules")) fill(rule, { scope: "*" })
    const service = mapAt(webhook, "clientConfig", "service")
    if (service !== undefined) fill(service, { port: 443 })
  }
}

/** What the server checks of one webhook, as far as an operator gets it wrong. */
const webhookProblems = (webhook: JsonMap, path: string): ReadonlyArray<FieldProblem> => {
  const sideEffects = stringAt(webhook, "sideEffects") ?? ""
  const client = mapAt(webhook, "clientConfig") ?? {}
  const timeout = webhook["timeoutSeconds"]
  return [
    ...((listAt(webhook, "admissionReviewVersions") ?? []).length === 0
      ? [requiredField(`${path}.admissionReviewVersions`, "must specify one of v1, v1beta1")]
      : []),
    ...(["None", "NoneOnDryRun"].includes(sideEffects)
      ? []
      : [unsupportedField(`${path}.sideEffects`, sideEffects, ["None", "NoneOnDryRun"])]),
    ...((client["url"] === undefined) === (client["service"] === undefined)
      ? [requiredField(`${path}.clientConfig`, "exactly one of url or service is required")]
      : []),
    ...(typeof timeout === "number" && (timeout < 1 || timeout > 30)
      ? [invalidField(`${path}.timeoutSeconds`, timeout, "the timeout value must be between 1 and 30 seconds")]
      : []),
  ]
}

const validate = (configuration: JsonMap): ReadonlyArray<FieldProblem> =>
  objectsIn(configuration, "webhooks").flatMap((webhook, index) => webhookProblems(webhook, `webhooks[${index}]`))

export const mutatingWebhookStrategy: Strategy = {
  setDefaults: (configuration) => setDefaults(configuration, { reinvocationPolicy: "Never" }),
  validate,
}

export const validatingWebhookStrategy: Strategy = {
  setDefaults: (configuration) => setDefaults(configuration, {}),
  validate,
}
