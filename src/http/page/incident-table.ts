import { formatSpan } from "../../core/model/duration.ts";
import { type Instant, MINUTE } from "../../core/model/time.ts";
import { formatInstant } from "../../core/text/text.ts";
import { type Html, html } from "../base/html.ts";
import { rfc3339 } from "../base/time-text.ts";
import type { Incident, IncidentCounts } from "../schemas/incidents.ts";

/** The open incidents that a caller sees, the worst first, and the counts of all of them. */
export interface OpenIncidents {
  readonly items: readonly Incident[];
  readonly counts: IncidentCounts;
}

/** Such as `2 incidents need attention, 1 namespace is unknown`. */
export function headlineOf({ views }: IncidentCounts, unknown: number): string {
  const { attention, handled, open } = views;
  const parts = [
    attention > 0 ? `${attention} ${attention === 1 ? "incident needs" : "incidents need"} attention` : "",
    attention === 0 && handled > 0
      ? `Nothing needs attention; ${handled} ${handled === 1 ? "incident is" : "incidents are"} handled`
      : "",
    attention === 0 && handled === 0 && open > 0
      ? `${open} ${open === 1 ? "incident is" : "incidents are"} recovering`
      : "",
    unknown > 0 ? `${unknown} ${unknown === 1 ? "namespace is" : "namespaces are"} unknown` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "All normal" : parts.join(", ");
}

export function incidentTable({ items, counts }: OpenIncidents, now: Instant): Html {
  if (items.length === 0) return html``;
  const hidden = counts.views.open - items.length;
  return html`<table>
<thead><tr><th scope="col">Severity</th><th scope="col">Workload</th><th scope="col">Why</th><th scope="col">Now</th><th scope="col">Since</th><th scope="col">Handling</th></tr></thead>
<tbody>
${items.map((incident) => incidentLine(incident, now))}
</tbody>
</table>
${hidden > 0 ? html`<p>${hidden} more are not listed; see <a href="api/v1/incidents?view=open">the data</a>.</p>` : undefined}`;
}

/** Icons are paths, since not every font has the symbols. */
const LABELS: Readonly<Record<Incident["severity"], { readonly word: string; readonly shape: string }>> = {
  critical: { word: "Critical", shape: "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zM7 3h2v6H7zm0 8h2v2H7z" },
  unknown: {
    word: "Unknown",
    shape:
      "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zM7 11h2v2H7zm2-1H7c0-3 2-2.5 2-4a1 1 0 0 0-2 0H5a3 3 0 0 1 6 0c0 2-2 2-2 4z",
  },
  warning: { word: "Warning", shape: "M8 1 16 15H0zM7 6v5h2V6zm0 6v2h2v-2z" },
};

function incidentLine(incident: Incident, now: Instant): Html {
  const { severity, asOf, phase, namespace = "", workload, why, lastLine, since, pods, ready } = incident;
  const { word, shape } = LABELS[severity];
  const [kind, name] = workload?.split("/", 2) ?? ["Namespace", namespace];
  return html`<tr class="${severity}">
<td data-label="Severity"><span class="state"><svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path fill="currentColor" fill-rule="evenodd" d="${shape}"/></svg> ${word}</span>${asOf === undefined ? undefined : html`<br><small>as of ${formatInstant(asOf)}</small>`}</td>
<td data-label="Workload">${name}<br><small>${kind} · ${namespace}${pods.total === 0 ? "" : `, ${pods.failing} of ${pods.total} pods`}</small>${podLink(incident)}</td>
<td data-label="Why"><p>${why}</p>${lastLine === undefined ? undefined : html`<p><code>${lastLine.text}</code></p>`}</td>
<td data-label="Now">${phase === "recovering" ? "Recovering" : (incident.now?.word ?? "–")}${ready === undefined ? undefined : html`<br><small>${ready.ready} of ${ready.wanted} ready</small>`}</td>
<td data-label="Since"><time datetime="${rfc3339(since)}" title="${formatInstant(since)}">${now - since < MINUTE ? "just now" : `${formatSpan(now - since)} ago`}</time></td>
<td data-label="Handling">${handlingOf(incident).map((chip) => html`<span class="chip">${chip}</span> `)}</td>
</tr>
`;
}

/** The worst pod, with a link to its events. */
function podLink({ row }: Incident): Html | undefined {
  const [namespace, pod, container] = row?.split("/") ?? [];
  if (namespace === undefined || pod === undefined || container === undefined) return undefined;
  if (/^[A-Z]/.test(pod)) return undefined;
  const path = `${encodeURIComponent(namespace)}/${encodeURIComponent(pod)}`;
  return html`<br><a href="events/${path}">${pod}</a>`;
}

function handlingOf({ handling: { ack, silenced, notified = [], nobody } }: Incident): readonly string[] {
  return [
    ...(ack === undefined ? [] : [`acknowledged by ${ack.by}`]),
    ...(silenced === undefined
      ? []
      : [`silenced until ${formatInstant(silenced.until)}${silenced.by === undefined ? "" : ` by ${silenced.by}`}`]),
    ...(notified.length === 0 ? [] : [`notified ${notified.map(({ receiver }) => receiver).join(", ")}`]),
    ...(nobody === true ? ["no receiver is notified"] : []),
  ];
}
