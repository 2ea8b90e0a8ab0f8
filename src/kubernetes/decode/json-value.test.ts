import { expect, it } from "vitest";
import { exitCodeAt } from "./json-value.ts";

it.each`
  given             | exitCode
  ${undefined}      | ${0}
  ${1}              | ${1}
  ${-1_073_741_819} | ${-1_073_741_819}
  ${3_221_225_477}  | ${-1_073_741_819}
`("reads the exit code $given as $exitCode, with the sign that Kubernetes gives it", ({ given, exitCode }) => {
  expect(exitCodeAt({ exitCode: given }, "exitCode")).toBe(exitCode);
});

it.each([2 ** 32, -(2 ** 31) - 1, 0.5, "1"])("refuses the exit code %s", (exitCode) => {
  expect(() => exitCodeAt({ exitCode }, "exitCode")).toThrow("exitCode is not a 32-bit integer");
});
