/** What the README tells people to type with `kubectl`, against a real control plane. */
import { afterAll, beforeAll, expect, it } from "vitest"
import { kubectlCommands } from "../kubectl/readmeCommands.js"
import { makeWorld, type World } from "./world.js"

let world: World
beforeAll(async () => {
  world = await makeWorld()
  await world.startOperator(await world.install("acko-system"))
})
afterAll(async () => {
  await world.run("delete asc --all -n aerospike --timeout=60s")
  await world.run("delete namespace aerospike --timeout=60s")
  await world.close()
})

it.each(kubectlCommands())("kubectl %s", async (command) => {
  const { code, err } = await world.attempt(command.split(" "))
  expect([code, err]).toEqual([0, err])
})

it("leads to a cluster that is there", async () => {
  await world.until("get asc aerospike-3node -n aerospike -o jsonpath={.status.phase}", (out) => out === "Completed")
})
