import { defineConfig } from "vitest/config"
import { Sequencer } from "./test/e2e/sequence.js"

/**
 * The operator on a real control plane: etcd, kube-apiserver, kube-controller-manager, started once for all files (`KUBEBUILDER_ASSETS` says
 * where they are, else they are built). One file at a time: they share it, and some of them break it.
 */
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.e2e.ts"],
    globalSetup: "test/e2e/setup.ts",
    pool: "threads",
    fileParallelism: false,
    sequence: { sequencer: Sequencer },
    testTimeout: 300_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
})
