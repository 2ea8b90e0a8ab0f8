import { describe, expect, it } from "vitest";
import type { Acknowledgement, Alert, AlertAnnotations, Finding } from "../model/alert.ts";
import type { AlertPolicy } from "../model/alert-state.ts";
import { fingerprint } from "../model/fingerprint.ts";
import { HOUR, MINUTE } from "../model/time.ts";
import { trackAlerts } from "./alert-tracker.ts";

const labels = { alertname: "PodFailed", namespace: "batch", workload: "Job/import" } as const;
const ID = fingerprint(labels);
const immediate: AlertPolicy = { for: 0, keepFiringFor: 0 };
const WINDOW = HOUR;
const delayed: AlertPolicy = { for: 5 * MINUTE, keepFiringFor: 3 * MINUTE };

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

/** Evaluates one finding per minute; `undefined` means that the source reports none. */
function track(policy: AlertPolicy, reports: readonly (readonly [string, Finding | undefined])[], start?: Alert) {
  let alert = start;
  const log: string[] = [];
  const forgotten: Alert[] = [];
  let reevaluateAt: number | undefined;
  reports.forEach(([source, finding], minute) => {
    const now = (minute + 1) * MINUTE;
    const isOpen = alert !== undefined && alert.state.name !== "resolved" && alert.sources.includes(source);
    const tracker = trackAlerts({ alert: () => alert, alerts: isOpen ? [alert!] : [] }, now, WINDOW);
    if (finding !== undefined) tracker.report(finding, source, policy);
    else if (isOpen) tracker.clear(alert!, source, policy, "It cleared.");
    const changes = tracker.close();
    if (changes.forgotten.length > 0) alert = undefined;
    alert = changes.alerts[0] ?? alert;
    forgotten.push(...changes.forgotten);
    log.push(...changes.transitions.map(({ from, to }) => `${from} → ${to}`));
    reevaluateAt = changes.reevaluateAt;
  });
  return { alert, log, forgotten, reevaluateAt };
}

describe("an alert shared by several pods", () => {
  it("stays active while one of them reports the finding", () => {
    const { alert, log } = track(immediate, [
      ["a", found("a")],
      ["b", found("b")],
      ["a", undefined],
    ]);
    expect(alert).toMatchObject({ fingerprint: ID, state: { name: "firing" }, sources: ["b"] });
    expect(log).toEqual(["inactive → firing"]);
  });

  it("resolves when the last one clears", () => {
    const { alert, log } = track(immediate, [
      ["a", found("a")],
      ["b", found("b")],
      ["a", undefined],
      ["b", undefined],
    ]);
    expect(alert).toMatchObject({ state: { name: "resolved" }, sources: [] });
    expect(log).toEqual(["inactive → firing", "firing → resolved"]);
  });

  it("has the annotations of the pod that started last", () => {
    const older = found("a", { startedAt: 1, annotations: { summary: "older" } });
    const newer = found("b", { startedAt: 2, annotations: { summary: "newer" } });
    const summary = (...reports: [string, Finding][]) =>
      track(immediate, reports).alert!.annotations.summary.split(", since ")[0];
    expect(summary(["a", older], ["b", newer])).toBe("newer");
    expect(summary(["b", newer], ["a", older])).toBe("newer");
    expect(
      summary(
        ["a", found("a", { annotations: { summary: "first" } })],
        ["b", found("b", { annotations: { summary: "second" } })],
      ),
    ).toBe("second");
  });
});

describe("keep_firing_for", () => {
  it("sets endsAt, keeps the source until then, and continues if the finding returns", () => {
    const reports: [string, Finding | undefined][] = Array.from({ length: 6 }, () => ["a", found("a")]);
    const cleared = track(delayed, [...reports, ["a", undefined]]);
    expect(cleared.alert).toMatchObject({ state: { name: "firing", endsAt: 10 * MINUTE }, sources: ["a"] });
    expect(cleared.reevaluateAt).toBe(10 * MINUTE);
    const returned = track(delayed, [...reports, ["a", undefined], ["a", found("a")]]);
    expect(returned.alert!.state).not.toHaveProperty("endsAt");
    const ended = track(delayed, [...reports, ["a", undefined], ["a", undefined], ["a", undefined], ["a", undefined]]);
    expect(ended.alert).toMatchObject({ state: { name: "resolved", resolvedAt: 10 * MINUTE }, sources: [] });
  });

  it("replaces the cleared source by one that reports again", () => {
    const reports: [string, Finding | undefined][] = Array.from({ length: 6 }, () => ["a", found("a")]);
    const { alert, log } = track(delayed, [...reports, ["a", undefined], ["b", found("b")]]);
    expect(alert).toMatchObject({ state: { name: "firing" }, sources: ["b"] });
    expect(log).toEqual(["inactive → pending", "pending → firing"]);
  });
});

