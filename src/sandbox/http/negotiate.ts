/** The forms an answer can take: plain objects, tables for people, metadata only. */

/** What the client prefers among what we can send. */
export type Form = "Object" | "Table" | "Metadata" | "AggregatedDiscovery"

const parameters = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .split(";")
      .slice(1)
      .map((part) => {
        const [key = "", value = ""] = part.split("=")
        return [key.trim(), value.trim()] as const
      }),
  )

const formOf = (media: string): Form | undefined => {
  const [type = ""] = media.split(";")
  const asked = parameters(media)
  if (!["application/json", "application/*", "*/*", "application/yaml"].includes(type.trim())) return undefined
  const as = asked.get("as")
  if (as === undefined) return "Object"
  if (as === "Table" && asked.get("v") === "v1") return "Table"
  if (as.startsWith("PartialObjectMetadata") && asked.get("v") === "v1") return "Metadata"
  if (as === "APIGroupDiscoveryList" && asked.get("v") === "v2") return "AggregatedDiscovery"
  return undefined
}

/** The first acceptable form in the `Accept` header; undefined: 406. */
export const negotiate = (accept: string | undefined): Form | undefined => {
  if (accept === undefined || accept.trim() === "") return "Object"
  for (const media of accept.split(",")) {
    const form = formOf(media.trim())
    if (form !== undefined) return form
  }
  return undefined
}
