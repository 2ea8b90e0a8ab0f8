import { incidentKey, subjectOfKey } from "../core/incident/key.ts";
import { INCIDENT_SEVERITIES, type IncidentSeverity } from "../core/incident/views.ts";
import type { AlertLabels } from "../core/model/alert.ts";
import { compileScope, type SilenceScope } from "../core/notify/silence.ts";
import type { Remote } from "./remote.ts";

/** The fields of an alert in /api/v1 that are printed. */
export interface RemoteAlert {
  readonly fingerprint: string;
  readonly labels: AlertLabels;
  readonly severity: "critical" | "warning";
  readonly state: { readonly name: string; readonly firedAt?: string };
  readonly annotations: { readonly summary: string };
  readonly acknowledgement?: { readonly by: string };
}

/** An alert with what is done about it. */
export interface HandledAlert extends RemoteAlert {
  readonly silenced?: { readonly until: string; readonly reason: string; readonly by?: string };
  /** The receivers that were notified of its incident. */
  readonly notified: readonly string[];
  /** Why nobody was notified, if it is known. */
  readonly notNotified?: string;
}

interface RemoteSilence {
  readonly state: string;
  readonly scope: SilenceScope;
  readonly until: string;
  readonly reason: string;
  readonly by?: string;
}

interface RemoteIncident {
  readonly key: string;
  readonly handling: {
    readonly notified?: readonly { readonly receiver: string }[];
    readonly pendingUntil?: string;
    readonly nobody?: true;
    readonly silenced?: { readonly until: string; readonly reason: string; readonly by?: string };
  };
}

interface IncidentPage {
  readonly items: readonly RemoteIncident[];
  readonly namespaces: readonly { readonly namespace: string }[];
}

export interface AlertSelection {
  readonly namespaces: readonly string[];
  /** Undefined for all. */
  readonly state: "firing" | undefined;
}

const PAGE = 200;

/** The alerts, worst first, as on the page. Rejects if a namespace is not watched. */
export async function fetchHandledAlerts(
  remote: Remote,
  { namespaces, state }: AlertSelection,
): Promise<readonly HandledAlert[]> {
  const [first, { silences }, alerts] = await Promise.all([
    incidentPage(remote, 1),
    remote.get<{ silences: readonly RemoteSilence[] }>("silences"),
    fetchAlerts(remote, state, namespaces.length === 1 ? namespaces[0] : undefined),
  ]);
  requireWatched(
    namespaces,
    first.namespaces.map(({ namespace }) => namespace),
  );
  const incidents = new Map<string, RemoteIncident>();
  for (let page = first, number = 1; ; page = await incidentPage(remote, ++number)) {
    for (const incident of page.items) incidents.set(incident.key, incident);
    if (page.items.length < PAGE) break;
  }
  const active = silences
    .filter((silence) => silence.state === "active")
    .map((silence) => ({ silence, matches: compileScope(silence.scope) }));
  return alerts
    .filter(({ labels }) => namespaces.length === 0 || namespaces.includes(labels.namespace))
    .map((alert) => {
      const handling = incidents.get(incidentKey(alert.labels))?.handling;
      const labels = { ...alert.labels, severity: alert.severity };
      // A silence of several namespaces is known only from the incident, to callers who do not see all of them.
      const silenced = active.find(({ matches }) => matches(labels))?.silence ?? handling?.silenced;
      const notNotified = handling?.nobody
        ? "no receiver"
        : handling?.pendingUntil === undefined
          ? undefined
          : "pending";
      return {
        ...alert,
        ...(silenced && { silenced }),
        notified: handling?.notified?.map(({ receiver }) => receiver) ?? [],
        ...(notNotified === undefined ? {} : { notNotified }),
      };
    })
    .toSorted((a, b) => rankOf(a) - rankOf(b) || firedAt(b) - firedAt(a));
}

function incidentPage(remote: Remote, page: number): Promise<IncidentPage> {
  return remote.get<IncidentPage>("incidents", { view: "open", page: String(page), perPage: String(PAGE) });
}

function requireWatched(wanted: readonly string[], watched: readonly string[]): void {
  const missing = wanted.filter((namespace) => !watched.includes(namespace));
  if (missing.length === 0) return;
  const what = missing.length === 1 ? `namespace ${missing[0]} is` : `namespaces ${missing.join(", ")} are`;
  const others = watched.length === 0 ? "it watches none that you may see" : `use one of ${watched.join(", ")}`;
  throw new Error(`${what} not watched, or you may not see it: ${others}, or add it to \`namespaces\` of the server`);
}

/** All pages of the list. */
export async function fetchAlerts(
  remote: Remote,
  state: string | undefined,
  namespace: string | undefined,
): Promise<readonly RemoteAlert[]> {
  const alerts: RemoteAlert[] = [];
  let cursor: string | undefined;
  do {
    const page: { entries: readonly RemoteAlert[]; next?: string } = await remote.get("alerts", {
      state,
      namespace,
      cursor,
      limit: "500",
    });
    alerts.push(...page.entries);
    cursor = page.next;
  } while (cursor !== undefined);
  return alerts;
}

/** Unknown for alerts about a namespace or the API server: what happens there is not known. */
export function severityOf({ labels, severity }: Pick<RemoteAlert, "labels" | "severity">): IncidentSeverity {
  const { kind } = subjectOfKey(incidentKey(labels));
  return kind === "namespace" || kind === "cluster" ? "unknown" : severity;
}

function rankOf(alert: RemoteAlert): number {
  return INCIDENT_SEVERITIES.indexOf(severityOf(alert));
}

function firedAt({ state }: RemoteAlert): number {
  return state.firedAt === undefined ? 0 : Date.parse(state.firedAt);
}

export function nameOf({ labels }: Pick<RemoteAlert, "labels">): string {
  return [labels.namespace, labels.pod ?? labels.workload, labels.container]
    .filter((part) => part !== undefined)
    .join("/");
}
