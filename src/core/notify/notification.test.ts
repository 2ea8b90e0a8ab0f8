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

/** A group that is asked again and again, as the notifier does it. */
function conversation(to: Partial<Destination> = {}) {
  let memory: GroupState | undefined;
  const ask = (
    minute: number,
    alerts: readonly Alert[],
    suppressed: (alert: Alert) => Suppression | undefined = () => undefined,
  ) => {
    const decision = decideNotification(
      {
        group: { key: "k", labels: { namespace: "shop" } },
        destination: { ...destination, ...to },
        memory,
        alerts,
        suppressed,
      },
      at(minute),
    );
    memory = decision.memory;
    return decision;
  };
  return { ask, memory: () => memory };
}

/** `first notification: a b, not c` */
function said(decision: NotifyDecision): string {
  if (!decision.send) {
    return `- ${decision.reason}${decision.nextAt === undefined ? "" : ` until ${decision.nextAt / MINUTE}`}`;
  }
  const names = decision.alerts.map(
    ({ fingerprint, state }) => `${fingerprint}${state.name === "resolved" ? "✓" : ""}`,
  );
  return `${decision.reason} (${decision.status}): ${names.join(" ")}`;
}

describe("decideNotification", () => {
  it("says nothing of nothing", () => {
    expect(said(conversation().ask(0, []))).toBe("- nothing fires");
    expect(said(conversation().ask(0, [alert("a", { resolvedAt: 1 })]))).toBe("- nothing fires");
  });

  it("waits for the group to gather, tells once, and reminds", () => {
    const { ask, memory } = conversation();
    expect(said(ask(0, [alert("a")]))).toBe("- group wait until 1");
    expect(said(ask(1, [alert("a"), alert("b", { firedAt: 1 })]))).toBe("first notification (firing): a b");
    expect(memory()).toMatchObject({
      key: "k",
      receiver: "team",
      labels: { namespace: "shop" },
      since: at(1),
      lastNotifiedAt: at(1),
    });
    expect(said(ask(2, [alert("a"), alert("b")]))).toBe("- told, repeat interval not over until 61");
    expect(said(ask(61, [alert("a"), alert("b")]))).toBe("repeat interval (firing): a b");
    expect(said(ask(62, [alert("a"), alert("b")]))).toBe("- told, repeat interval not over until 121");
    expect(memory()).toMatchObject({ since: at(1), lastNotifiedAt: at(61) });
  });

  it("does not remind where the repeat interval is 0", () => {
    const { ask } = conversation({ repeatInterval: 0 });
    ask(1, [alert("a")]);
    expect(said(ask(999, [alert("a")]))).toBe("- told, repeat interval not over");
  });

  it("tells of what joins the group after the interval, gathered", () => {
    const { ask } = conversation();
    ask(1, [alert("a")]);
    expect(said(ask(2, [alert("a"), alert("b", { firedAt: 2 })]))).toBe("- group interval until 6");
    expect(said(ask(6, [alert("a"), alert("b", { firedAt: 2 })]))).toBe("new alerts in the group (firing): a b");
    const late = [alert("a"), alert("b"), alert("c", { firedAt: 30 })];
    expect(said(ask(30, late))).toBe("- group interval until 31");
    expect(said(ask(31, late))).toBe("new alerts in the group (firing): a b c");
  });

  it("tells what has resolved, in part and at last, and then forgets the group", () => {
    const { ask, memory } = conversation();
    ask(1, [alert("a"), alert("b")]);
    const half = [alert("a"), alert("b", { resolvedAt: 3 })];
    expect(said(ask(3, half))).toBe("- group interval until 6");
    expect(said(ask(6, half))).toBe("some resolved (firing): a b✓");
    expect(said(ask(7, half))).toBe("- told, repeat interval not over until 66");
    const over = [alert("a", { resolvedAt: 20 }), alert("b", { resolvedAt: 3 })];
    expect(said(ask(20, over))).toBe("- group interval until 21");
    expect(said(ask(21, over))).toBe("all resolved (resolved): a✓");
    expect(memory()).toBeUndefined();
    expect(said(ask(22, over))).toBe("- nothing fires");
  });

  it("does not tell the end where it is not wanted", () => {
    const { ask, memory } = conversation({ sendResolved: false });
    ask(1, [alert("a"), alert("b")]);
    expect(said(ask(10, [alert("a"), alert("b", { resolvedAt: 3 })]))).toBe(
      "- told, repeat interval not over until 61",
    );
    expect(Object.keys(memory()!.told)).toEqual(["a"]);
    expect(said(ask(12, [alert("a"), alert("b", { firedAt: 12 })]))).toBe("- group interval until 13");
    expect(said(ask(13, [alert("a", { resolvedAt: 13 }), alert("b", { firedAt: 12 })]))).toBe(
      "new alerts in the group (firing): b",
    );
    expect(said(ask(20, [alert("b", { resolvedAt: 20 })]))).toBe("- nothing fires");
    expect(memory()).toBeUndefined();
  });

  it("takes what resolves and comes back between two messages for one trouble", () => {
    const { ask } = conversation();
    ask(1, [alert("a")]);
    expect(said(ask(3, [alert("a", { resolvedAt: 3 })]))).toBe("- group interval until 6");
    expect(said(ask(6, [{ ...alert("a", { firedAt: 5 }), episode: 2 }]))).toBe(
      "- told, repeat interval not over until 61",
    );
  });

  it("forgets without a word what is no longer known", () => {
    const { ask, memory } = conversation();
    ask(1, [alert("a"), alert("b")]);
    expect(said(ask(2, [alert("a")]))).toBe("- told, repeat interval not over until 61");
    expect(Object.keys(memory()!.told)).toEqual(["a"]);
    expect(said(ask(3, []))).toBe("- nothing fires");
    expect(memory()).toBeUndefined();
  });

  describe("silenced", () => {
    const untilTen = (): Suppression => ({ reason: "silenced by eva", until: at(10) });
    const forEver = (): Suppression => ({ reason: "blind" });

    it("alerts are not told of before the silence ends", () => {
      const { ask } = conversation();
      expect(said(ask(5, [alert("a")], untilTen))).toBe("- silenced until 10");
      expect(said(ask(5, [alert("a")], forEver))).toBe("- silenced");
      expect(said(ask(10, [alert("a")]))).toBe("first notification (firing): a");
    });

    it("alerts do not appear beside others, and nobody is reminded of them", () => {
      const { ask } = conversation();
      const onlyB = (one: Alert) => (one.fingerprint === "b" ? undefined : untilTen());
      expect(said(ask(5, [alert("a"), alert("b")], onlyB))).toBe("first notification (firing): b");
      expect(said(ask(66, [alert("a"), alert("b")], untilTen))).toBe("- silenced until 10");
      expect(said(ask(66, [alert("b")]))).toBe("repeat interval (firing): b");
    });

    it("alerts that were told of are told to be over all the same", () => {
      const { ask } = conversation();
      ask(1, [alert("a"), alert("b")]);
      expect(said(ask(20, [alert("a"), alert("b", { resolvedAt: 15 })], untilTen))).toBe(
        "some resolved (resolved): b✓",
      );
      expect(said(ask(30, [alert("a", { resolvedAt: 25 })]))).toBe("all resolved (resolved): a✓");
    });
  });

  describe("acknowledged", () => {
    it("alerts are neither told of nor reminded of", () => {
      const { ask } = conversation();
      expect(said(ask(1, [alert("a", { acked: 0 })]))).toBe("- acknowledged");
      ask(2, [alert("a")]);
      expect(said(ask(90, [alert("a", { acked: 5 })]))).toBe("- acknowledged");
      expect(said(ask(91, [alert("a", { acked: 5 }), alert("b", { firedAt: 80 })]))).toBe(
        "new alerts in the group (firing): a b",
      );
      expect(said(ask(99, [alert("a", { acked: 5, resolvedAt: 98 }), alert("b")]))).toBe(
        "some resolved (firing): b a✓",
      );
    });

    it.each<[string, Shape]>([
      ["another reason", { reason: "OOMKilled" }],
      ["another image", { image: "app:2" }],
      ["another digest", { imageID: "sha256:2" }],
      ["more pods", { pods: 3 }],
    ])("alerts are told of again when they get worse: %s", (_, change) => {
      const { ask } = conversation();
      const was: Shape = { reason: "Error", image: "app:1", pods: 2 };
      ask(1, [alert("a", was)]);
      ask(2, [alert("a", { ...was, acked: 2 })]);
      expect(said(ask(3, [alert("a", { ...was, acked: 2 })]))).toBe("- acknowledged");
      const worse = [alert("a", { ...was, ...change, acked: 2 })];
      expect(said(ask(4, worse))).toBe("- group interval until 6");
      expect(said(ask(6, worse))).toBe("an acknowledged alert got worse (firing): a");
      expect(said(ask(90, worse))).toBe("- acknowledged");
    });

    it("alerts are not, when fewer pods have it, it is as it was when acknowledged, or nobody asked for that", () => {
      const fewer = conversation();
      fewer.ask(1, [alert("a", { pods: 2 })]);
      fewer.ask(2, [alert("a", { pods: 2, acked: 2 })]);
      expect(said(fewer.ask(9, [alert("a", { pods: 1, acked: 2 })]))).toBe("- acknowledged");

      const known = conversation();
      known.ask(1, [alert("a", { reason: "Error" })]);
      expect(said(known.ask(9, [alert("a", { reason: "OOMKilled", acked: 8 })]))).toBe("- acknowledged");
      expect(said(known.ask(10, [alert("a", { reason: "Error", acked: 8 })]))).toMatch(/worse/);

      const quiet = conversation();
      quiet.ask(1, [alert("a", { reason: "Error" })]);
      quiet.ask(2, [alert("a", { reason: "Error", acked: 2, notifyOnWorsening: false })]);
      expect(said(quiet.ask(9, [alert("a", { reason: "Other", acked: 2, notifyOnWorsening: false })]))).toBe(
        "- acknowledged",
      );
    });
  });

  it("keeps quiet in quiet hours and tells after them what then fires", () => {
    const quietHours = [{ timeZone: "UTC", from: 0, to: 30 }];
    const { ask } = conversation({ quietHours });
    expect(said(ask(0, [alert("a")]))).toBe("- group wait until 1");
    expect(said(ask(5, [alert("a")]))).toBe("- quiet hours until 30");
    expect(said(ask(30, [alert("a")]))).toBe("first notification (firing): a");
  });

  it("reads a pending alert by when it became active: it may have been handed in by mistake", () => {
    const pending: Alert = { ...alert("a"), state: { name: "pending", activeAt: 0, lastSeenAt: 0 } };
    expect(said(conversation().ask(5, [pending]))).toBe("- nothing fires");
  });

  it("tells of everything that fires long enough and of its end, whatever else happens and however often it is asked", () => {
    const story = fc.array(
      fc.record({ minutes: fc.integer({ min: 1, max: 8 }), alert: fc.constantFrom("a", "b", "c") }),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(story, (steps) => {
        const { ask } = conversation();
        const firing = new Map<string, Alert>();
        const believed = new Set<string>();
        let minute = 0;
        const look = () => {
          const decision = ask(minute, [...firing.values()]);
          if (!decision.send) return;
          for (const { fingerprint, state } of decision.alerts) {
            if (state.name === "firing") believed.add(fingerprint);
            else expect(believed.delete(fingerprint)).toBe(true);
          }
        };
        for (const { minutes, alert: name } of steps) {
          const open = firing.get(name)?.state.name === "firing";
          firing.set(name, open ? alert(name, { resolvedAt: minute }) : alert(name, { firedAt: minute }));
          for (const end = minute + minutes; minute < end; minute++) look();
        }
        for (let more = 0; more < 12; more++, minute++) look();
        const truth = [...firing.values()].filter((one) => one.state.name === "firing");
        expect([...believed].sort()).toEqual(truth.map((one) => one.fingerprint).sort());
      }),
    );
  });
});
