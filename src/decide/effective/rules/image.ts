/** Image rules V3–V5, W1 and W2, with references parsed properly (api.md appendix B 7, vectors C.1). */
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { when } from "./problem.js"

/** The tag: what follows the last `:` behind the last `/`, once a digest is dropped. */
export const imageTag = (image: string): string | undefined => {
  const name = image.split("@")[0] ?? ""
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1)
  return colon < 0 ? undefined : name.slice(colon + 1)
}

/** Major version of the server a tag names; undefined when it names none. */
const majorOf = (tag: string): number | undefined => {
  const digits = /^(?:ce-|ee-|ent-)?v?(\d{1,9})(?:[.\-_]|$)/.exec(tag)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Refuses images that are not a Community Edition server of version 8 or later. */
export const imageProblems = (
  image: string | undefined,
  hasTemplate: boolean,
  path = "spec.image",
): ReadonlyArray<SpecProblem> => {
  if (image === undefined || image === "")
    return when(
      !hasTemplate,
      "V3",
      path,
      "no image, and no templateRef to take it from",
      "set spec.image, for example aerospike:ce-8.1.1.1",
    )
  const tag = imageTag(image)
  const major = tag === undefined || tag === "latest" ? undefined : majorOf(tag)
  return [
    ...when(
      /enterprise/i.test(image) || /^(ee|ent)-/i.test(tag ?? ""),
      "V4",
      path,
      `${image} is an Enterprise Edition image; this operator runs Community Edition only`,
      "use a Community Edition image such as aerospike:ce-8.1.1.1",
    ),
    ...when(
      major !== undefined && major < 8,
      "V5",
      path,
      `${image} is server version ${major}; the minimum is 8, Community Edition 7.x and older are no longer supported`,
      "use an image of version 8 or later",
    ),
    ...when(
      !/^[\x21-\x7e]+$/.test(image),
      "image.characters",
      path,
      "the image reference contains characters that no reference can have",
      "remove spaces and control characters",
    ),
  ]
}

/** Advice on images that will change under the cluster. */
export const imageWarnings = (image: string, path = "spec.image"): ReadonlyArray<SpecProblem> => {
  const tag = imageTag(image)
  return [
    ...when(
      tag === undefined && !image.includes("@"),
      "W1",
      path,
      `${image} has no tag: what runs may change with every pod start`,
      "name a version",
    ),
    ...when(tag === "latest", "W2", path, `${image} is a moving tag`, "name a version"),
  ]
}
