// An application in a process of its own: connects with the aerospike package, writes a record, changes it, deletes it, and prints what it
// found as one JSON line. argv: seed (host:port), Aerospike namespace.
import Aerospike from "aerospike"

const [hosts, namespace] = process.argv.slice(2)
Aerospike.setDefaultLogging({ level: Aerospike.log.OFF })

const client = await Aerospike.connect({ hosts, connTimeoutMs: 2_000 })
const key = new Aerospike.Key(namespace, "people", "ada")
const read = () => client.get(key).then(({ bins }) => bins)
const code = (error) => ({ error: error.code })

await client.put(key, { name: "Ada", age: 29, city: "London" })
const written = await read()
await client.put(key, { age: 30, city: "Paris" })
const updated = await read()
await client.remove(key)
const removed = await read().catch(code)
const nodes = client.getNodes().length
client.close()
process.stdout.write(`${JSON.stringify({ nodes, written, updated, removed })}\n`)
