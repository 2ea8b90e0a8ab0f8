import { describe, expect, it } from "vitest";
import {
  afterProgress,
  afterUptime,
  type FailureCounters,
  NO_FAILURES,
  reactToClose,
  reactToFailure,
} from "./reaction.ts";
import { type FailureDetails, type FailureKind, WatchFailure } from "./watch-failure.ts";

function react(
  kind: FailureKind,
  before: Partial<FailureCounters> = {},
  details: FailureDetails = {},
  now = 0,
  bookmarksExpected = true,
) {
  const failure = new WatchFailure(kind, "", details);
  const { wait, next } = reactToFailure(failure, { ...NO_FAILURES, ...before }, { now, bookmarksExpected });
  return `${next} ${wait.type}${wait.type === "asked" ? ` ${wait.atLeast}` : ""}`;
}

it.each`
  kind                 | before                                  | details                               | reaction               | reason
  ${"expired"}         | ${{}}                                   | ${{ status: 410 }}                    | ${"resync none"}       | ${"what is lost is lost: look at everything at once"}
  ${"expired"}         | ${{ expired: 1 }}                       | ${{ status: 410 }}                    | ${"resync backoff"}    | ${"twice without progress is a loop (kubernetes#133810)"}
  ${"throttled"}       | ${{}}                                   | ${{ status: 429, retryAfter: 7_000 }} | ${"resume asked 7000"} | ${"the server says when"}
  ${"throttled"}       | ${{}}                                   | ${{ status: 429 }}                    | ${"resume asked 1000"} | ${"the server does not say when"}
  ${"ahead"}           | ${{}}                                   | ${{ status: 504 }}                    | ${"resume asked 1000"} | ${"a cache that lags catches up in a second"}
  ${"ahead"}           | ${{ ahead: 1 }}                         | ${{ status: 504 }}                    | ${"resync backoff"}    | ${"or never, when etcd was restored"}
  ${"server"}          | ${{ wasHealthy: true }}                 | ${{ status: 503 }}                    | ${"resume backoff"}    | ${"an API server that is down costs no list"}
  ${"server"}          | ${{ serverErrorsSince: 0 }}             | ${{ status: 500, inStream: true }}    | ${"resync backoff"}    | ${"a watch that errs for over a minute will not be resumed"}
  ${"server"}          | ${{ serverErrorsSince: 60_000 }}        | ${{ status: 500, inStream: true }}    | ${"resume backoff"}    | ${"etcd may be electing a leader"}
  ${"network"}         | ${{ wasHealthy: true }}                 | ${{}}                                 | ${"resume jitter"}     | ${"one reset is an accident"}
  ${"network"}         | ${{ wasHealthy: false }}                | ${{}}                                 | ${"resume backoff"}    | ${"two are a state"}
  ${"silent"}          | ${{ wasHealthy: true }}                 | ${{}}                                 | ${"resume jitter"}     | ${"nothing was lost that a resume does not bring"}
  ${"undecodable"}     | ${{}}                                   | ${{}}                                 | ${"resume jitter"}     | ${"a byte may have flipped"}
  ${"undecodable"}     | ${{ unreadable: 1, wasHealthy: false }} | ${{}}                                 | ${"resync backoff"}    | ${"twice at one place it is the event"}
  ${"unsupported"}     | ${{ unreadable: 1, wasHealthy: false }} | ${{ status: 400 }}                    | ${"resync backoff"}    | ${"our position may be what it does not like"}
  ${"unauthenticated"} | ${{ wasHealthy: true }}                 | ${{ status: 401 }}                    | ${"resume backoff"}    | ${"credentials were read anew before this is said"}
  ${"forbidden"}       | ${{}}                                   | ${{ status: 403 }}                    | ${"resync refusal"}    | ${"a person has to act"}
  ${"missing"}         | ${{}}                                   | ${{ status: 404 }}                    | ${"resync refusal"}    | ${"a person has to act"}
`("$kind → $reaction: $because", ({ kind, before, details, reaction }) => {
  expect(react(kind, before, details, 90_000)).toBe(reaction);
});

it("takes silence for nothing where no bookmarks are expected: a quiet namespace says as little", () => {
  expect(react("silent", { silent: 1 }, {}, 0, true)).toBe("resync jitter");
  expect(react("silent", { silent: 1 }, {}, 0, false)).toBe("resume jitter");
});

describe("a watch that the server closes", () => {
  it.each`
    lasted     | brought  | wait
    ${300_000} | ${false} | ${"jitter"}
    ${9_999}   | ${false} | ${"backoff"}
    ${500}     | ${true}  | ${"jitter"}
  `("after $lasted ms, having brought something: $brought → $wait", ({ lasted, brought, wait }) => {
    expect(reactToClose({ lasted, brought })).toEqual({ type: wait });
  });
});

describe("what has gone wrong", () => {
  const at = (now: number) => ({ now, bookmarksExpected: true });
  const erring = new WatchFailure("server", "", { status: 500, inStream: true });
  const expired = new WatchFailure("expired", "", { status: 410 });

  it("is remembered: that it was not well, and since when the server errs", () => {
    const first = reactToFailure(erring, NO_FAILURES, at(1_000)).failureCounters;
    expect(first).toMatchObject({ wasHealthy: false, serverErrorsSince: 1_000 });
    expect(reactToFailure(erring, first, at(2_000)).failureCounters.serverErrorsSince).toBe(1_000);
  });

  it("is over at this place once a watch has come further, though it still counts for how long to wait", () => {
    const twice = reactToFailure(
      expired,
      reactToFailure(expired, NO_FAILURES, at(0)).failureCounters,
      at(0),
    ).failureCounters;
    expect(twice).toMatchObject({ expired: 2, stuck: 2 });
    const further = afterProgress(twice);
    expect(further).toMatchObject({ wasHealthy: false, expired: 2, stuck: 0 });
    expect(reactToFailure(expired, further, at(0))).toMatchObject({
      wait: { type: "backoff" },
      failureCounters: { stuck: 1 },
    });
  });

  it("is forgotten after two minutes of health, except silence; half a minute is enough not to back off", () => {
    const bad: FailureCounters = {
      wasHealthy: false,
      expired: 3,
      stuck: 2,
      ahead: 1,
      unreadable: 1,
      silent: 1,
      serverErrorsSince: 0,
    };
    expect(afterUptime(bad, 29_999)).toEqual(bad);
    expect(afterUptime(bad, 119_999)).toEqual({ ...bad, wasHealthy: true });
    expect(afterUptime(bad, 120_000)).toEqual({ ...NO_FAILURES, silent: 1 });
  });

  it("is counted anew after everything was asked for again", () => {
    const long = reactToFailure(erring, { ...NO_FAILURES, serverErrorsSince: 0 }, at(61_000));
    expect(long).toMatchObject({ next: "resync", failureCounters: { serverErrorsSince: undefined } });
    const unreadable = reactToFailure(new WatchFailure("undecodable", ""), { ...NO_FAILURES, unreadable: 1 }, at(0));
    expect(unreadable).toMatchObject({ next: "resync", failureCounters: { unreadable: 0 } });
  });
});
