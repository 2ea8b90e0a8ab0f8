import { momentInWords } from "../core/text.ts";
import { type Duration, SECOND } from "../core/time.ts";
import type { AlertEvidence, Clock, EvidenceStore, KeptEvidence, KubernetesObject, Notification } from "../ports.ts";

export interface EnrichOptions {
  readonly clock: Clock;
  readonly evidence: Pick<EvidenceStore, "kept">;
}

/** The first alerts tell the story: more evidence than this nobody reads in one message. */
const ALERTS_WITH_EVIDENCE = 3;
const LOG_LINES = 15;
const EVENTS = 5;
/** A message is late for this at most by so much. */
const DEADLINE: Duration = 2 * SECOND;

/** Adds to a message what was found out about its first firing alerts when they fired. */
export function createEnricher({ clock, evidence }: EnrichOptions) {
  return async (notification: Notification): Promise<Notification> => {
    const firing = notification.alerts.filter((alert) => alert.state.name === "firing").slice(0, ALERTS_WITH_EVIDENCE);
    if (firing.length === 0) return notification;
    const late = Promise.withResolvers<undefined>();
    const timer = clock.after(DEADLINE, () => late.resolve(undefined));
    try {
      const found = firing.map(async (alert) => [alert.fingerprint, await evidence.kept(alert)] as const);
      const kept = await Promise.race([Promise.all(found), late.promise]);
      const entries = (kept ?? []).flatMap(([fingerprint, one]) =>
        one === undefined ? [] : [[fingerprint, toEvidence(one)] as const],
      );
      return entries.length === 0 ? notification : { ...notification, evidence: Object.fromEntries(entries) };
    } finally {
      timer.cancel();
    }
  };
}

function toEvidence({ log, events }: KeptEvidence): AlertEvidence {
  return {
    log: log?.available === true ? log.lines.slice(-LOG_LINES) : [],
    events: events.slice(0, EVENTS).map(eventInWords),
  };
}

/** `2026-11-22 11:41:56 UTC BackOff: Back-off restarting failed container`. */
export function eventInWords(event: KubernetesObject): string {
  const text = (name: string) => (typeof event[name] === "string" ? event[name] : "");
  const series = event.series as { lastObservedTime?: unknown } | undefined;
  const stamps = [event.lastTimestamp, series?.lastObservedTime, event.eventTime, event.firstTimestamp];
  const stamp = stamps.find((one) => typeof one === "string" && !Number.isNaN(Date.parse(one)));
  const when = typeof stamp === "string" ? `${momentInWords(Date.parse(stamp))} ` : "";
  return `${when}${text("reason")}: ${text("message").replace(/\s+/g, " ").trim()}`;
}
