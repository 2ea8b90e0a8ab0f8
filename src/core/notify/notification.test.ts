import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alert } from "../model/alert.ts";
import { MINUTE } from "../model/time.ts";
import { decideNotification, type GroupState, type NotifyDecision, type Suppression } from "./notification.ts";
import { createRouter, type Destination } from "./route.ts";

const destination: Destination = {
  ...createRouter({ receiver: "team" })({})[0]!,
  groupWait: 1 * MINUTE,
  groupInterval: 5 * MINUTE,
  repeatInterval: 60 * MINUTE,
};
const at = (minute: number) => minute * MINUTE;

interface Shape {
  readonly firedAt?: number;
  readonly resolvedAt?: number;
  readonly acked?: number;
  readonly notifyOnWorsening?: boolean;
  readonly reason?: string;
  readonly image?: string;
  readonly imageID?: string;
  readonly pods?: number;
}

function alert(fingerprint: string, shape: Shape = {}): Alert {
  const firedAt = at(shape.firedAt ?? 0);
  const container =
    shape.image === undefined
      ? {}
      : {
          container: {
            name: "app",
            type: "main" as const,
            image: shape.image,
            ...(shape.imageID === undefined ? {} : { imageID: shape.imageID }),
            restartCount: 0,
            restarts: [],
            state: { name: "unknown" as const },
          },
        };
  return {
    fingerprint,
    episode: 1,
    labels: { alertname: "PodCrashLooping", namespace: "shop", pod: fingerprint },
    severity: "critical",
    state:
      shape.resolvedAt === undefined
        ? { name: "firing", activeAt: firedAt, firedAt, lastSeenAt: firedAt }
        : { name: "resolved", activeAt: firedAt, firedAt, resolvedAt: at(shape.resolvedAt) },
    sources: Array.from({ length: shape.pods ?? 1 }, (_, index) => `uid-${index}`),
    annotations: { summary: "", description: "", ...(shape.reason === undefined ? {} : { reason: shape.reason }) },
    subject: container,
    ...(shape.acked === undefined
      ? {}
      : {
          acknowledgement: {
            by: "eva",
            at: at(shape.acked),
            note: "",
            notifyOnWorsening: shape.notifyOnWorsening ?? true,
          },
        }),
  };
}

/** Decides repeatedly about one group and keeps its state, like the dispatcher. */
function aGroup(to: Partial<Destination> = {}) {
  let groupState: GroupState | undefined;
  const decide = (
    minute: number,
    alerts: readonly Alert[],
    suppressed: (alert: Alert) => Suppression | undefined = () => undefined,
  ) => {
    const decision = decideNotification(
      {
        group: { key: "k", labels: { namespace: "shop" } },
        destination: { ...destination, ...to },
        groupState,
        alerts,
        suppressed,
      },
      at(minute),
    );
    groupState = decision.groupState;
    return decision;
  };
  return { decide, groupState: () => groupState };
}

/** `first notification: a b, not c` */
function describeDecision(decision: NotifyDecision): string {
  if (!decision.send) {
    return `- ${decision.reason}${decision.nextAt === undefined ? "" : ` until ${decision.nextAt / MINUTE}`}`;
  }
  const names = decision.alerts.map(
    ({ fingerprint, state }) => `${fingerprint}${state.name === "resolved" ? "✓" : ""}`,
  );
  return `${decision.reason} (${decision.status}): ${names.join(" ")}`;
}

