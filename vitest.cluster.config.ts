import { defineConfig } from "vitest/config";

/**
 * `npm run test:cluster`: against the control plane that it builds with Go for the version of Kubernetes in
 * POD_WATCHER_TEST_KUBERNETES, or against the cluster whose admin kubeconfig is in POD_WATCHER_TEST_KUBECONFIG.
 */
export default defineConfig({
  test: {
    include: ["test/cluster/**/*.test.ts"],
    globalSetup: "test/support/control-plane-setup.ts",
    setupFiles: ["test/support/die-on-unhandled.ts"],
    reporters: ["default", "./test/support/summary-reporter.ts"],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // Each file has namespaces of its own, and most of the time is spent waiting.
    maxWorkers: 4,
  },
});
