import { describe, expect, it } from "vitest";
import { anAlert } from "../../../test/support/alerts.ts";
import type { Alert, Transition } from "../../core/model/alert.ts";
import { createRowAlerts } from "./row-alerts.ts";

const GROUP = "shop/checkout-0";

function known(...alerts: Alert[]) {
  const live = new Map(alerts.map((alert) => [alert.fingerprint, alert]));
  const rowAlerts = createRowAlerts({ alert: (fingerprint) => live.get(fingerprint) });
  for (const alert of alerts) rowAlerts.note(alert);
  const intervals = () =>
    rowAlerts.intervals(GROUP, () => undefined).map(({ firedAt, resolvedAt }) => [firedAt, resolvedAt]);
  return { live, rowAlerts, intervals };
}

const firing = (episode: number, firedAt: number) =>
  anAlert({ episode, state: { name: "firing", activeAt: firedAt, firedAt, lastSeenAt: firedAt } });
const resolved = (episode: number, firedAt: number, resolvedAt: number) =>
  anAlert({ episode, state: { name: "resolved", activeAt: firedAt, firedAt, resolvedAt } });
const logged = (to: Transition["to"], episode: number, at: number): Transition => {
  const { fingerprint, labels } = anAlert();
  return { at, fingerprint, episode, labels, from: "inactive", to, reason: "" };
};

describe("the alerts of a group of rows", () => {
  it("has the episodes before the newest, as they were seen and as they are logged", () => {
    const { rowAlerts, intervals } = known(resolved(3, 50, 60));
    rowAlerts.note(firing(4, 70));
    rowAlerts.note(anAlert({ episode: 5, state: { name: "pending", activeAt: 80, lastSeenAt: 80 } }));
    rowAlerts.recall([
      logged("resolved", 2, 40),
      logged("firing", 2, 30),
      logged("pending", 2, 29),
      logged("resolved", 1, 20),
    ]);
    expect(intervals().sort(([a], [b]) => a! - b!)).toEqual([
      [0, 20],
      [30, 40],
      [50, 60],
      [70, undefined],
    ]);
  });

  it("forgets resolved episodes, and alerts that no longer exist", () => {
    const { live, rowAlerts, intervals } = known(firing(2, 70));
    rowAlerts.recall([logged("resolved", 1, 20)]);
    rowAlerts.forget(19);
    expect(intervals()).toHaveLength(2);
    rowAlerts.forget(20);
    expect(intervals()).toEqual([[70, undefined]]);
    live.clear();
    rowAlerts.forget(20);
    expect(rowAlerts.size).toBe(0);
    expect([...rowAlerts.groups()]).toEqual([]);
  });

  it("ignores the episodes of an unknown alert", () => {
    const { rowAlerts } = known();
    rowAlerts.recall([logged("firing", 1, 20)]);
    expect(rowAlerts.size).toBe(0);
  });
});
