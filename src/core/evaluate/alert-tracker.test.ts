import { describe, expect, it } from "vitest";
import type { Acknowledgement, Alert, AlertAnnotations, Finding } from "../model/alert.ts";
import type { AlertPolicy } from "../model/alert-state.ts";
import { fingerprint } from "../model/fingerprint.ts";
import { HOUR, MINUTE } from "../model/time.ts";
import { trackAlerts } from "./alert-tracker.ts";

const labels = { alertname: "PodFailed", namespace: "batch", workload: "Job/import" } as const;
const ID = fingerprint(labels);
const atOnce: AlertPolicy = { for: 0, keepFiringFor: 0 };
const WINDOW = HOUR;
const patient: AlertPolicy = { for: 5 * MINUTE, keepFiringFor: 3 * MINUTE };

function found(
  pod: string,
  changes: { annotations?: Partial<AlertAnnotations>; startedAt?: number; image?: string } = {},
): Finding {
  return {
    labels,
    severity: "warning",
    annotations: { summary: "The import fails", description: "", cause: "Error", ...changes.annotations },
    subject: {
      podUid: pod,
      ...(changes.startedAt === undefined ? {} : { podStartedAt: changes.startedAt }),
      ...(changes.image === undefined
        ? {}
        : {
            container: {
              name: "app",
              type: "main",
              image: changes.image,
              restartCount: 0,
              restarts: [],
              state: { name: "unknown" },
            },
          }),
    },
  };
}

/** Every source's finding in turn, one look a minute; `undefined` is a look at which it has none. */
function live(policy: AlertPolicy, looks: readonly (readonly [string, Finding | undefined])[], start?: Alert) {
  let alert = start;
  const told: string[] = [];
  const forgotten: Alert[] = [];
  let reevaluateAt: number | undefined;
  looks.forEach(([source, finding], minute) => {
    const now = (minute + 1) * MINUTE;
    const isOpen = alert !== undefined && alert.state.name !== "resolved" && alert.sources.includes(source);
    const tracker = trackAlerts({ alert: () => alert, alerts: isOpen ? [alert!] : [] }, now, WINDOW);
    if (finding !== undefined) tracker.report(finding, source, policy);
    else if (isOpen) tracker.clear(alert!, source, policy, "It is over.");
    const changes = tracker.close();
    if (changes.forgotten.length > 0) alert = undefined;
    alert = changes.alerts[0] ?? alert;
    forgotten.push(...changes.forgotten);
    told.push(...changes.transitions.map(({ from, to }) => `${from} → ${to}`));
    reevaluateAt = changes.reevaluateAt;
  });
  return { alert, told, forgotten, reevaluateAt };
}

describe("an alert that several pods share", () => {
  it("goes on as long as one of them has the finding", () => {
    const { alert, told } = live(atOnce, [
      ["a", found("a")],
      ["b", found("b")],
      ["a", undefined],
    ]);
    expect(alert).toMatchObject({ fingerprint: ID, state: { name: "firing" }, sources: ["b"] });
    expect(told).toEqual(["none → firing"]);
  });

  it("resolves with the last of them", () => {
    const { alert, told } = live(atOnce, [
      ["a", found("a")],
      ["b", found("b")],
      ["a", undefined],
      ["b", undefined],
    ]);
    expect(alert).toMatchObject({ state: { name: "resolved" }, sources: [] });
    expect(told).toEqual(["none → firing", "firing → resolved"]);
  });

  it("is told of by the one that was started last, whichever is looked at", () => {
    const older = found("a", { startedAt: 1, annotations: { summary: "the older" } });
    const younger = found("b", { startedAt: 2, annotations: { summary: "the younger" } });
    const summary = (...looks: [string, Finding][]) => live(atOnce, looks).alert!.annotations.summary;
    expect(summary(["a", older], ["b", younger])).toBe("the younger");
    expect(summary(["b", younger], ["a", older])).toBe("the younger");
    expect(
      summary(
        ["a", found("a", { annotations: { summary: "first" } })],
        ["b", found("b", { annotations: { summary: "second" } })],
      ),
    ).toBe("second");
  });
});

describe("an alert that is kept firing for a while", () => {
  it("says when it ends, keeps its source until then, and goes on if the finding comes back", () => {
    const looks: [string, Finding | undefined][] = Array.from({ length: 6 }, () => ["a", found("a")]);
    const over = live(patient, [...looks, ["a", undefined]]);
    expect(over.alert).toMatchObject({ state: { name: "firing", endsAt: 10 * MINUTE }, sources: ["a"] });
    expect(over.reevaluateAt).toBe(10 * MINUTE);
    const back = live(patient, [...looks, ["a", undefined], ["a", found("a")]]);
    expect(back.alert!.state).not.toHaveProperty("endsAt");
    const ended = live(patient, [...looks, ["a", undefined], ["a", undefined], ["a", undefined], ["a", undefined]]);
    expect(ended.alert).toMatchObject({ state: { name: "resolved", resolvedAt: 10 * MINUTE }, sources: [] });
  });

  it("passes to the source that takes over, and drops the one that is gone", () => {
    const looks: [string, Finding | undefined][] = Array.from({ length: 6 }, () => ["a", found("a")]);
    const { alert, told } = live(patient, [...looks, ["a", undefined], ["b", found("b")]]);
    expect(alert).toMatchObject({ state: { name: "firing" }, sources: ["b"] });
    expect(told).toEqual(["none → pending", "pending → firing"]);
  });
});

