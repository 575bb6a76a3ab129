import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**", "node_modules/**"],
    pool: "threads",
    // Ends what hangs. How fast something is, the benchmark tells; machines differ tenfold.
    testTimeout: 90_000,
  },
})
