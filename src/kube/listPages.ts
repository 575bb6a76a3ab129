/** Complete lists, page by page. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { KubeObject, ResourceKind } from "../domain/Kubernetes.js"
import { KubeReader, type ListPage } from "./KubeClient.js"
import { isGone, type KubeError } from "./KubeError.js"
import { defaultPageSize, type WatchTarget } from "./WatcherOptions.js"

const targetOf = (target: WatchTarget): WatchTarget => ({
  ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
  ...(target.labelSelector === undefined ? {} : { labelSelector: target.labelSelector }),
  ...(target.fieldSelector === undefined ? {} : { fieldSelector: target.fieldSelector }),
})

/** A page, and whether it begins a list: a list that starts anew voids the pages before. */
export interface Page {
  readonly page: ListPage
  readonly isFirst: boolean
}

/**
 * The pages of one consistent list. When its continue token expires in the middle, it starts over in one piece (R33), told by a second
 * `isFirst`. `pageSize` undefined: one piece from the start.
 */
export const listPages = (
  reader: KubeReader["Type"],
  kind: ResourceKind,
  target: WatchTarget,
  pageSize: number | undefined,
): Stream.Stream<Page, KubeError> =>
  Stream.paginateEffect({ token: undefined as string | undefined, limit: pageSize }, ({ token, limit }) =>
    reader
      .list(kind, {
        ...targetOf(target),
        ...(limit === undefined ? {} : { limit }),
        ...(token === undefined ? {} : { continueToken: token }),
      })
      .pipe(
        Effect.map((page) => ({ page, isFirst: token === undefined, limit })),
        Effect.catchIf(
          (error) => token !== undefined && isGone(error),
          () => Effect.map(reader.list(kind, targetOf(target)), (page) => ({ page, isFirst: true, limit: undefined })),
        ),
        Effect.map(({ page, isFirst, limit }) => [
          { page, isFirst },
          page.continueToken === undefined ? Option.none() : Option.some({ token: page.continueToken, limit }),
        ]),
      ),
  )

/** Everything of a kind, once, as of one version: what the polling fallback compares with. Never part of a list (R42). */
export const listAll = (
  kind: ResourceKind,
  options: WatchTarget & { readonly pageSize?: number } = {},
): Effect.Effect<
  { readonly resourceVersion: string; readonly items: ReadonlyArray<KubeObject> },
  KubeError,
  KubeReader
> =>
  Effect.flatMap(KubeReader, (reader) =>
    Stream.runFold(
      listPages(reader, kind, options, options.pageSize ?? defaultPageSize),
      { resourceVersion: "", items: [] as Array<KubeObject> },
      (all, { page, isFirst }) => {
        const items = isFirst ? [] : all.items
        for (const item of page.items) items.push(item)
        return { resourceVersion: page.resourceVersion, items }
      },
    ),
  )