describe("an alert that was pending", () => {
  it("is forgotten without a trace but its transition", () => {
    const { alert, told, forgotten } = live(patient, [
      ["a", found("a")],
      ["a", undefined],
    ]);
    expect(alert).toBeUndefined();
    expect(told).toEqual(["none → pending", "pending → none"]);
    expect(forgotten).toMatchObject([{ fingerprint: ID, episode: 1 }]);
  });

  it("gives way to the resolved episode before it, so that the next one is counted on", () => {
    const resolved = live(atOnce, [
      ["a", found("a")],
      ["a", undefined],
    ]).alert!;
    const pending = live(patient, [["a", found("a")]], resolved).alert!;
    expect(pending).toMatchObject({ episode: 2, state: { name: "pending" }, previous: resolved });
    const again = live(patient, [["a", undefined]], pending);
    expect(again.alert).toEqual(resolved);
    expect(again.forgotten).toMatchObject([{ episode: 2 }]);
    const still = live(patient, [["a", found("a", { annotations: { summary: "more" } })]], pending).alert!;
    expect(still).toMatchObject({ episode: 2, previous: resolved });
    const looks: [string, Finding][] = Array.from({ length: 7 }, () => ["a", found("a")]);
    const fired = live(patient, looks, resolved).alert!;
    expect(fired).toMatchObject({ episode: 2, state: { name: "firing" } });
    expect(fired).not.toHaveProperty("previous");
  });

  it("leaves no trace at all when it comes and goes within one look", () => {
    const tracker = trackAlerts({ alert: () => undefined, alerts: [] }, MINUTE, WINDOW);
    tracker.report(found("a"), "a", patient);
    for (const alert of tracker.openOf("a")) tracker.clear(alert, "a", patient, "The pod is gone.");
    expect(tracker.close()).toMatchObject({ alerts: [], forgotten: [], transitions: [] });
  });

  it("is not resolved for all: nobody was told", () => {
    const pending = live(patient, [["a", found("a")]]).alert!;
    const tracker = trackAlerts({ alert: () => pending, alerts: [pending] }, 2 * MINUTE, WINDOW);
    tracker.resolve(pending, "It succeeded.");
    expect(tracker.close()).toMatchObject({
      alerts: [],
      transitions: [{ from: "pending", to: "none" }],
      forgotten: [pending],
    });
  });
});

