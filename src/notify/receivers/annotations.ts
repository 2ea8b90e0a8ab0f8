import { describeRollout } from "../../core/incident/change.ts";
import { incidentKey } from "../../core/incident/key.ts";
import { lastLineOf } from "../../core/incident/last-line.ts";
import { notifiedCauses } from "../../core/incident/notified-causes.ts";
import { whyOf } from "../../core/incident/why.ts";
import type { Alert } from "../../core/model/alert.ts";
import type { AlertEvidence, Notification } from "../../ports/notifications.ts";
import { commandFor, linksOf } from "../links.ts";
import { evidenceOf, type MessageOptions } from "../message.ts";
import { lastLines } from "./shorten.ts";

const MAX_LOG = 2_000;
const MAX_EVENTS = 1_000;

/** The content of a message as annotations of one alert; those that do not apply are undefined. */
export function annotationsOf(
  alert: Alert,
  options: MessageOptions,
  notification: Pick<Notification, "evidence" | "incidents"> = {},
): Readonly<Record<string, string | undefined>> {
  const isFiring = alert.state.name === "firing";
  const incident = isFiring ? notification.incidents?.[incidentKey(alert.labels)] : undefined;
  const { log, events }: AlertEvidence = isFiring ? evidenceOf(alert, notification) : { log: [], events: [] };
  const since = Math.min(incident?.since ?? alert.state.activeAt, alert.state.activeAt);
  const links = linksOf(alert, options);
  const [cause] = notifiedCauses([alert]);
  const why = cause && whyOf(cause, { lastLine: lastLineOf(alert)?.text, failing: 1, total: 0 }).why;
  return {
    ...alert.annotations,
    why: isFiring ? why : `It was: ${why}`,
    failing_since: new Date(since).toISOString(),
    change: incident?.rollout && describeRollout(incident.rollout),
    last_log_lines: lastLines(log, MAX_LOG) || undefined,
    warning_events: lastLines(events.toReversed(), MAX_EVENTS) || undefined,
    command: commandFor(alert, options.cli),
    incident_url: links.open,
    acknowledge_url: links.acknowledge,
    silence_url: links.silence,
    console_url: links.console,
  };
}