describe("decideNotification", () => {
  it("does not notify without alerts", () => {
    expect(describeDecision(aGroup().decide(0, []))).toBe("- no firing alerts");
    expect(describeDecision(aGroup().decide(0, [alert("a", { resolvedAt: 1 })]))).toBe("- no firing alerts");
  });

  it("waits for the group, notifies once and then at the repeat interval", () => {
    const { decide, groupState } = aGroup();
    expect(describeDecision(decide(0, [alert("a")]))).toBe("- group wait until 1");
    expect(describeDecision(decide(1, [alert("a"), alert("b", { firedAt: 1 })]))).toBe(
      "first notification (firing): a b",
    );
    expect(groupState()).toMatchObject({
      key: "k",
      receiver: "team",
      labels: { namespace: "shop" },
      since: at(1),
      lastNotifiedAt: at(1),
    });
    expect(describeDecision(decide(2, [alert("a"), alert("b")]))).toBe(
      "- notified, waiting for the repeat interval until 61",
    );
    expect(describeDecision(decide(61, [alert("a"), alert("b")]))).toBe("repeat interval (firing): a b");
    expect(describeDecision(decide(62, [alert("a"), alert("b")]))).toBe(
      "- notified, waiting for the repeat interval until 121",
    );
    expect(groupState()).toMatchObject({ since: at(1), lastNotifiedAt: at(61) });
  });

  it("does not repeat if the repeat interval is 0", () => {
    const { decide } = aGroup({ repeatInterval: 0 });
    decide(1, [alert("a")]);
    expect(describeDecision(decide(999, [alert("a")]))).toBe("- notified, waiting for the repeat interval");
  });

  it("notifies new alerts together after the group interval", () => {
    const { decide } = aGroup();
    decide(1, [alert("a")]);
    expect(describeDecision(decide(2, [alert("a"), alert("b", { firedAt: 2 })]))).toBe("- group interval until 6");
    expect(describeDecision(decide(6, [alert("a"), alert("b", { firedAt: 2 })]))).toBe(
      "new alerts in the group (firing): a b",
    );
    const late = [alert("a"), alert("b"), alert("c", { firedAt: 30 })];
    expect(describeDecision(decide(30, late))).toBe("- group interval until 31");
    expect(describeDecision(decide(31, late))).toBe("new alerts in the group (firing): a b c");
  });

  it("notifies partial and final resolution and then drops the group", () => {
    const { decide, groupState } = aGroup();
    decide(1, [alert("a"), alert("b")]);
    const half = [alert("a"), alert("b", { resolvedAt: 3 })];
    expect(describeDecision(decide(3, half))).toBe("- group interval until 6");
    expect(describeDecision(decide(6, half))).toBe("some resolved (firing): a b✓");
    expect(describeDecision(decide(7, half))).toBe("- notified, waiting for the repeat interval until 66");
    const allResolved = [alert("a", { resolvedAt: 20 }), alert("b", { resolvedAt: 3 })];
    expect(describeDecision(decide(20, allResolved))).toBe("- group interval until 21");
    expect(describeDecision(decide(21, allResolved))).toBe("all resolved (resolved): a✓");
    expect(groupState()).toBeUndefined();
    expect(describeDecision(decide(22, allResolved))).toBe("- no firing alerts");
  });

  it("does not notify resolution without send_resolved", () => {
    const { decide, groupState } = aGroup({ sendResolved: false });
    decide(1, [alert("a"), alert("b")]);
    expect(describeDecision(decide(10, [alert("a"), alert("b", { resolvedAt: 3 })]))).toBe(
      "- notified, waiting for the repeat interval until 61",
    );
    expect(Object.keys(groupState()!.notified)).toEqual(["a"]);
    expect(describeDecision(decide(12, [alert("a"), alert("b", { firedAt: 12 })]))).toBe("- group interval until 13");
    expect(describeDecision(decide(13, [alert("a", { resolvedAt: 13 }), alert("b", { firedAt: 12 })]))).toBe(
      "new alerts in the group (firing): b",
    );
    expect(describeDecision(decide(20, [alert("b", { resolvedAt: 20 })]))).toBe("- no firing alerts");
    expect(groupState()).toBeUndefined();
  });

  it("ignores an alert that resolves and fires again between two notifications", () => {
    const { decide } = aGroup();
    decide(1, [alert("a")]);
    expect(describeDecision(decide(3, [alert("a", { resolvedAt: 3 })]))).toBe("- group interval until 6");
    expect(describeDecision(decide(6, [{ ...alert("a", { firedAt: 5 }), episode: 2 }]))).toBe(
      "- notified, waiting for the repeat interval until 61",
    );
  });

  it("drops alerts that no longer exist without a notification", () => {
    const { decide, groupState } = aGroup();
    decide(1, [alert("a"), alert("b")]);
    expect(describeDecision(decide(2, [alert("a")]))).toBe("- notified, waiting for the repeat interval until 61");
    expect(Object.keys(groupState()!.notified)).toEqual(["a"]);
    expect(describeDecision(decide(3, []))).toBe("- no firing alerts");
    expect(groupState()).toBeUndefined();
  });

  describe("silenced", () => {
    const untilTen = (): Suppression => ({ kind: "silenced", until: at(10) });
    const forEver = (): Suppression => ({ kind: "silenced" });

    it("or inhibited is why all firing alerts are not notified", () => {
      const inhibited = (): Suppression => ({ kind: "inhibited" });
      const both = (one: Alert): Suppression => (one.labels.pod === "a" ? forEver() : inhibited());
      expect(describeDecision(aGroup().decide(1, [alert("a"), alert("b")], inhibited))).toBe("- inhibited");
      expect(describeDecision(aGroup().decide(1, [alert("a"), alert("b")], both))).toBe("- silenced");
    });

    it("alerts are not notified before the silence ends", () => {
      const { decide } = aGroup();
      expect(describeDecision(decide(5, [alert("a")], untilTen))).toBe("- silenced until 10");
      expect(describeDecision(decide(5, [alert("a")], forEver))).toBe("- silenced");
      expect(describeDecision(decide(10, [alert("a")]))).toBe("first notification (firing): a");
    });

    it("alerts are not included with others and not repeated", () => {
      const { decide } = aGroup();
      const onlyB = (one: Alert) => (one.fingerprint === "b" ? undefined : untilTen());
      expect(describeDecision(decide(5, [alert("a"), alert("b")], onlyB))).toBe("first notification (firing): b");
      expect(describeDecision(decide(66, [alert("a"), alert("b")], untilTen))).toBe("- silenced until 10");
      expect(describeDecision(decide(66, [alert("b")]))).toBe("repeat interval (firing): b");
    });

    it("alerts that were notified before are still notified as resolved", () => {
      const { decide } = aGroup();
      decide(1, [alert("a"), alert("b")]);
      expect(describeDecision(decide(20, [alert("a"), alert("b", { resolvedAt: 15 })], untilTen))).toBe(
        "some resolved (resolved): b✓",
      );
      expect(describeDecision(decide(30, [alert("a", { resolvedAt: 25 })]))).toBe("all resolved (resolved): a✓");
    });
  });

  describe("acknowledged", () => {
    it("alerts cause no notifications and no repetition", () => {
      const { decide } = aGroup();
      expect(describeDecision(decide(1, [alert("a", { acked: 0 })]))).toBe("- acknowledged");
      decide(2, [alert("a")]);
      expect(describeDecision(decide(90, [alert("a", { acked: 5 })]))).toBe("- acknowledged");
      expect(describeDecision(decide(91, [alert("a", { acked: 5 }), alert("b", { firedAt: 80 })]))).toBe(
        "new alerts in the group (firing): a b",
      );
      expect(describeDecision(decide(99, [alert("a", { acked: 5, resolvedAt: 98 }), alert("b")]))).toBe(
        "some resolved (firing): b a✓",
      );
    });

    it.each<[string, Shape]>([
      ["different reason", { reason: "OOMKilled" }],
      ["different image", { image: "app:2" }],
      ["different digest", { imageID: "sha256:2" }],
      ["more pods", { pods: 3 }],
    ])("alerts are notified when they get worse: %s", (_, change) => {
      const { decide } = aGroup();
      const was: Shape = { reason: "Error", image: "app:1", pods: 2 };
      decide(1, [alert("a", was)]);
      decide(2, [alert("a", { ...was, acked: 2 })]);
      expect(describeDecision(decide(3, [alert("a", { ...was, acked: 2 })]))).toBe("- acknowledged");
      const worse = [alert("a", { ...was, ...change, acked: 2 })];
      expect(describeDecision(decide(4, worse))).toBe("- group interval until 6");
      expect(describeDecision(decide(6, worse))).toBe("an acknowledged alert got worse (firing): a");
      expect(describeDecision(decide(90, worse))).toBe("- acknowledged");
    });

    it("alerts are not notified with fewer pods, in the acknowledged condition, or without notifyOnWorsening", () => {
      const fewer = aGroup();
      fewer.decide(1, [alert("a", { pods: 2 })]);
      fewer.decide(2, [alert("a", { pods: 2, acked: 2 })]);
      expect(describeDecision(fewer.decide(9, [alert("a", { pods: 1, acked: 2 })]))).toBe("- acknowledged");

      const known = aGroup();
      known.decide(1, [alert("a", { reason: "Error" })]);
      expect(describeDecision(known.decide(9, [alert("a", { reason: "OOMKilled", acked: 8 })]))).toBe("- acknowledged");
      expect(describeDecision(known.decide(10, [alert("a", { reason: "Error", acked: 8 })]))).toMatch(/worse/);

      const quiet = aGroup();
      quiet.decide(1, [alert("a", { reason: "Error" })]);
      quiet.decide(2, [alert("a", { reason: "Error", acked: 2, notifyOnWorsening: false })]);
      expect(
        describeDecision(quiet.decide(9, [alert("a", { reason: "Other", acked: 2, notifyOnWorsening: false })])),
      ).toBe("- acknowledged");
    });
  });

  it("waits during quiet hours and then notifies what is firing", () => {
    const quietHours = [{ timeZone: "UTC", from: 0, to: 30 }];
    const { decide } = aGroup({ quietHours });
    expect(describeDecision(decide(0, [alert("a")]))).toBe("- group wait until 1");
    expect(describeDecision(decide(5, [alert("a")]))).toBe("- quiet hours until 30");
    expect(describeDecision(decide(30, [alert("a")]))).toBe("first notification (firing): a");
  });

  it("ignores pending alerts", () => {
    const pending: Alert = { ...alert("a"), state: { name: "pending", activeAt: 0, lastSeenAt: 0 } };
    expect(describeDecision(aGroup().decide(5, [pending]))).toBe("- no firing alerts");
  });

  it("notifies every alert that fires long enough and its resolution, for any sequence of calls", () => {
    const story = fc.array(
      fc.record({ minutes: fc.integer({ min: 1, max: 8 }), alert: fc.constantFrom("a", "b", "c") }),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(story, (steps) => {
        const { decide } = aGroup();
        const firing = new Map<string, Alert>();
        const notified = new Set<string>();
        let minute = 0;
        const evaluate = () => {
          const decision = decide(minute, [...firing.values()]);
          if (!decision.send) return;
          for (const { fingerprint, state } of decision.alerts) {
            if (state.name === "firing") notified.add(fingerprint);
            else expect(notified.delete(fingerprint)).toBe(true);
          }
        };
        for (const { minutes, alert: name } of steps) {
          const open = firing.get(name)?.state.name === "firing";
          firing.set(name, open ? alert(name, { resolvedAt: minute }) : alert(name, { firedAt: minute }));
          for (const end = minute + minutes; minute < end; minute++) evaluate();
        }
        for (let more = 0; more < 12; more++, minute++) evaluate();
        const expected = [...firing.values()].filter((one) => one.state.name === "firing");
        expect([...notified].sort()).toEqual(expected.map((one) => one.fingerprint).sort());
      }),
    );
  });
});
