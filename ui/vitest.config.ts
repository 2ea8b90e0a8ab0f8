import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["src/**/*.test.{ts,tsx}"],
    // Tests of components say `@vitest-environment jsdom`: it takes a second to make.
    environment: "node",
    // Node would trip over the styles that PatternFly's modules import.
    css: false,
    server: { deps: { inline: [/@patternfly\/.*/] } },
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    restoreMocks: true,
    unstubGlobals: true,
    reporters: ["default", "../test/support/summary-reporter.ts"],
  },
});
