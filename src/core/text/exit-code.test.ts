import { describe, expect, it } from "vitest";
import { describeExitCode, describeTermination, describeTerminationBriefly, exitCodeOf } from "./exit-code.ts";

describe("describeExitCode", () => {
  it.each`
    exitCode       | signal       | words
    ${0}           | ${undefined} | ${"without an error"}
    ${1}           | ${undefined} | ${"application error"}
    ${126}         | ${undefined} | ${"cannot be executed"}
    ${127}         | ${undefined} | ${"was not found"}
    ${134}         | ${undefined} | ${"SIGABRT"}
    ${137}         | ${undefined} | ${"SIGKILL"}
    ${139}         | ${undefined} | ${"SIGSEGV"}
    ${143}         | ${undefined} | ${"SIGTERM"}
    ${152}         | ${undefined} | ${"SIGXCPU"}
    ${158}         | ${undefined} | ${"signal 30"}
    ${42}          | ${undefined} | ${"an exit code of the application"}
    ${200}         | ${undefined} | ${"an exit code of the application"}
    ${0}           | ${9}         | ${"SIGKILL"}
    ${162}         | ${undefined} | ${"signal 34"}
    ${193}         | ${undefined} | ${"an exit code of the application"}
    ${3221225477}  | ${undefined} | ${"STATUS_ACCESS_VIOLATION, 0xC0000005: an invalid memory access"}
    ${-1073741819} | ${undefined} | ${"STATUS_ACCESS_VIOLATION"}
    ${-1073741510} | ${undefined} | ${"STATUS_CONTROL_C_EXIT"}
    ${-1073741515} | ${undefined} | ${"a DLL is missing"}
    ${-532462766}  | ${undefined} | ${"unhandled .NET exception, 0xE0434352"}
    ${-1073741823} | ${undefined} | ${"NTSTATUS 0xC0000001"}
    ${-1}          | ${undefined} | ${"an exit code of the application"}
  `("describes $exitCode (signal $signal): $words", ({ exitCode, signal, words }) => {
    expect(describeExitCode(exitCode, signal)).toContain(words);
  });
});

it("never concludes from exit code 137 that memory ran out: that is one of several causes of SIGKILL", () => {
  expect(describeExitCode(137)).toBe(
    "SIGKILL: killed, for example after a failed liveness probe, at the end of the grace period, or out of memory",
  );
  expect(describeTermination({ reason: "Error", exitCode: 137, signal: undefined, finishedAt: 1 })).not.toMatch(
    /usually|likely/,
  );
});

describe("describeTermination", () => {
  it.each`
    reason                      | exitCode | words
    ${"OOMKilled"}              | ${137}   | ${"out of memory (OOMKilled, exit 137)"}
    ${"Error"}                  | ${42}    | ${"exit 42 (an exit code of the application)"}
    ${"Completed"}              | ${0}     | ${"exit 0 (exited without an error)"}
    ${undefined}                | ${1}     | ${"exit 1 (application error)"}
    ${"StartError"}             | ${128}   | ${"could not be started (StartError, exit 128)"}
    ${"ContainerCannotRun"}     | ${127}   | ${"could not be started (ContainerCannotRun, exit 127)"}
    ${"ContainerStatusUnknown"} | ${137}   | ${"status unknown: the node lost track of it (ContainerStatusUnknown)"}
    ${"DeadlineExceeded"}       | ${143}   | ${"DeadlineExceeded, exit 143 (SIGTERM: asked to stop)"}
  `("$reason, $exitCode: $words", ({ reason, exitCode, words }) => {
    expect(describeTermination({ reason, exitCode, signal: undefined, finishedAt: 1 })).toBe(words);
  });
});

it("does not take a status without an exit code for success", () => {
  const end = { reason: undefined, exitCode: 0, signal: undefined, finishedAt: undefined };
  expect(describeTermination(end)).toBe("no exit code was reported");
  expect(describeTerminationBriefly(end)).toBe("no exit code");
  expect(exitCodeOf(end)).toEqual({});
  expect(describeTermination({ ...end, reason: "Error", finishedAt: 1 })).toBe("no exit code was reported");
  expect(exitCodeOf({ ...end, reason: "Completed" })).toEqual({ exitCode: "0" });
  expect(exitCodeOf(undefined)).toEqual({});
});

it.each`
  reason          | exitCode       | words
  ${"OOMKilled"}  | ${0}           | ${"OOMKilled, exit 0"}
  ${"OOMKilled"}  | ${143}         | ${"OOMKilled, exit 143"}
  ${"Error"}      | ${1}           | ${"exit 1"}
  ${"Error"}      | ${127}         | ${"exit 127 (command not found)"}
  ${undefined}    | ${137}         | ${"exit 137 (SIGKILL)"}
  ${"Completed"}  | ${0}           | ${"exit 0"}
  ${"StartError"} | ${128}         | ${"StartError, exit 128"}
  ${"Error"}      | ${-1073741819} | ${"exit -1073741819 (STATUS_ACCESS_VIOLATION)"}
`("describes briefly $reason, $exitCode: $words", ({ reason, exitCode, words }) => {
  expect(describeTerminationBriefly({ reason, exitCode, signal: undefined, finishedAt: 1 })).toBe(words);
});
