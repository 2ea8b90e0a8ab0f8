import { defineConfig } from "vitest/config";

const program = {
  setupFiles: ["test/support/die-on-unhandled.ts"],
  // Only a test that hangs takes this long, even on a busy machine.
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 60_000 } },
  restoreMocks: true,
  // Files share processes and modules, which halves their CPU time, because they change nothing that is shared.
  isolate: false,
};

// In CI, .ci/run installs what the tests need, if it may and can.
const mayNotSkip =
  process.env.CI === "true" && process.getuid?.() === 0 && process.env.POD_WATCHER_TEST_MAY_SKIP !== "true";

// A file that needs a database server then starts it.
const runsSomeFiles = process.argv
  .slice(2)
  .some((argument) => argument.includes(".test.") || argument.startsWith("test/"));

/** `npm run test:full` and `npm run test:slow` have this mode. Without it, the files named *.slow.test.ts do not run. */
export default defineConfig(({ mode }) => ({
  test: {
    env: { POD_WATCHER_TEST_FULL: String(mode === "full") },
    projects: [
      {
        extends: true,
        test: {
          ...program,
          name: "unit",
          include: ["{src,packages}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", ...slow(mode)],
        },
      },
      {
        extends: true,
        test: {
          ...program,
          name: "program",
          globalSetup: runsSomeFiles ? [] : "test/support/postgres-setup.ts",
          include: ["test/**/*.test.ts"],
          exclude: ["test/cluster/**", "test/browser/**", ...slow(mode)],
        },
      },
      {
        extends: true,
        test: {
          ...program,
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          exclude: slow(mode),
        },
      },
      "ui",
    ],
    // CI machines have two cores.
    maxWorkers: 2,
    reporters: ["default", ["./test/support/summary-reporter.ts", { mayNotSkip }]],
    coverage: {
      provider: "v8",
      include: ["src/core/**/*.ts"],
      exclude: ["src/core/**/*.test.ts"],
      thresholds: { lines: 100, branches: 100, functions: 100, statements: 100 },
    },
  },
}));

function slow(mode: string): string[] {
  return mode === "full" ? [] : ["**/*.slow.test.ts"];
}