describe("an acknowledgement", () => {
  const taken = (notifyOnWorsening: boolean): Acknowledgement => ({ by: "jdoe", at: 0, note: "", notifyOnWorsening });
  const firing = (notifyOnWorsening: boolean): Alert => ({
    ...live(atOnce, [["a", found("a", { image: "app:1" })]]).alert!,
    acknowledgement: taken(notifyOnWorsening),
  });
  const acknowledgedAfter = (notifyOnWorsening: boolean, source: string, finding: Finding) =>
    live(atOnce, [[source, finding]], firing(notifyOnWorsening)).alert!.acknowledgement;

  it.each<[string, string, Finding, boolean]>([
    ["more restarts", "a", found("a", { image: "app:1", annotations: { summary: "worse text" } }), true],
    ["another cause", "a", found("a", { image: "app:1", annotations: { cause: "OOMKilled" } }), false],
    ["another image", "a", found("a", { image: "app:2" }), false],
    ["one more attempt of a Job", "b", found("b", { image: "app:1" }), true],
  ])("until it gets worse, after %s", (_, source, finding, stays) => {
    expect(acknowledgedAfter(true, source, finding)).toEqual(stays ? taken(true) : undefined);
    expect(acknowledgedAfter(false, source, finding)).toEqual(taken(false));
  });

  it("says when it ended and why, once it got worse", () => {
    const worse = live(atOnce, [["a", found("a", { image: "app:2" })]], firing(true)).alert!;
    expect(worse.formerAcknowledgement).toEqual({
      ...taken(true),
      endedAt: MINUTE,
      reason: "it got worse: another image, app:2",
    });
    const other = live(atOnce, [["a", found("a", { annotations: { cause: "OOMKilled" } })]], firing(true)).alert!;
    expect(other.formerAcknowledgement!.reason).toBe("it got worse: another cause, OOMKilled");
    const unknown = live(atOnce, [["a", found("a", { annotations: { cause: undefined } })]], firing(true)).alert!;
    expect(unknown.formerAcknowledgement!.reason).toBe("it got worse: another cause");
    const none = live(atOnce, [["a", found("a")]], firing(true)).alert!;
    expect(none.formerAcknowledgement!.reason).toBe("it got worse: another image");
    const again = live(atOnce, [["a", found("a", { image: "app:2" })]], worse).alert!;
    expect(again.formerAcknowledgement).toEqual(worse.formerAcknowledgement);
  });

  describe("when the alert has resolved", () => {
    const ofContainer = { ...labels, container: "app" };
    const resolved = (notifyOnWorsening: boolean): Alert => ({
      ...live(atOnce, [["a", undefined]], firing(notifyOnWorsening)).alert!,
      labels: ofContainer,
    });
    const foundIn = (changes: Parameters<typeof found>[1]) => ({ ...found("a", changes), labels: ofContainer });
    const same = foundIn({ image: "app:1" });
    /** The next episode, which begins so long after the alert has resolved. */
    const comeBack = (
      before: Alert,
      wellFor: number,
      finding: Finding,
      others: readonly Alert[] = [],
      life = atOnce,
    ) => {
      const resolvedAt = before.state.name === "resolved" ? before.state.resolvedAt : 0;
      const tracker = trackAlerts({ alert: () => before, alerts: others }, resolvedAt + wellFor, WINDOW);
      tracker.report(finding, "a", life);
      return tracker.close().alerts[0]!;
    };

    it("stays with it, and with an episode that begins before it was well for a whole window", () => {
      expect(resolved(false).acknowledgement).toEqual(taken(false));
      expect(comeBack(resolved(true), WINDOW - 1, same)).toMatchObject({ episode: 2, acknowledgement: taken(true) });
      expect(comeBack(resolved(true), WINDOW, same)).not.toHaveProperty("acknowledgement");
      expect(comeBack({ ...firing(true), ...resolved(true) }, 1, same, [], patient)).toMatchObject({
        state: { name: "pending" },
        acknowledgement: taken(true),
      });
    });

    it.each<[string, Partial<Alert>, boolean]>([
      ["another alert fired there meanwhile", {}, true],
      [
        "that one fired only later",
        { state: { name: "firing", activeAt: 0, firedAt: 3 * HOUR, lastSeenAt: 0 } },
        false,
      ],
      ["that one only waits", { state: { name: "pending", activeAt: 0, lastSeenAt: 0 } }, false],
      ["that one is of another container", { labels: { ...labels, alertname: "PodNotReady", container: "b" } }, false],
    ])("stays as long as the container was never well: %s", (_, changes, stays) => {
      const other: Alert = {
        ...firing(false),
        fingerprint: "other",
        labels: { ...ofContainer, alertname: "PodRestartingTooOften" },
        state: { name: "firing", activeAt: 0, firedAt: 0, lastSeenAt: 0 },
        ...changes,
      };
      const next = comeBack(resolved(true), 2 * HOUR, same, [other]);
      expect(next.acknowledgement).toEqual(stays ? taken(true) : undefined);
    });

    it("ends with it where no container flaps: another outage is to be heard of", () => {
      const before = { ...resolved(false), labels };
      expect(comeBack(before, MINUTE, found("a", { image: "app:1" }))).not.toHaveProperty("acknowledgement");
      const other: Alert = {
        ...firing(false),
        fingerprint: "other",
        labels: { ...labels, alertname: "PodNotReady" },
        state: { name: "firing", activeAt: 0, firedAt: 0, lastSeenAt: 0 },
      };
      expect(comeBack(before, MINUTE, found("a", { image: "app:1" }), [other]).acknowledgement).toEqual(taken(false));
    });

    it("ends when it comes back worse", () => {
      const worse = comeBack(resolved(true), MINUTE, foundIn({ image: "app:2" }));
      expect(worse).not.toHaveProperty("acknowledgement");
      expect(worse.formerAcknowledgement).toMatchObject({ by: "jdoe", reason: "it got worse: another image, app:2" });
      expect(comeBack(resolved(false), MINUTE, foundIn({ image: "app:2" })).acknowledgement).toEqual(taken(false));
    });
  });
});

describe("nothing new", () => {
  it("is not written: neither a firing alert seen once more, nor a resolved one", () => {
    const { alert } = live(atOnce, [["a", found("a")]]);
    const tracker = trackAlerts({ alert: () => alert, alerts: [alert!] }, 9 * MINUTE, WINDOW);
    tracker.report(found("a"), "a", atOnce);
    expect(tracker.close()).toEqual({ alerts: [], forgotten: [], transitions: [], reevaluateAt: undefined });
  });

  it("lists what a source has open, as it stands within the look", () => {
    const { alert } = live(atOnce, [["a", found("a")]]);
    const tracker = trackAlerts({ alert: () => alert, alerts: [alert!] }, 9 * MINUTE, WINDOW);
    expect(tracker.openOf("a")).toEqual([alert]);
    expect(tracker.openOf("b")).toEqual([]);
    tracker.clear(alert!, "a", atOnce, "It is over.");
    expect(tracker.openOf("a")).toEqual([]);
  });
});
