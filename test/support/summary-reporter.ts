import type { Reporter, TestCase, TestModule } from "vitest/node";

/**
 * Prints the end of every test run: each skipped test with its reason, then one plain line of counts, for people and
 * scripts. Where no test may be skipped, as in CI, a skipped one fails the run.
 */
export default class SummaryReporter implements Reporter {
  private readonly mayNotSkip: boolean;

  constructor({ mayNotSkip = false } = {}) {
    this.mayNotSkip = mayNotSkip;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const lines: string[] = [];
    for (const module of modules) {
      const before = counts.failed;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "pending") continue;
        counts[result.state]++;
        if (result.state === "skipped") lines.push(`skipped: ${test.fullName}: ${reasonOf(test)}`);
      }
      // A file that cannot be loaded has no tests that could fail.
      if (module.state() === "failed" && counts.failed === before) counts.failed++;
    }
    if (this.mayNotSkip && counts.skipped > 0) {
      lines.push("No test may be skipped in CI: .ci/run installs the tools that the tests need.");
      process.exitCode = 1;
    }
    lines.push(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    process.stdout.write(`\n${lines.join("\n")}\n`);
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  return (result.state === "skipped" && result.note) || "no reason given";
}
