import { describe, expect, it } from "vitest"
import { afterRefusal, afterWrite, decideWrite } from "../../../src/decide/status/write.js"
import { emptyMemory } from "../../../src/domain/Snapshot.js"
import { matchingSnapshot, noon } from "../../support/snapshots.js"

const snapshot = (memory = emptyMemory) => ({ ...matchingSnapshot(), now: noon, memory })
const news = { ...matchingSnapshot().cluster.status, phase: "RollingRestart" } as const

describe("a status write that failed", () => {
  it("S9: is not tried again by whatever wakes the cluster, however important the news", () => {
    expect(decideWrite(snapshot(), news)).toEqual({ write: "now" })
    const refused = afterRefusal(emptyMemory, noon - 400)
    expect(decideWrite(snapshot(refused), news)).toEqual({ write: "later", afterMs: 600 })
    expect(decideWrite(snapshot(afterRefusal(emptyMemory, noon - 1_000)), news)).toEqual({ write: "now" })
  })

  it("R47: each further failure doubles the pause, up to half a minute; a success forgets them", () => {
    let memory = emptyMemory
    const pauses = Array.from({ length: 7 }, () => {
      memory = afterRefusal(memory, noon)
      return ((memory.statusRefused?.until ?? 0) - noon) / 1_000
    })
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30])
    memory = afterWrite(memory, noon)
    expect(memory).toEqual({ ...emptyMemory, statusWrittenAt: noon })
  })
})
