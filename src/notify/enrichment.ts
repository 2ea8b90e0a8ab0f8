/** Adds evidence to notifications before they are sent. */
import { notifiedCauses } from "../core/incident/notified-causes.ts";
import type { Alert } from "../core/model/alert.ts";
import { type Duration, SECOND } from "../core/model/time.ts";
import { maskSecrets } from "../core/text/mask.ts";
import type { Clock } from "../ports/clock.ts";
import type { EvidenceStore, KubernetesObject } from "../ports/evidence.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { AlertEvidence, Notification } from "../ports/notifications.ts";
import { sleep } from "../util/sleep.ts";
import type { IncidentContexts } from "./incident-contexts.ts";

export interface EnrichmentOptions {
  readonly clock: Clock;
  readonly state: Pick<LiveState, "alert">;
  readonly store: Pick<EvidenceStore, "get">;
  /** Resolves when the evidence of these alerts is collected and committed, or cannot be. */
  readonly collected: (alerts: readonly Alert[]) => Promise<void>;
  readonly incidents: IncidentContexts;
}

/** Evidence is read within a second, and while a group waits for further alerts. A node that is lost does not answer. */
const MAX_WAIT: Duration = 5 * SECOND;
const LOG_LINES = 5;
const EVENT_LINES = 5;
/** A message shows the evidence of one alert for each cause; the next ones are for those whose evidence is missing. */
const READ_PER_CAUSE = 3;
const MAX_READ = 30;

/**
 * A notification with the evidence of its alerts, described by it. It waits a few seconds for evidence that is being
 * collected; missing evidence neither delays nor changes it further.
 */
export function createEnrichment({ clock, state, store, collected, incidents }: EnrichmentOptions) {
  return async (notification: Notification, stopping: AbortSignal): Promise<Notification> => {
    const firing = notification.alerts.filter((alert) => alert.state.name === "firing");
    const done = new AbortController();
    const waited = sleep(clock, MAX_WAIT, AbortSignal.any([stopping, done.signal]));
    await Promise.race([collected(firing).catch(() => {}), waited]);
    done.abort();
    const evidence: Record<string, AlertEvidence> = {};
    for (const alert of examplesOf(firing)) {
      const stored = await store.get(alert).catch(() => undefined);
      if (stored === undefined) continue;
      evidence[alert.fingerprint] = {
        log: stored.log?.available === true ? stored.log.lines.slice(-LOG_LINES) : [],
        events: stored.events
          .filter(({ type }) => type === "Warning")
          .slice(0, EVENT_LINES)
          .map(eventLine),
      };
    }
    const alerts = notification.alerts.map((alert) => described(alert, state));
    return { ...notification, alerts, evidence, incidents: incidents(alerts) };
  };
}

/** With the texts and the key evidence of the committed alert if evidence was added to it meanwhile; its state is the one to notify of. */
function described(alert: Alert, { alert: find }: Pick<LiveState, "alert">): Alert {
  const current = find(alert.fingerprint);
  if (current?.episode !== alert.episode || current.evidence === undefined || alert.evidence !== undefined)
    return alert;
  return { ...alert, annotations: current.annotations, evidence: current.evidence };
}

function examplesOf(alerts: readonly Alert[]): readonly Alert[] {
  return notifiedCauses(alerts)
    .flatMap((cause) => cause.alerts.slice(0, READ_PER_CAUSE))
    .slice(0, MAX_READ);
}

function eventLine(event: KubernetesObject): string {
  const count = typeof event.count === "number" && event.count > 1 ? ` (${event.count} times)` : "";
  return `${String(event.reason ?? "")}: ${maskSecrets(String(event.message ?? ""))}${count}`;
}
