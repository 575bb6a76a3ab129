/** The cluster-scoped template of `acko.io/v1alpha1`: defaults that clusters refer to by name (api.md §3). */
export { TemplateSpec } from "./schema/template.js"
export { TemplateStatusSchema } from "./schema/status.js"
