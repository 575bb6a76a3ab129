import { defineConfig } from "vitest/config"

/**
 * kubectl as an independent client of the sandbox and of the operator in it. Not part of the main tests: they need kubectl, from `KUBECTL`
 * or from the PATH. One file at a time: a main job measured beside another would only tell how busy the machine is.
 */
export default defineConfig({
  test: {
    include: ["test/kubectl/**/*.kubectl.ts"],
    globalSetup: "test/kubectl/setup.ts",
    pool: "threads",
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
})
