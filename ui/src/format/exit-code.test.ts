import { describe, expect, it } from "vitest";
import { explainExitCode } from "./exit-code.ts";

describe("exit codes in words", () => {
  it.each`
    code   | reason          | said
    ${1}   | ${"Error"}      | ${"1 = application error"}
    ${139} | ${"Error"}      | ${/^139 = SIGSEGV: a segmentation fault/}
    ${143} | ${"Error"}      | ${/^143 = SIGTERM: asked to stop/}
    ${134} | ${"Error"}      | ${/^134 = SIGABRT/}
    ${127} | ${"StartError"} | ${/not found/}
    ${0}   | ${"Completed"}  | ${/^0 = ended without an error/}
    ${77}  | ${"Error"}      | ${"77 = application error of its own"}
    ${160} | ${"Error"}      | ${"160 = application error of its own"}
  `("$code ($reason)", ({ code, reason, said }) => {
    if (said instanceof RegExp) expect(explainExitCode(code, reason)).toMatch(said);
    else expect(explainExitCode(code, reason)).toBe(said);
  });

  it("says lack of memory as a fact only where Kubernetes says OOMKilled", () => {
    expect(explainExitCode(137, "OOMKilled")).toBe(
      "137 = SIGKILL: ended by the kernel because it used more memory than its limit",
    );
    expect(explainExitCode(137, "Error")).toMatch(/usually out of memory/);
    expect(explainExitCode(137, undefined)).toMatch(/liveness probe/);
  });
});
