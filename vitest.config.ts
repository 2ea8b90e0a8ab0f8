import { defineConfig } from "vitest/config";

const program = {
  setupFiles: ["test/support/die-on-unhandled.ts"],
  // What hangs is to end at last; how fast a test is depends on who else uses the machine.
  testTimeout: 90_000,
  hookTimeout: 90_000,
  restoreMocks: true,
};

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...program,
          name: "program",
          include: ["{src,test,packages}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", "test/cluster/**", "test/browser/**"],
        },
      },
      {
        extends: true,
        test: {
          ...program,
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          // As long as Playwright waits for what it looks for: vitest's own second is short on a busy machine.
          expect: { poll: { timeout: 15_000 } },
        },
      },
      "ui",
    ],
    // Two cores are the size of the machines this is built on; more forks only take turns.
    maxWorkers: 2,
    reporters: ["default", "./test/support/summary-reporter.ts"],
    coverage: {
      provider: "v8",
      include: ["src/core/**/*.ts"],
      exclude: ["src/core/**/*.test.ts"],
      thresholds: { lines: 100, branches: 100, functions: 100, statements: 100 },
    },
  },
});
