import { defineConfig } from "vitest/config"

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
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
})
