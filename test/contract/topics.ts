/** All cases, by topic. */
import type { Topic } from "./suite.js"
import { apply } from "./topics/apply.js"
import { custom } from "./topics/custom.js"
import { defaults } from "./topics/defaults.js"
import { deletion } from "./topics/deletion.js"
import { documents } from "./topics/documents.js"
import { dryRun } from "./topics/dryRun.js"
import { lists } from "./topics/lists.js"
import { objects } from "./topics/objects.js"
import { patches } from "./topics/patches.js"
import { selectors } from "./topics/selectors.js"
import { subresources } from "./topics/subresources.js"
import { tables } from "./topics/tables.js"
import { validation } from "./topics/validation.js"
import { versions } from "./topics/versions.js"
import { watches } from "./topics/watches.js"

export const topics: ReadonlyArray<Topic> = [
  objects,
  versions,
  lists,
  selectors,
  watches,
  apply,
  patches,
  subresources,
  deletion,
  defaults,
  validation,
  custom,
  dryRun,
  tables,
  documents,
]
