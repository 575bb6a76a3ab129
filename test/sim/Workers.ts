/** Processes that work through jobs side by side. Which process takes which job has no influence on its result. */
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { carryOut, type Job, type JobResult } from "./Job.js"

/** Argument that makes the program a worker. */
export const workerFlag = "--worker"

/** Short-lived objects by the million and stack traces nobody reads: both cost a third of the time. */
const nodeOptions = ["--max-semi-space-size=64", "--stack-trace-limit=0"]

interface Request {
  readonly index: number
  readonly job: Job
}

interface Answer {
  readonly index: number
  readonly result?: JobResult
  /** What it cost (ms of CPU): on a busy machine the only figure that says anything. */
  readonly cpuMs?: number
  readonly error?: string
}

/** The loop of a worker: a job in, its result out, until the parent hangs up. */
export const serve = (): void => {
  process.on("message", ({ index, job }: Request) => {
    const answer = ((): Answer => {
      try {
        const before = process.cpuUsage()
        const result = carryOut(job)
        const { user, system } = process.cpuUsage(before)
        return { index, result, cpuMs: (user + system) / 1000 }
      } catch (error) {
        return { index, error: String(error) }
      }
    })()
    process.send?.(answer)
  })
}

/** Results in the order of the jobs, and the CPU time all of them took (ms). */
export interface Outcome {
  readonly results: ReadonlyArray<JobResult>
  readonly cpuMs: number
}

/** Carries out all jobs. `tell` gets each as soon as all before it are there. */
export const runAll = (
  jobs: ReadonlyArray<Job>,
  workers: number,
  tell: (index: number, result: JobResult) => void,
): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const results: Array<JobResult> = []
    const children: Array<ChildProcess> = []
    let next = 0
    let done = 0
    let told = 0
    let cpuMs = 0
    const tellNext = (): void => {
      for (let result = results[told]; result !== undefined; result = results[told]) tell(told++, result)
    }
    const finish = (error?: Error): void => {
      for (const child of children) {
        child.removeAllListeners()
        child.kill()
      }
      if (error === undefined) resolve({ results, cpuMs })
      else reject(error)
    }
    if (jobs.length === 0) return finish()
    const feed = (child: ChildProcess): void => {
      const job = jobs[next]
      if (job === undefined) return
      child.send({ index: next, job } satisfies Request)
      next++
    }
    for (let n = 0; n < Math.min(workers, jobs.length); n++) {
      const child = fork(fileURLToPath(import.meta.url), [workerFlag], { execArgv: nodeOptions })
      children.push(child)
      child.on("message", ({ index, result, error, cpuMs: cost = 0 }: Answer) => {
        if (result === undefined) return finish(new Error(`job ${index}: ${error ?? "no result"}`))
        results[index] = result
        cpuMs += cost
        done++
        tellNext()
        if (done === jobs.length) finish()
        else feed(child)
      })
      child.on("exit", (code) => finish(new Error(`a worker ended with code ${code}`)))
      feed(child)
    }
  })
