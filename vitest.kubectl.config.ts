import { defineConfig } from "vitest/config"

/** kubectl as an independent client of the HTTPS face. Not part of the main tests: they need kubectl on the PATH. */
export default defineConfig({
  test: {
    include: ["test/kubectl/**/*.kubectl.ts"],
    pool: "threads",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
