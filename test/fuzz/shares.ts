/** The matrix of hostile text over several processes, each with a share of the places. */
import { fork } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { full, type MatrixResult, runMatrix } from "../injection/matrix.js"

/** Argument that makes the program work on a share: `--share 0/2`. */
export const shareFlag = "--share"

/** Works on a share and sends the result to the parent. */
export const serveShare = (text: string): void => {
  const [share = 0, of = 1] = text.split("/").map(Number)
  process.send?.(runMatrix(full, share, of))
  process.disconnect()
}

const shareOf = (share: number, of: number): Promise<MatrixResult> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [shareFlag, `${share}/${of}`], {
      execArgv: ["--max-semi-space-size=64"],
    })
    child.once("message", (result: MatrixResult) => resolve(result))
    child.once("error", reject)
    child.once("exit", (code) => reject(new Error(`share ${share} of ${of} ended with code ${code}`)))
  })

/** All places with all texts. */
export const wholeMatrix = async (): Promise<MatrixResult> => {
  const of = Math.min(availableParallelism(), 8)
  const parts = await Promise.all(Array.from({ length: of }, (_, share) => shareOf(share, of)))
  const sum = (count: (part: MatrixResult) => number): number => parts.reduce((total, one) => total + count(one), 0)
  return {
    places: sum(({ places }) => places),
    closed: sum(({ closed }) => closed),
    read: sum(({ read }) => read),
    texts: sum(({ texts }) => texts),
    accepted: sum(({ accepted }) => accepted),
    followed: sum(({ followed }) => followed),
    faults: parts.flatMap(({ faults }) => faults),
  }
}
