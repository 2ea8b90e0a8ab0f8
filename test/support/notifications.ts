import type { Notification } from "../../src/ports.ts";
import { makeAlert } from "./batches.ts";

/** 2026-11-22 11:41:56 UTC. */
export const NOON = Date.UTC(2026, 10, 22, 11, 41, 56);

/** A message about one firing crash loop, but for what a test says of it. */
export function makeNotification(changes: Partial<Notification> = {}): Notification {
  return {
    id: "5f1d6c0e9b3a7d24-mia3gq00-f",
    receiver: "team",
    groupKey: "5f1d6c0e9b3a7d24",
    groupLabels: { alertname: "PodCrashLooping", namespace: "shop", workload: "Deployment/checkout" },
    status: "firing",
    alerts: [makeAlert({ firedAt: NOON })],
    truncatedAlerts: 0,
    reason: "first notification",
    createdAt: NOON + 30_000,
    since: NOON + 30_000,
    attempt: 1,
    ...changes,
  };
}
