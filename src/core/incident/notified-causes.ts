import type { Alert } from "../model/alert.ts";
import { type Cause, causesOf } from "./causes.ts";
import { incidentKey } from "./key.ts";

/** A cause behind the alerts of one notification, which may be about several incidents. */
export interface NotifiedCause extends Cause {
  /** Unique within a notification, and the same for later notifications. */
  readonly id: string;
  /** The key of its incident. */
  readonly incident: string;
  readonly isResolved: boolean;
}

/** The causes that fire before those that are resolved; then critical ones first, and those of most alerts. */
export function notifiedCauses(alerts: readonly Alert[]): readonly NotifiedCause[] {
  const groups = Map.groupBy(
    alerts,
    ({ labels, state }) => `${state.name === "resolved" ? "resolved" : "firing"} ${incidentKey(labels)}`,
  );
  return [...groups]
    .flatMap(([group, own]) =>
      causesOf(own).map((cause) => ({
        ...cause,
        id: `${group} ${cause.alertname} ${cause.container ?? ""}`.trimEnd(),
        incident: incidentKey(own[0]!.labels),
        isResolved: own[0]!.state.name === "resolved",
      })),
    )
    .sort(
      (a, b) =>
        Number(a.isResolved) - Number(b.isResolved) ||
        Number(b.severity === "critical") - Number(a.severity === "critical") ||
        b.alerts.length - a.alerts.length,
    );
}

/** At most `limit` alerts: of each cause in turn, then those that follow from a cause. */
export function representatives(alerts: readonly Alert[], limit: number): readonly Alert[] {
  if (alerts.length <= limit) return alerts;
  const causes = notifiedCauses(alerts);
  const chosen = new Set<Alert>();
  for (let index = 0; chosen.size < limit && causes.some((cause) => index < cause.alerts.length); index++) {
    for (const cause of causes)
      if (index < cause.alerts.length && chosen.size < limit) chosen.add(cause.alerts[index]!);
  }
  for (const alert of alerts) if (chosen.size < limit) chosen.add(alert);
  return [...chosen];
}
