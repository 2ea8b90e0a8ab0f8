import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { alertmanagerSchema } from "../../../test/support/alertmanager-schema.ts";
import { makeAlert } from "../../../test/support/batches.ts";
import { createFakeClock, type FakeClock } from "../../../test/support/fake-clock.ts";
import { makeNastyNotification, makeRichNotification, NOON } from "../../../test/support/notifications.ts";
import type { Alert } from "../../core/model/alert.ts";
import { MINUTE, SECOND } from "../../core/model/time.ts";
import { parseMatcher } from "../../core/notify/matcher.ts";
import { createRouter } from "../../core/notify/route.ts";
import type { SendResult } from "../../ports/notifications.ts";
import { type Alertmanager, createAlertmanagerResender, toPostableAlert } from "./alertmanager.ts";

const message = { publicUrl: "https://watcher.example", cli: "oc" } as const;

describe("a posted alert", () => {
  const schema = alertmanagerSchema("postableAlerts");

  it.each([
    ["of a kind that occurs", makeRichNotification().alerts],
    ["hostile", makeNastyNotification().alerts],
    ["none", []],
  ])("conforms to the schema of Alertmanager's API: %s", (_, alerts) => {
    const posted = JSON.parse(JSON.stringify(alerts.map((alert) => toPostableAlert(alert, message, NOON))));
    expect(() => schema.parse(posted)).not.toThrow();
  });

  it("is checked by a schema that rejects wrong values", () => {
    const good = toPostableAlert(makeAlert({ firedAt: NOON }), message, NOON);
    expect(() => schema.parse([good])).not.toThrow();
    for (const bad of [{ labels: undefined }, { startsAt: 5 }, { endsAt: "soon" }, { labels: { a: 1 } }]) {
      expect(() => schema.parse([{ ...good, ...bad }])).toThrow();
    }
  });

  it("ends in four minutes while it fires, and at its end once resolved", () => {
    const ends = (alert: Alert) => Date.parse(toPostableAlert(alert, message, NOON + MINUTE).endsAt);
    expect(ends(makeAlert({ firedAt: NOON }))).toBe(NOON + 5 * MINUTE);
    expect(ends(makeAlert({ firedAt: NOON, resolvedAt: NOON + 7 }))).toBe(NOON + 7);
    expect(toPostableAlert(makeAlert(), { cli: "oc" }, NOON)).not.toMatchObject({ generatorURL: expect.anything() });
  });
});

describe("the resender", () => {
  let clock: FakeClock;
  let alerts: Alert[];
  let posted: string[];
  let failures: string[];
  let answer: SendResult | "nothing" | "throw";
  let resender: AsyncDisposable;

  const receiver: Alertmanager = {
    name: "am",
    send: () => Promise.reject(new Error("the resender goes past the outbox")),
    async post({ alerts: some }, signal) {
      posted.push(some.map(({ labels, state }) => `${labels.pod}${state.name === "resolved" ? "✓" : ""}`).join(" "));
      if (answer === "throw") throw new TypeError("secret");
      if (answer !== "nothing") return answer;
      return await new Promise((resolve) =>
        signal.addEventListener("abort", () =>
          resolve({ delivered: false, retry: true, reason: "timeout", detail: String(signal.reason.name) }),
        ),
      );
    },
  };

  beforeEach(() => {
    clock = createFakeClock({ now: NOON });
    alerts = [];
    posted = [];
    failures = [];
    answer = { delivered: true };
    resender = createAlertmanagerResender({
      maySend: () => true,
      receiver,
      clock,
      state: { alerts: () => alerts },
      route: createRouter({
        receiver: "am",
        routes: [{ matchers: [parseMatcher("namespace=bank")], receiver: "else" }],
      }),
      incidents: () => ({}),
      suppressed: (alert) => (alert.labels.pod === "silenced" ? { kind: "silenced" } : undefined),
      timeout: 10 * SECOND,
      failed: ({ detail }) => failures.push(detail),
    });
  });
  afterEach(() => resender[Symbol.asyncDispose]());

  it("sends firing alerts every minute, and resolved ones for five minutes", async () => {
    alerts = [
      makeAlert({ pod: "a", firedAt: NOON }),
      makeAlert({ pod: "b", firedAt: NOON, resolvedAt: NOON }),
      makeAlert({ pod: "waiting", pendingSince: NOON }),
      makeAlert({ pod: "silenced", firedAt: NOON }),
      makeAlert({ pod: "elsewhere", namespace: "bank", firedAt: NOON }),
    ];
    await clock.advance(59 * SECOND);
    expect(posted).toEqual([]);
    await clock.advance(7 * MINUTE);
    expect(posted).toEqual(["a b✓", "a b✓", "a b✓", "a b✓", "a b✓", "a", "a"]);
  });

  it("sends nothing without alerts", async () => {
    await clock.advance(5 * MINUTE);
    expect(posted).toEqual([]);
    expect(clock.timers).toBe(1);
  });

  it("reports failures and continues", async () => {
    alerts = [makeAlert({ pod: "a", firedAt: NOON })];
    answer = { delivered: false, retry: true, reason: "serverError", detail: "500" };
    await clock.advance(MINUTE);
    answer = "throw";
    await clock.advance(MINUTE);
    answer = "nothing";
    await clock.advance(MINUTE + 10 * SECOND);
    expect(failures).toEqual(["500", "the receiver failed with TypeError", "no response within 10 s"]);
    answer = { delivered: true };
    await clock.advance(MINUTE);
    expect(posted).toHaveLength(4);
  });

  it("aborts a request when it is disposed", async () => {
    alerts = [makeAlert({ pod: "a", firedAt: NOON })];
    answer = "nothing";
    await clock.advance(MINUTE);
    await resender[Symbol.asyncDispose]();
    expect(clock.timers).toBe(0);
  });
});
