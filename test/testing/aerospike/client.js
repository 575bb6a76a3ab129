// An application: connects with the aerospike package to the seeds given, prints what it sees as one JSON line, and ends.
// argv: seeds (comma-separated host:port), cluster name, expected number of nodes.
import Aerospike from "aerospike"

const [seeds, clusterName, expected] = process.argv.slice(2)
Aerospike.setDefaultLogging({ level: Aerospike.log.OFF })

const attempt = async (work) => {
  try {
    return await work()
  } catch (error) {
    return { error: error.code ?? String(error) }
  }
}

const until = async (done) => {
  const deadline = Date.now() + 8000
  while (!done() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50))
}

const client = await attempt(() =>
  Aerospike.connect({ hosts: seeds, clusterName, tenderInterval: 250, connTimeoutMs: 500, policies: {} }),
)
if (client.error !== undefined) {
  process.stdout.write(`${JSON.stringify(client)}\n`)
} else {
  await until(() => client.getNodes().length >= Number(expected))
  const key = new Aerospike.Key("test", "demo", "k1")
  const report = {
    nodes: client.getNodes(),
    infoAll: (await client.infoAll("build\nnode\n")).map(({ host, info }) => [host.node_id, info]),
    put: await attempt(async () => (await client.put(key, { i: 42, s: "text" }), "ok")),
    get: await attempt(async () => (await client.get(key)).bins),
    exists: await attempt(() => client.exists(key)),
    many: await attempt(async () => {
      for (let n = 0; n < 200; n++) await client.put(new Aerospike.Key("test", "demo", n), { n })
      return "ok"
    }),
    remove: await attempt(async () => (await client.remove(key), "ok")),
    gone: await attempt(async () => (await client.get(key)).bins),
    noNamespace: await attempt(async () => (await client.put(new Aerospike.Key("nope", "demo", 1), { a: 1 }), "ok")),
  }
  client.close()
  process.stdout.write(`${JSON.stringify(report)}\n`)
}
