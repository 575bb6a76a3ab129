import { defineConfig } from "vitest/config"

/**
 * The package as users install it, as processes of an operating system: packed, installed without development dependencies, run on the oldest
 * Node it supports and on the one an image carries. Needs the package registry. Its figures go to `out/package.json`.
 */
export default defineConfig({
  test: {
    include: ["test/package/**/*.package.ts"],
    pool: "threads",
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
})
