/** Single-record reads and writes as client libraries send them: enough to put, get, touch, remove and ask for existence. */
import { type Dataset, partitionCount, type StoredRecord } from "../model/Dataset.js"
import type { Model } from "../model/Model.js"
import type { Cluster, Server } from "../model/Server.js"
import { isReadable, writeOne } from "../model/writes.js"
import { frame } from "./respond.js"

/** Result codes of the server. */
const result = {
  ok: 0,
  notFound: 2,
  badRequest: 4,
  unavailable: 11,
  unsupported: 16,
  noNamespace: 20,
  noSecurity: 51,
} as const

const messageHeaderBytes = 22
const fieldType = { namespace: 0, digest: 4 }
const operation = { read: 1, write: 2, remove: 14 }
const info1 = { read: 1, all: 2, batch: 8, noBins: 32 }
const info2 = { write: 1, remove: 2 }

interface Operation {
  readonly type: number
  readonly particle: number
  readonly name: string
  readonly value: Uint8Array
}

interface Request {
  readonly info1: number
  readonly info2: number
  readonly namespace: string
  readonly digest: Buffer | undefined
  readonly operations: ReadonlyArray<Operation>
}

interface Reply {
  readonly code: number
  readonly generation?: number
  readonly bins?: StoredRecord["bins"]
}

const readFields = (bytes: Buffer, start: number, count: number) => {
  let at = start
  let namespace = ""
  let digest: Buffer | undefined
  for (let index = 0; index < count; index++) {
    const size = bytes.readUInt32BE(at)
    const type = bytes.readUInt8(at + 4)
    const data = bytes.subarray(at + 5, at + 4 + size)
    if (type === fieldType.namespace) namespace = data.toString("utf8")
    if (type === fieldType.digest) digest = data
    at += 4 + size
  }
  return { at, namespace, digest }
}

const readOperations = (bytes: Buffer, start: number, count: number): ReadonlyArray<Operation> => {
  let at = start
  return Array.from({ length: count }, () => {
    const size = bytes.readUInt32BE(at)
    const nameLength = bytes.readUInt8(at + 7)
    const found: Operation = {
      type: bytes.readUInt8(at + 4),
      particle: bytes.readUInt8(at + 5),
      name: bytes.toString("utf8", at + 8, at + 8 + nameLength),
      value: Uint8Array.from(bytes.subarray(at + 8 + nameLength, at + 4 + size)),
    }
    at += 4 + size
    return found
  })
}

/** Undefined for bytes that are no message. */
const parse = (body: Uint8Array): Request | undefined => {
  const bytes = Buffer.from(body)
  if (bytes.length < messageHeaderBytes) return undefined
  try {
    const start = bytes.readUInt8(0)
    const fields = readFields(bytes, start, bytes.readUInt16BE(18))
    return {
      info1: bytes.readUInt8(1),
      info2: bytes.readUInt8(2),
      namespace: fields.namespace,
      digest: fields.digest,
      operations: readOperations(bytes, fields.at, bytes.readUInt16BE(20)),
    }
  } catch {
    // A length that points behind the end: the request is answered as a bad one.
    return undefined
  }
}

const encodeBin = (name: string, type: number, value: Uint8Array): Buffer => {
  const encodedName = Buffer.from(name, "utf8")
  const head = Buffer.alloc(8)
  head.writeUInt32BE(4 + encodedName.length + value.length, 0)
  head.writeUInt8(operation.read, 4)
  head.writeUInt8(type, 5)
  head.writeUInt8(encodedName.length, 7)
  return Buffer.concat([head, encodedName, value])
}

const encode = ({ code, generation = 0, bins = new Map() }: Reply): Uint8Array => {
  const header = Buffer.alloc(messageHeaderBytes)
  header.writeUInt8(messageHeaderBytes, 0)
  header.writeUInt8(1, 3) // the only, hence last, message of the answer
  header.writeUInt8(code, 5)
  header.writeUInt32BE(generation, 6)
  header.writeUInt16BE(bins.size, 20)
  return frame(3, Buffer.concat([header, ...[...bins].map(([name, bin]) => encodeBin(name, bin.type, bin.bytes))]))
}

/** Partition of a key: the low 12 bits of its digest. */
const partitionOf = (digest: Buffer): number => digest.readUInt16LE(0) % partitionCount

const pick = (record: StoredRecord, request: Request): StoredRecord["bins"] => {
  if ((request.info1 & info1.noBins) !== 0) return new Map()
  if ((request.info1 & info1.all) !== 0) return record.bins
  const wanted = new Set(request.operations.filter(({ type }) => type === operation.read).map(({ name }) => name))
  return new Map([...record.bins].filter(([name]) => wanted.has(name)))
}

const isRemoval = (request: Request): boolean =>
  (request.info2 & info2.remove) !== 0 || request.operations.some(({ type }) => type === operation.remove)

/** Writes the bins of a record, new or present; a bin without a value is removed. */
const put = (
  cluster: Cluster,
  dataset: Dataset,
  request: Request,
  digest: Buffer,
  present: StoredRecord | undefined,
): Reply => {
  const partition = partitionOf(digest)
  const position = present?.position ?? writeOne(cluster, dataset, request.namespace, partition)
  if (position === undefined) return { code: result.unavailable }
  const record: StoredRecord = present ?? { partition, position, bins: new Map(), generation: 0 }
  record.generation += 1
  for (const { type, name, particle, value } of request.operations) {
    if (type !== operation.write) continue
    if (particle === 0) record.bins.delete(name)
    else record.bins.set(name, { type: particle, bytes: value })
  }
  dataset.content.set(digest.toString("hex"), record)
  return { code: result.ok, generation: record.generation, bins: pick(record, request) }
}

const execute = (server: Server, request: Request): Reply => {
  const { cluster } = server.view
  const { digest, namespace } = request
  if (!server.stores.has(namespace)) return { code: result.noNamespace }
  const dataset = cluster?.balances.get(namespace)?.dataset
  if (cluster === undefined || dataset === undefined) return { code: result.unavailable }
  if (digest === undefined || digest.length < 20 || (request.info1 & info1.batch) !== 0)
    return { code: result.unsupported }
  const found = dataset.content.get(digest.toString("hex"))
  const present =
    found !== undefined && isReadable(cluster, namespace, found.partition, found.position) ? found : undefined
  if ((request.info2 & info2.write) !== 0 && !isRemoval(request)) return put(cluster, dataset, request, digest, present)
  if (present === undefined) return { code: result.notFound }
  if (isRemoval(request)) {
    dataset.content.delete(digest.toString("hex"))
    return { code: result.ok }
  }
  return { code: result.ok, generation: present.generation, bins: pick(present, request) }
}

/** The answer to one data message. */
export const respondData = (_model: Model, server: Server, body: Uint8Array): Uint8Array => {
  const request = parse(body)
  return encode(request === undefined ? { code: result.badRequest } : execute(server, request))
}

/** CE has no users: every log-in is told so. */
export const respondSecurity = (): Uint8Array => {
  const body = Buffer.alloc(16)
  body.writeUInt8(result.noSecurity, 1)
  return frame(2, body)
}
