import { describe, expect, it } from "vitest";
import { NO_SETBACKS, reactToClose, reactToFailure, type Setbacks } from "./reflector-reaction.ts";
import { type FailureDetails, type FailureKind, WatchFailure } from "./watch-failure.ts";

function react(kind: FailureKind, before: Partial<Setbacks> = {}, details: FailureDetails = {}, now = 0) {
  const { wait, next } = reactToFailure(new WatchFailure(kind, "", details), { ...NO_SETBACKS, ...before }, now);
  return `${next} ${wait.type}${wait.type === "asked" ? ` ${wait.atLeast}` : ""}`;
}

it.each`
  kind                 | before                               | details                               | reaction               | because
  ${"expired"}         | ${{}}                                | ${{ status: 410 }}                    | ${"resync none"}       | ${"what is lost is lost: look at everything at once"}
  ${"expired"}         | ${{ expired: 1 }}                    | ${{ status: 410 }}                    | ${"resync backoff"}    | ${"twice without progress is a loop (kubernetes#133810)"}
  ${"throttled"}       | ${{}}                                | ${{ status: 429, retryAfter: 7_000 }} | ${"resume asked 7000"} | ${"the server says when"}
  ${"throttled"}       | ${{}}                                | ${{ status: 429 }}                    | ${"resume asked 1000"} | ${"the server does not say when"}
  ${"ahead"}           | ${{}}                                | ${{ status: 504 }}                    | ${"resume asked 1000"} | ${"a cache that lags catches up in a second"}
  ${"ahead"}           | ${{ ahead: 1 }}                      | ${{ status: 504 }}                    | ${"resync backoff"}    | ${"or never, when etcd was restored"}
  ${"server"}          | ${{ wasWell: true }}                 | ${{ status: 503 }}                    | ${"resume backoff"}    | ${"an API server that is down costs no list"}
  ${"server"}          | ${{ erringSince: 0 }}                | ${{ status: 500, inStream: true }}    | ${"resync backoff"}    | ${"a watch that errs for over a minute will not be resumed"}
  ${"server"}          | ${{ erringSince: 60_000 }}           | ${{ status: 500, inStream: true }}    | ${"resume backoff"}    | ${"etcd may be electing a leader"}
  ${"network"}         | ${{ wasWell: true }}                 | ${{}}                                 | ${"resume jitter"}     | ${"one reset is an accident"}
  ${"network"}         | ${{ wasWell: false }}                | ${{}}                                 | ${"resume backoff"}    | ${"two are a state"}
  ${"silent"}          | ${{ wasWell: true }}                 | ${{}}                                 | ${"resume jitter"}     | ${"nothing was lost that a resume does not bring"}
  ${"undecodable"}     | ${{}}                                | ${{}}                                 | ${"resume jitter"}     | ${"a byte may have flipped"}
  ${"undecodable"}     | ${{ unreadable: 1, wasWell: false }} | ${{}}                                 | ${"resync backoff"}    | ${"twice at one place it is the event"}
  ${"unsupported"}     | ${{ unreadable: 1, wasWell: false }} | ${{ status: 400 }}                    | ${"resync backoff"}    | ${"our position may be what it does not like"}
  ${"unauthenticated"} | ${{ wasWell: true }}                 | ${{ status: 401 }}                    | ${"resume backoff"}    | ${"credentials were read anew before this is said"}
  ${"forbidden"}       | ${{}}                                | ${{ status: 403 }}                    | ${"resync refusal"}    | ${"a person has to act"}
  ${"missing"}         | ${{}}                                | ${{ status: 404 }}                    | ${"resync refusal"}    | ${"a person has to act"}
`("$kind → $reaction: $because", ({ kind, before, details, reaction }) => {
  expect(react(kind, before, details, 90_000)).toBe(reaction);
});

describe("a watch that the server closes", () => {
  it("is resumed at once, with jitter", () => {
    expect(reactToClose(300_000, NO_SETBACKS)).toMatchObject({ next: "resume", wait: { type: "jitter" } });
  });
  it("is resumed with back-off when it lived less than a second, or it would be a hot loop", () => {
    expect(reactToClose(999, NO_SETBACKS)).toMatchObject({ next: "resume", wait: { type: "backoff" } });
  });
});

it("remembers that it was not well, and since when the server errs", () => {
  const failure = new WatchFailure("server", "", { status: 500, inStream: true });
  const first = reactToFailure(failure, NO_SETBACKS, 1_000).setbacks;
  expect(first).toMatchObject({ wasWell: false, erringSince: 1_000 });
  expect(reactToFailure(failure, first, 2_000).setbacks.erringSince).toBe(1_000);
});
