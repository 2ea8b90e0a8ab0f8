import { expect, it } from "vitest";
import { anAlert } from "../../../test/support/alerts.ts";
import type { Alert, AlertLabels } from "../model/alert.ts";
import { notifiedCauses, representatives } from "./notified-causes.ts";

const pods = (count: number, labels: Partial<AlertLabels> = {}, changes: Partial<Alert> = {}) =>
  Array.from({ length: count }, (_, index) => anAlert({ ...changes, labels: { ...labels, pod: `pod-${index}` } }));

const resolved = { name: "resolved", activeAt: 0, firedAt: 0, resolvedAt: 1 } as const;

it("are one per incident and cause, firing ones first, then the worst and the largest", () => {
  const alerts = [
    ...pods(3, { workload: "Deployment/small" }),
    ...pods(1, {}, { state: resolved }),
    ...pods(9, { workload: "Deployment/web" }, { severity: "warning" }),
    ...pods(5),
    ...pods(2, { alertname: "PodRestartingTooOften" }),
  ];
  expect(notifiedCauses(alerts).map((cause) => [cause.id, cause.alerts.length, cause.consequences.length])).toEqual([
    ["firing shop/Deployment/checkout PodCrashLooping app", 5, 1],
    ["firing shop/Deployment/small PodCrashLooping app", 3, 0],
    ["firing shop/Deployment/web PodCrashLooping app", 9, 0],
    ["resolved shop/Deployment/checkout PodCrashLooping app", 1, 0],
  ]);
});

it("have an id without a container too", () => {
  const { container: _, ...labels } = anAlert().labels;
  expect(notifiedCauses([{ ...anAlert(), labels: { ...labels, alertname: "PodNotReady" } }])[0]).toMatchObject({
    id: "firing shop/Deployment/checkout PodNotReady",
    incident: "shop/Deployment/checkout",
    isResolved: false,
  });
});

it("are all represented where there is room, and consequences come last", () => {
  const alerts = [
    ...pods(200),
    ...pods(1, { workload: "Deployment/web" }),
    ...pods(1, { alertname: "PodRestartingTooOften" }),
  ];
  const names = (limit: number) =>
    representatives(alerts, limit).map(({ labels }) => `${labels.alertname} ${labels.workload} ${labels.pod}`);
  expect(names(3)).toEqual([
    "PodCrashLooping Deployment/checkout pod-0",
    "PodCrashLooping Deployment/web pod-0",
    "PodCrashLooping Deployment/checkout pod-1",
  ]);
  expect(names(1)).toHaveLength(1);
  const few = [...pods(2), ...pods(2, { alertname: "PodRestartingTooOften" })];
  expect(representatives(few, 3).map(({ labels }) => labels.alertname)).toEqual([
    "PodCrashLooping",
    "PodCrashLooping",
    "PodRestartingTooOften",
  ]);
  expect(representatives(few, 4)).toBe(few);
});
