import { describe, expect, it } from "vitest";
import { describeExitCode, describeTermination } from "./exit-code.ts";

describe("describeExitCode", () => {
  it.each`
    exitCode | signal       | words
    ${0}     | ${undefined} | ${"without an error"}
    ${1}     | ${undefined} | ${"an error of the application"}
    ${126}   | ${undefined} | ${"may not be executed"}
    ${127}   | ${undefined} | ${"was not found"}
    ${134}   | ${undefined} | ${"SIGABRT"}
    ${137}   | ${undefined} | ${"SIGKILL"}
    ${139}   | ${undefined} | ${"SIGSEGV"}
    ${143}   | ${undefined} | ${"SIGTERM"}
    ${152}   | ${undefined} | ${"SIGXCPU"}
    ${158}   | ${undefined} | ${"signal 30"}
    ${42}    | ${undefined} | ${"a code of the application's own"}
    ${200}   | ${undefined} | ${"a code of the application's own"}
    ${0}     | ${9}         | ${"SIGKILL"}
  `("says of $exitCode (signal $signal): $words", ({ exitCode, signal, words }) => {
    expect(describeExitCode(exitCode, signal)).toContain(words);
  });
});

describe("describeTermination", () => {
  it.each`
    reason                      | exitCode | words
    ${"OOMKilled"}              | ${137}   | ${"out of memory (OOMKilled, exit 137)"}
    ${"Error"}                  | ${42}    | ${"exit 42 (a code of the application's own)"}
    ${"Completed"}              | ${0}     | ${"exit 0 (it ended by itself, without an error)"}
    ${undefined}                | ${1}     | ${"exit 1 (an error of the application)"}
    ${"StartError"}             | ${128}   | ${"it could not be started (StartError, exit 128)"}
    ${"ContainerCannotRun"}     | ${127}   | ${"it could not be started (ContainerCannotRun, exit 127)"}
    ${"ContainerStatusUnknown"} | ${137}   | ${"the node lost track of it (ContainerStatusUnknown)"}
    ${"DeadlineExceeded"}       | ${143}   | ${"DeadlineExceeded, exit 143 (SIGTERM: it was asked to stop)"}
  `("$reason, $exitCode: $words", ({ reason, exitCode, words }) => {
    expect(describeTermination({ reason, exitCode, signal: undefined })).toBe(words);
  });
});
