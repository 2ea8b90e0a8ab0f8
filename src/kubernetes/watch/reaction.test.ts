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
  return `${next} ${wait.type}${wait.type === "retryAfter" ? ` ${wait.atLeast}` : ""}`;
}

it.each`
  kind                 | before                                   | details                               | reaction                    | reason
  ${"expired"}         | ${{}}                                    | ${{ status: 410 }}                    | ${"resync none"}            | ${"the changes are lost, so resync at once"}
  ${"expired"}         | ${{ expired: 1 }}                        | ${{ status: 410 }}                    | ${"resync backoff"}         | ${"twice without progress is a loop (kubernetes#133810)"}
  ${"throttled"}       | ${{}}                                    | ${{ status: 429, retryAfter: 7_000 }} | ${"resume retryAfter 7000"} | ${"the server sets the delay"}
  ${"throttled"}       | ${{}}                                    | ${{ status: 429 }}                    | ${"resume retryAfter 1000"} | ${"the server sets no delay"}
  ${"ahead"}           | ${{}}                                    | ${{ status: 504 }}                    | ${"resume retryAfter 1000"} | ${"a lagging cache catches up within a second"}
  ${"ahead"}           | ${{ ahead: 1 }}                          | ${{ status: 504 }}                    | ${"resync backoff"}         | ${"or never, after etcd was restored"}
  ${"server"}          | ${{ wasHealthy: true }}                  | ${{ status: 503 }}                    | ${"resume backoff"}         | ${"an API server that is down needs no resync"}
  ${"server"}          | ${{ serverErrorsSince: 0 }}              | ${{ status: 500, inStream: true }}    | ${"resync backoff"}         | ${"server errors for over a minute end the attempts to resume"}
  ${"server"}          | ${{ serverErrorsSince: 60_000 }}         | ${{ status: 500, inStream: true }}    | ${"resume backoff"}         | ${"etcd may be electing a leader"}
  ${"network"}         | ${{ wasHealthy: true }}                  | ${{}}                                 | ${"resume jitter"}          | ${"a single reset needs no backoff"}
  ${"network"}         | ${{ wasHealthy: false }}                 | ${{}}                                 | ${"resume backoff"}         | ${"repeated resets do"}
  ${"silent"}          | ${{ wasHealthy: true }}                  | ${{}}                                 | ${"resume jitter"}          | ${"resuming delivers everything missed"}
  ${"undecodable"}     | ${{}}                                    | ${{}}                                 | ${"resume jitter"}          | ${"a byte may have flipped"}
  ${"undecodable"}     | ${{ undecodable: 1, wasHealthy: false }} | ${{}}                                 | ${"resync backoff"}         | ${"the event itself is broken"}
  ${"unsupported"}     | ${{ undecodable: 1, wasHealthy: false }} | ${{ status: 400 }}                    | ${"resync backoff"}         | ${"the server may reject the position"}
  ${"unauthenticated"} | ${{ wasHealthy: true }}                  | ${{ status: 401 }}                    | ${"resume backoff"}         | ${"the credentials have been reread already"}
  ${"forbidden"}       | ${{}}                                    | ${{ status: 403 }}                    | ${"resync refusal"}         | ${"only a person can fix it"}
  ${"missing"}         | ${{}}                                    | ${{ status: 404 }}                    | ${"resync refusal"}         | ${"only a person can fix it"}
`("$kind → $reaction: $reason", ({ kind, before, details, reaction }) => {
  expect(react(kind, before, details, 90_000)).toBe(reaction);
});

it("ignores silence where no bookmarks are expected, because a quiet namespace is just as silent", () => {
  expect(react("silent", { silent: 1 }, {}, 0, true)).toBe("resync jitter");
  expect(react("silent", { silent: 1 }, {}, 0, false)).toBe("resume jitter");
});

describe("a watch that the server closes", () => {
  it.each`
    uptime     | delivered | wait
    ${300_000} | ${false}  | ${"jitter"}
    ${9_999}   | ${false}  | ${"backoff"}
    ${500}     | ${true}   | ${"jitter"}
  `("after $uptime ms, delivered events: $delivered → $wait", ({ uptime, delivered, wait }) => {
    expect(reactToClose({ uptime, delivered })).toEqual({ type: wait });
  });
});

describe("the failure counters", () => {
  const at = (now: number) => ({ now, bookmarksExpected: true });
  const erring = new WatchFailure("server", "", { status: 500, inStream: true });
  const expired = new WatchFailure("expired", "", { status: 410 });

  it("record the failure and the time of the server's first error", () => {
    const first = reactToFailure(erring, NO_FAILURES, at(1_000)).counters;
    expect(first).toMatchObject({ wasHealthy: false, serverErrorsSince: 1_000 });
    expect(reactToFailure(erring, first, at(2_000)).counters.serverErrorsSince).toBe(1_000);
  });

  it("reset what belongs to one position after progress, but keep the backoff", () => {
    const twice = reactToFailure(expired, reactToFailure(expired, NO_FAILURES, at(0)).counters, at(0)).counters;
    expect(twice).toMatchObject({ expired: 2, stalled: 2 });
    const further = afterProgress(twice);
    expect(further).toMatchObject({ wasHealthy: false, expired: 2, stalled: 0 });
    expect(reactToFailure(expired, further, at(0))).toMatchObject({
      wait: { type: "backoff" },
      counters: { stalled: 1 },
    });
  });

  it("reset after two healthy minutes, except for silence; half a minute is enough to skip the backoff", () => {
    const bad: FailureCounters = {
      wasHealthy: false,
      expired: 3,
      stalled: 2,
      ahead: 1,
      undecodable: 1,
      silent: 1,
      serverErrorsSince: 0,
    };
    expect(afterUptime(bad, 29_999)).toEqual(bad);
    expect(afterUptime(bad, 119_999)).toEqual({ ...bad, wasHealthy: true });
    expect(afterUptime(bad, 120_000)).toEqual({ ...NO_FAILURES, silent: 1 });
  });

  it("restart after a resync", () => {
    const long = reactToFailure(erring, { ...NO_FAILURES, serverErrorsSince: 0 }, at(61_000));
    expect(long).toMatchObject({ next: "resync", counters: { serverErrorsSince: undefined } });
    const undecodable = reactToFailure(new WatchFailure("undecodable", ""), { ...NO_FAILURES, undecodable: 1 }, at(0));
    expect(undecodable).toMatchObject({ next: "resync", counters: { undecodable: 0 } });
  });
});
