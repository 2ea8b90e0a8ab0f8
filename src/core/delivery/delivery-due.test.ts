import { describe, expect, it } from "vitest";
import type { Alert, Alertname, AlertState, Severity } from "../model/alert.ts";
import { MINUTE } from "../model/time.ts";
import { alertStatus, deliveryId, isDue, predatesConsumer, type RestartPolicy } from "./delivery-due.ts";

const at = (minute: number) => minute * MINUTE;
const policy: RestartPolicy = { threshold: 3, timeframe: 60 * MINUTE };

const pending: AlertState = { name: "pending", activeAt: at(0), lastSeenAt: at(0) };
const firing: AlertState = { name: "firing", activeAt: at(0), firedAt: at(0), lastSeenAt: at(0) };
const resolved: AlertState = { name: "resolved", activeAt: at(0), firedAt: at(0), resolvedAt: at(5) };

function alert(state: AlertState, options: { name?: Alertname; episode?: number; restartsAt?: number[] } = {}): Alert {
  const name = options.name ?? "PodCrashLooping";
  const severity: Severity = name === "PodRestartingTooOften" ? "warning" : "critical";
  return {
    fingerprint: "00000000000000aa",
    episode: options.episode ?? 1,
    labels: { alertname: name, namespace: "shop", pod: "web-0", container: "app" },
    severity,
    state,
    sources: ["uid-1"],
    annotations: { summary: "", description: "" },
    subject: {
      container: {
        name: "app",
        type: "main",
        image: "app:1",
        restartCount: 0,
        restarts: (options.restartsAt ?? []).map((minute) => ({
          at: at(minute),
          reason: "Error",
          exitCode: 1,
          inferred: false,
        })),
        state: { name: "unknown" },
      },
    },
  };
}

describe("isDue", () => {
  it.each`
    story                                               | state       | episode | last                         | due
    ${"a pending alert"}                                | ${pending}  | ${1}    | ${undefined}                 | ${false}
    ${"a firing alert that was never delivered"}        | ${firing}   | ${1}    | ${undefined}                 | ${true}
    ${"an alert that resolved before the first pull"}   | ${resolved} | ${1}    | ${undefined}                 | ${true}
    ${"a delivered alert that keeps firing"}            | ${firing}   | ${1}    | ${{ episode: 1, at: at(1) }} | ${false}
    ${"a delivered alert that resolved"}                | ${resolved} | ${1}    | ${{ episode: 1, at: at(1) }} | ${false}
    ${"an alert that fires again after it resolved"}    | ${firing}   | ${2}    | ${{ episode: 1, at: at(1) }} | ${true}
    ${"an old episode, when a newer one was delivered"} | ${resolved} | ${1}    | ${{ episode: 2, at: at(1) }} | ${false}
  `("$story: $due", ({ state, episode, last, due }) => {
    expect(isDue(alert(state, { episode }), last, policy, at(10))).toBe(due);
  });

  it.each`
    restartsAt            | now   | due      | reason
    ${[11, 12]}           | ${13} | ${false} | ${"two restarts since the delivery are below the threshold of three"}
    ${[11, 12, 13]}       | ${13} | ${true}  | ${"three restarts since the delivery reach it again"}
    ${[8, 9, 10, 11, 12]} | ${13} | ${false} | ${"restarts before the delivery do not count"}
    ${[11, 12, 13]}       | ${72} | ${false} | ${"restarts that left the window no longer count"}
  `("a PodRestartingTooOften delivered at minute 10: $reason", ({ restartsAt, now, due }) => {
    const often = alert(firing, { name: "PodRestartingTooOften", restartsAt });
    expect(isDue(often, { episode: 1, at: at(10) }, policy, at(now))).toBe(due);
  });

  it("uses the time of observation of a restart, because its previous run may have ended before the delivery", () => {
    const often = alert(firing, { name: "PodRestartingTooOften", restartsAt: [9, 12, 13] });
    const facts = often.subject.container!;
    const late = facts.restarts.map((restart) => ({ ...restart, countedAt: restart.at + 2 * MINUTE }));
    const countedLate = { ...often, subject: { container: { ...facts, restarts: late } } };
    expect(isDue(countedLate, { episode: 1, at: at(10) }, policy, at(20))).toBe(true);
    expect(isDue(often, { episode: 1, at: at(10) }, policy, at(20))).toBe(false);
  });

  it("is false for a delivered alert that resolved, whatever its restarts", () => {
    const often = alert(resolved, { name: "PodRestartingTooOften", restartsAt: [11, 12, 13, 14] });
    expect(isDue(often, { episode: 1, at: at(10) }, policy, at(15))).toBe(false);
  });

  it("is false for a delivered alert without a container", () => {
    const { subject: _, ...rest } = alert(firing, { name: "PodRestartingTooOften" });
    expect(isDue({ ...rest, subject: {} }, { episode: 1, at: at(10) }, policy, at(15))).toBe(false);
  });
});

describe("predatesConsumer", () => {
  it("is true for an alert that resolved before the consumer was created", () => {
    expect(predatesConsumer(alert(resolved), at(6))).toBe(true);
    expect(predatesConsumer(alert(resolved), at(5))).toBe(false);
    expect(predatesConsumer(alert(firing), at(6))).toBe(false);
  });
});

describe("deliveryId", () => {
  it("contains the alert, its episode and the delivery number", () => {
    expect(deliveryId(alert(firing, { episode: 4 }), 2)).toBe("00000000000000aa.4.2");
  });
});

describe("alertStatus", () => {
  const restarting = alert(firing, { name: "PodRestartingTooOften" });
  const looping = alert(firing);
  const status = (alerts: Alert[], confirmedDeliveries: Alert[] = []) =>
    alertStatus(
      alerts,
      (one) => (confirmedDeliveries.includes(one) ? { episode: 1, at: at(1) } : undefined),
      () => policy,
      at(10),
    );

  it.each`
    alerts                               | confirmedDeliveries      | expected
    ${[]}                                | ${[]}                    | ${"None"}
    ${[alert(pending), alert(resolved)]} | ${[]}                    | ${"None"}
    ${[restarting]}                      | ${[]}                    | ${"Warning"}
    ${[restarting, looping]}             | ${[]}                    | ${"Failure"}
    ${[looping, restarting]}             | ${[]}                    | ${"Failure"}
    ${[looping, restarting]}             | ${[looping]}             | ${"Sent"}
    ${[looping, restarting]}             | ${[restarting]}          | ${"Failure"}
    ${[looping, restarting]}             | ${[looping, restarting]} | ${"Sent"}
  `("is $expected", ({ alerts, confirmedDeliveries, expected }) =>
    expect(status(alerts, confirmedDeliveries)).toBe(expected),
  );
});
