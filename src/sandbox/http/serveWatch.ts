/** One watch over HTTP: a line per change, written inside the write that caused it, so that it reaches the socket at once. */
import type { ServerResponse } from "node:http"
import { ApiFailure, forbidden } from "../../testing/kube/ApiFailure.js"
import type { ApiServer, Subscription, WatchLine } from "../../testing/kube/ApiServer.js"
import { checkListOptions, isTrue, listRequest } from "./body.js"
import type { ResourceRequest } from "./execute.js"
import { type Rendering, renderObject, shownObject } from "./forms.js"
import type { WatchConnection, WireFaults } from "./WireFaults.js"

const bookmarkMs = 60_000
/** Without `timeoutSeconds` the real server chooses 30 to 60 minutes. */
const defaultTimeoutSeconds = 1800

/** Plain lines by object: many watchers, one serialization. */
const serialized = new WeakMap<object, string>()

const objectText = (object: object): string => {
  const known = serialized.get(object)
  if (known !== undefined) return known
  const made = JSON.stringify(object)
  serialized.set(object, made)
  return made
}

const lineText = (at: Rendering, line: WatchLine, isFirst: boolean): string => {
  const isPlain = at.form === "Object" || line.type === "ERROR"
  const object = isPlain
    ? objectText(line.type === "ERROR" ? line.object : shownObject(at.definition, line.object))
    : JSON.stringify(renderObject(at, line.object, isFirst))
  return `{"type":${JSON.stringify(line.type)},"object":${object}}\n`
}

/**
 * Hands a chunk to the socket before it returns. Left alone, Node corks the socket until the next tick, and that comes after everything the
 * change set in motion in this process: the watcher would hear of it several milliseconds late.
 */
const writeNow = (response: ServerResponse, chunk: string | Buffer): void => {
  response.socket?.cork()
  response.write(chunk)
  response.socket?.uncork()
}

/** The real server sends a last bookmark so long before it ends a watch. */
const lastBookmarkMs = 2_000

/** A version outside the history is told in the stream, as the real server does. */
const answerExpired = (response: ServerResponse, error: ApiFailure): void => {
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" })
  response.end(`${JSON.stringify({ type: "ERROR", object: error.status })}\n`)
}

/** Answers a watch; throws `ApiFailure` before anything is written when it cannot begin. */
export const serveWatch = (
  server: ApiServer,
  faults: WireFaults,
  request: ResourceRequest,
  response: ServerResponse,
): void => {
  const { route, query } = request
  const { kind } = route.definition
  if (faults.areWatchesRefused()) {
    throw forbidden(
      kind,
      "",
      `User ${JSON.stringify(request.call.user)} cannot watch resource ${JSON.stringify(kind.plural)}`,
    )
  }
  checkListOptions(query, true)
  const backlog: Array<WatchLine> = []
  let write = (line: WatchLine): void => void backlog.push(line)
  let subscription: Subscription
  try {
    subscription = server.watch(
      kind,
      {
        ...listRequest(query, route.namespace),
        allowBookmarks: isTrue(query.get("allowWatchBookmarks")),
        sendInitialEvents: isTrue(query.get("sendInitialEvents")),
      },
      (line) => write(line),
    )
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status.code !== 410) throw error
    return answerExpired(response, error)
  }
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" })
  response.flushHeaders()

  const at = (): Rendering => ({
    form: request.form,
    definition: route.definition,
    now: server.now(),
    includeObject: query.get("includeObject") ?? "Metadata",
  })
  const connection: WatchConnection = {
    resource: kind.plural,
    cut: () => response.destroy(),
    end: () => response.end(),
    inject: (bytes) => void response.write(bytes),
    isStalled: false,
  }
  let isFirst = true
  const send = (line: WatchLine): void => {
    if (connection.isStalled || response.writableEnded || response.destroyed) return
    const text = lineText(at(), line, isFirst)
    isFirst = false
    const mangled = faults.mangle(kind.plural, Buffer.from(text))
    if (mangled === undefined) writeNow(response, text)
    else {
      for (const chunk of mangled.chunks) writeNow(response, chunk)
      if (mangled.thenCut) response.destroy()
    }
  }
  write = send
  backlog.forEach(send)

  const unregister = faults.register(connection)
  const seconds = Number(query.get("timeoutSeconds") ?? "0")
  const endMs = (seconds > 0 ? seconds : defaultTimeoutSeconds) * 1000
  const end = setTimeout(connection.end, endMs)
  const last = endMs > lastBookmarkMs ? setTimeout(subscription.bookmark, endMs - lastBookmarkMs) : undefined
  const bookmarks = setInterval(subscription.bookmark, bookmarkMs)
  response.on("close", () => {
    clearTimeout(end)
    clearTimeout(last)
    clearInterval(bookmarks)
    subscription.close()
    unregister()
  })
}
