import { BaseSequencer, type TestSpecification } from "vitest/node"

/** By name, but what looks back at a whole run comes last. */
export class Sequencer extends BaseSequencer {
  override sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const place = ({ moduleId }: TestSpecification): string =>
      `${moduleId.endsWith("leastPrivilege.e2e.ts") ? 1 : 0}${moduleId}`
    return Promise.resolve([...files].sort((a, b) => place(a).localeCompare(place(b))))
  }
}