describe("a pending alert", () => {
  it("becomes inactive and leaves only its transition", () => {
    const { alert, log, forgotten } = track(delayed, [
      ["a", found("a")],
      ["a", undefined],
    ]);
    expect(alert).toBeUndefined();
    expect(log).toEqual(["inactive → pending", "pending → inactive"]);
    expect(forgotten).toMatchObject([{ fingerprint: ID, episode: 1 }]);
  });

  it("is replaced by the previous resolved episode, so that episodes are numbered consecutively", () => {
    const resolved = track(immediate, [
      ["a", found("a")],
      ["a", undefined],
    ]).alert!;
    const pending = track(delayed, [["a", found("a")]], resolved).alert!;
    expect(pending).toMatchObject({ episode: 2, state: { name: "pending" }, previous: resolved });
    const inactive = track(delayed, [["a", undefined]], pending);
    expect(inactive.alert).toEqual(resolved);
    expect(inactive.forgotten).toMatchObject([{ episode: 2 }]);
    const still = track(delayed, [["a", found("a", { annotations: { summary: "more" } })]], pending).alert!;
    expect(still).toMatchObject({ episode: 2, previous: resolved });
    const reports: [string, Finding][] = Array.from({ length: 7 }, () => ["a", found("a")]);
    const fired = track(delayed, reports, resolved).alert!;
    expect(fired).toMatchObject({ episode: 2, state: { name: "firing" } });
    expect(fired).not.toHaveProperty("previous");
  });

  it("leaves no transitions when it starts and clears within one evaluation", () => {
    const tracker = trackAlerts({ alert: () => undefined, alerts: [] }, MINUTE, WINDOW);
    tracker.report(found("a"), "a", delayed);
    for (const alert of tracker.openOf("a")) tracker.clear(alert, "a", delayed, "The pod was deleted.");
    expect(tracker.close()).toMatchObject({ alerts: [], forgotten: [], transitions: [] });
  });
});

