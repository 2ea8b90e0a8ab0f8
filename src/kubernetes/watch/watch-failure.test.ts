import { describe, expect, it } from "vitest";
import { DecodeError } from "../decode/decode-error.ts";
import { TransportError } from "../transport/error.ts";
import { failureOf, failureOfAnswer, failureOfStatus, parseRetryAfter } from "./watch-failure.ts";

const status = { code: 500, reason: "InternalError", message: "", retryAfterSeconds: undefined, causes: [] };

it.each`
  given                                                                                      | kind
  ${{ code: 410, reason: "Expired" }}                                                        | ${"expired"}
  ${{ code: 410, reason: "Gone" }}                                                           | ${"expired"}
  ${{ code: 401 }}                                                                           | ${"unauthenticated"}
  ${{ code: 403 }}                                                                           | ${"forbidden"}
  ${{ code: 404 }}                                                                           | ${"missing"}
  ${{ code: 429, message: "storage is (re)initializing" }}                                   | ${"throttled"}
  ${{ code: 503, retryAfterSeconds: 3 }}                                                     | ${"throttled"}
  ${{ code: 503 }}                                                                           | ${"server"}
  ${{ code: 504, reason: "Timeout", causes: ["ResourceVersionTooLarge"] }}                   | ${"ahead"}
  ${{ code: 504, message: "Timeout: Too large resource version: 9, current: 3" }}            | ${"ahead"}
  ${{ code: 504, reason: "Timeout" }}                                                        | ${"server"}
  ${{ code: 500, message: "the required storage feature RequestWatchProgress is disabled" }} | ${"unsupported"}
  ${{ code: 500, message: "etcdserver: leader changed" }}                                    | ${"server"}
  ${{ code: 422, reason: "Invalid" }}                                                        | ${"unsupported"}
  ${{ code: 302 }}                                                                           | ${"undecodable"}
`("a Status $given is $kind", ({ given, kind }) => {
  expect(failureOfStatus({ ...status, ...given }, false).kind).toBe(kind);
});

describe("an answer other than a Status", () => {
  it("is quoted, shortened and on one line", () => {
    const failure = failureOfAnswer(502, "text/html", `<html>\n${"x".repeat(1_000)}`, undefined);
    expect(failure.kind).toBe("server");
    expect(failure.message).toMatch(
      /^answered 502 as text\/html with a body that starts with "<html> x+…": .*proxy in between$/,
    );
    expect(failure.message.length).toBeLessThan(350);
  });

  it("is unreadable when it has status 200", () => {
    const failure = failureOfAnswer(200, "", "", undefined);
    expect(failure.kind).toBe("undecodable");
    expect(failure.message).toContain("answered 200 without a Content-Type with an empty body");
  });
});

it.each`
  error                                     | kind                 | label
  ${new TransportError("RESET", "")}        | ${"network"}         | ${"reset"}
  ${new TransportError("TRUNCATED", "")}    | ${"network"}         | ${"reset"}
  ${new TransportError("PING_TIMEOUT", "")} | ${"network"}         | ${"ping"}
  ${new TransportError("GOAWAY", "")}       | ${"network"}         | ${"goaway"}
  ${new TransportError("ECONNREFUSED", "")} | ${"network"}         | ${"unreachable"}
  ${new TransportError("PROTOCOL", "")}     | ${"undecodable"}     | ${"protocol"}
  ${new TransportError("CREDENTIALS", "")}  | ${"unauthenticated"} | ${"unauthenticated"}
  ${new DecodeError("what", "json", 3)}     | ${"undecodable"}     | ${"undecodable"}
  ${new Error("anything")}                  | ${"network"}         | ${"network"}
`("$error.name $error.code is $kind, counted as $label", ({ error, kind, label }) => {
  expect(failureOf(error)).toMatchObject({ kind, label });
});

it.each`
  value                              | delay
  ${"7"}                             | ${7_000}
  ${"Thu, 01 Jan 1970 00:00:05 GMT"} | ${4_000}
  ${"Thu, 01 Jan 1970 00:00:00 GMT"} | ${0}
  ${"soon"}                          | ${undefined}
  ${undefined}                       | ${undefined}
`("Retry-After $value is $delay ms", ({ value, delay }) => {
  expect(parseRetryAfter(value, 1_000)).toBe(delay);
});
