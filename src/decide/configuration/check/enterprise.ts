/** Names that only Enterprise Edition knows (V10, R119). */
import type { ParameterTable } from "../../../domain/serverParameters/ParameterTable.js"

/** Enterprise features that old resources name directly in a namespace, where no server reads them (V10). */
const misplaced: ReadonlySet<string> = new Set(["compression", "compression-level", "durable-delete", "fast-restart"])

/** Whether a file with the name in this section would be refused as Enterprise-only. */
export const isEnterpriseOnly = (table: ParameterTable, context: string, name: string, variant = ""): boolean =>
  (context === "namespace" && misplaced.has(name)) || table.find(context, name, variant)?.refused === "enterprise"