describe("an acknowledgement", () => {
  const acknowledgement = (notifyOnWorsening: boolean): Acknowledgement => ({
    by: "jdoe",
    at: 0,
    note: "",
    notifyOnWorsening,
  });
  const firing = (notifyOnWorsening: boolean): Alert => ({
    ...track(immediate, [["a", found("a", { image: "app:1" })]]).alert!,
    acknowledgement: acknowledgement(notifyOnWorsening),
  });
  const afterReport = (notifyOnWorsening: boolean, source: string, finding: Finding) =>
    track(immediate, [[source, finding]], firing(notifyOnWorsening)).alert!.acknowledgement;

  it.each<[string, string, Finding, boolean]>([
    ["more restarts", "a", found("a", { image: "app:1", annotations: { summary: "worse text" } }), true],
    ["another cause", "a", found("a", { image: "app:1", annotations: { cause: "OOMKilled" } }), false],
    ["another image", "a", found("a", { image: "app:2" }), false],
    ["another attempt of a Job", "b", found("b", { image: "app:1" }), true],
  ])("lasts until the alert gets worse: %s", (_, source, finding, stays) => {
    expect(afterReport(true, source, finding)).toEqual(stays ? acknowledgement(true) : undefined);
    expect(afterReport(false, source, finding)).toEqual(acknowledgement(false));
  });

  it("records when and why it ended", () => {
    const worse = track(immediate, [["a", found("a", { image: "app:2" })]], firing(true)).alert!;
    expect(worse.formerAcknowledgement).toEqual({
      ...acknowledgement(true),
      endedAt: MINUTE,
      reason: "the alert got worse: different image, app:2",
    });
    const other = track(immediate, [["a", found("a", { annotations: { cause: "OOMKilled" } })]], firing(true)).alert!;
    expect(other.formerAcknowledgement!.reason).toBe("the alert got worse: different cause, OOMKilled");
    const unknown = track(immediate, [["a", found("a", { annotations: { cause: undefined } })]], firing(true)).alert!;
    expect(unknown.formerAcknowledgement!.reason).toBe("the alert got worse: different cause");
    const none = track(immediate, [["a", found("a")]], firing(true)).alert!;
    expect(none.formerAcknowledgement!.reason).toBe("the alert got worse: different image");
    const again = track(immediate, [["a", found("a", { image: "app:2" })]], worse).alert!;
    expect(again.formerAcknowledgement).toEqual(worse.formerAcknowledgement);
  });

  describe("when the alert has resolved", () => {
    const ofContainer = { ...labels, container: "app" };
    const resolved = (notifyOnWorsening: boolean): Alert => ({
      ...track(immediate, [["a", undefined]], firing(notifyOnWorsening)).alert!,
      labels: ofContainer,
    });
    const foundIn = (changes: Parameters<typeof found>[1]) => ({ ...found("a", changes), labels: ofContainer });
    const same = foundIn({ image: "app:1" });
    /** The next episode, which starts `healthyFor` after the alert resolved. */
    const nextEpisode = (
      before: Alert,
      healthyFor: number,
      finding: Finding,
      others: readonly Alert[] = [],
      policy = immediate,
    ) => {
      const resolvedAt = before.state.name === "resolved" ? before.state.resolvedAt : 0;
      const tracker = trackAlerts({ alert: () => before, alerts: others }, resolvedAt + healthyFor, WINDOW);
      tracker.report(finding, "a", policy);
      return tracker.close().alerts[0]!;
    };

    it("stays for an episode that starts before a full healthy window", () => {
      expect(resolved(false).acknowledgement).toEqual(acknowledgement(false));
      expect(nextEpisode(resolved(true), WINDOW - 1, same)).toMatchObject({
        episode: 2,
        acknowledgement: acknowledgement(true),
      });
      expect(nextEpisode(resolved(true), WINDOW, same)).not.toHaveProperty("acknowledgement");
      expect(nextEpisode({ ...firing(true), ...resolved(true) }, 1, same, [], delayed)).toMatchObject({
        state: { name: "pending" },
        acknowledgement: acknowledgement(true),
      });
    });

    it.each<[string, Partial<Alert>, boolean]>([
      ["another alert of the container kept firing", {}, true],
      [
        "the other alert fired later",
        { state: { name: "firing", activeAt: 0, firedAt: 3 * HOUR, lastSeenAt: 0 } },
        false,
      ],
      ["the other alert is only pending", { state: { name: "pending", activeAt: 0, lastSeenAt: 0 } }, false],
      [
        "the other alert is for another container",
        { labels: { ...labels, alertname: "PodNotReady", container: "b" } },
        false,
      ],
    ])("stays if the container was never healthy: %s", (_, changes, stays) => {
      const other: Alert = {
        ...firing(false),
        fingerprint: "other",
        labels: { ...ofContainer, alertname: "PodRestartingTooOften" },
        state: { name: "firing", activeAt: 0, firedAt: 0, lastSeenAt: 0 },
        ...changes,
      };
      const next = nextEpisode(resolved(true), 2 * HOUR, same, [other]);
      expect(next.acknowledgement).toEqual(stays ? acknowledgement(true) : undefined);
    });

    it("ends when an alert without a container resolves, because those do not flap", () => {
      const before = { ...resolved(false), labels };
      expect(nextEpisode(before, MINUTE, found("a", { image: "app:1" }))).not.toHaveProperty("acknowledgement");
      const other: Alert = {
        ...firing(false),
        fingerprint: "other",
        labels: { ...labels, alertname: "PodNotReady" },
        state: { name: "firing", activeAt: 0, firedAt: 0, lastSeenAt: 0 },
      };
      expect(nextEpisode(before, MINUTE, found("a", { image: "app:1" }), [other]).acknowledgement).toEqual(
        acknowledgement(false),
      );
    });

    it("ends when the alert returns worse", () => {
      const worse = nextEpisode(resolved(true), MINUTE, foundIn({ image: "app:2" }));
      expect(worse).not.toHaveProperty("acknowledgement");
      expect(worse.formerAcknowledgement).toMatchObject({
        by: "jdoe",
        reason: "the alert got worse: different image, app:2",
      });
      expect(nextEpisode(resolved(false), MINUTE, foundIn({ image: "app:2" })).acknowledgement).toEqual(
        acknowledgement(false),
      );
    });
  });
});

describe("the tracker", () => {
  it("writes nothing when a firing alert is reported again unchanged", () => {
    const { alert } = track(immediate, [["a", found("a")]]);
    const tracker = trackAlerts({ alert: () => alert, alerts: [alert!] }, 9 * MINUTE, WINDOW);
    tracker.report(found("a"), "a", immediate);
    expect(tracker.close()).toEqual({ alerts: [], forgotten: [], transitions: [], reevaluateAt: undefined });
  });

  it("lists the open alerts of a source including changes", () => {
    const { alert } = track(immediate, [["a", found("a")]]);
    const tracker = trackAlerts({ alert: () => alert, alerts: [alert!] }, 9 * MINUTE, WINDOW);
    expect(tracker.openOf("a")).toEqual([alert]);
    expect(tracker.openOf("b")).toEqual([]);
    tracker.clear(alert!, "a", immediate, "It cleared.");
    expect(tracker.openOf("a")).toEqual([]);
  });
});
