import type { Alertname } from "../model/alert.ts";
import type { Instant } from "../model/time.ts";
import {
  INCIDENT_SEVERITIES,
  type IncidentGroup,
  type IncidentSeverity,
  type IncidentSort,
  type IncidentView,
} from "./views.ts";

/** The members of an incident that the rules of the list use. */
export interface ListedIncident {
  readonly id: string;
  readonly namespace: string;
  /** `Kind/name`; absent for a namespace. */
  readonly workload?: string;
  readonly severity: IncidentSeverity;
  readonly phase: "open" | "recovering" | "resolved";
  readonly since: Instant;
  /** Every firing alert is acknowledged or silenced. */
  readonly isHandled: boolean;
  readonly restartCount: number;
  readonly cause: Alertname;
  readonly terms: SearchTerms;
}

/**
 * The texts that a search reads, by the key that narrows it; `text` and `log` have no key. `log` contains text from the
 * log. Not every caller who sees the incident may read the log, and a match would reveal what it says.
 */
export type SearchTerms = Readonly<Record<SearchKey | "text" | "log", readonly string[]>>;

const SEARCH_KEYS = ["ns", "owner", "node", "image", "alert", "reason", "exit", "by"] as const;
type SearchKey = (typeof SEARCH_KEYS)[number];

export interface IncidentFilter {
  readonly view: IncidentView;
  /** Empty lists match everything. */
  readonly severities: readonly string[];
  readonly namespaces: readonly string[];
  readonly search: string;
}

export function isInView({ phase, isHandled }: ListedIncident, view: IncidentView): boolean {
  switch (view) {
    case "attention":
      return phase === "open" && !isHandled;
    case "open":
      return phase !== "resolved";
    case "handled":
      return phase !== "resolved" && isHandled;
    case "recovered":
      return phase === "resolved";
  }
}

/** The filters apart from the view and the severity. Logs are searched in the namespaces in `logsOf`. */
export function matcherOf(
  { namespaces, search }: IncidentFilter,
  logsOf: ReadonlySet<string>,
): (incident: ListedIncident) => boolean {
  const wanted = new Set(namespaces);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean).map(wordOf);
  return ({ namespace, terms }) =>
    (wanted.size === 0 || wanted.has(namespace)) &&
    words.every(({ key, text }) =>
      key === undefined
        ? anyContains(logsOf.has(namespace) ? terms : { ...terms, log: [] }, text)
        : contains(terms[key], text),
    );
}

/** A word that does not start with a key, such as `orders-db:5432`, is text. */
function wordOf(word: string): { readonly key?: SearchKey; readonly text: string } {
  const key = SEARCH_KEYS.find((name) => word.startsWith(`${name}:`));
  return key === undefined ? { text: word } : { key, text: word.slice(key.length + 1) };
}

function anyContains(terms: SearchTerms, text: string): boolean {
  return Object.values(terms).some((values) => contains(values, text));
}

function contains(values: readonly string[], text: string): boolean {
  return values.some((value) => value.toLowerCase().includes(text));
}

type Compare = (a: ListedIncident, b: ListedIncident) => number;

/** The order of the list; recovering incidents come last in their severity. Names decide the rest: rows keep their place. */
export function incidentOrder(sort: IncidentSort): Compare {
  const compare = ORDERS[sort];
  return (a, b) => compare(a, b) || compareText(a.id, b.id);
}

const bySeverity: Compare = (a, b) =>
  INCIDENT_SEVERITIES.indexOf(a.severity) - INCIDENT_SEVERITIES.indexOf(b.severity) ||
  Number(a.phase === "recovering") - Number(b.phase === "recovering");
const newest: Compare = (a, b) => b.since - a.since;

const ORDERS: Readonly<Record<IncidentSort, Compare>> = {
  severity: (a, b) => bySeverity(a, b) || newest(a, b),
  newest,
  longest: (a, b) => newest(b, a),
  workload: (a, b) => compareText(nameOf(a), nameOf(b)),
  namespace: (a, b) => compareText(a.namespace, b.namespace) || bySeverity(a, b) || newest(a, b),
  restarts: (a, b) => b.restartCount - a.restartCount,
};

function nameOf({ workload, namespace }: ListedIncident): string {
  return workload?.slice(workload.indexOf("/") + 1) ?? namespace;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The group of an incident. One with pods on several nodes is in the group of the first. */
export function groupOfIncident({ namespace, cause, terms }: ListedIncident, by: IncidentGroup): string {
  switch (by) {
    case "namespace":
      return namespace;
    case "cause":
      return cause;
    case "node":
      return terms.node[0] ?? "no node";
    case "image":
      return terms.image[0] ?? "no image";
  }
}

export type SeverityCounts = Record<IncidentSeverity, number>;

export function countSeverities(incidents: readonly Pick<ListedIncident, "severity">[]): SeverityCounts {
  const counts: SeverityCounts = { critical: 0, unknown: 0, warning: 0 };
  for (const { severity } of incidents) counts[severity] += 1;
  return counts;
}

/** Facts about the failing pods of an incident that other incidents may share. */
export interface PodFacts {
  /** Of the failing pods, one entry for each that is known. */
  readonly nodes: readonly string[];
  readonly images: readonly string[];
  readonly failing: number;
  readonly lastLine: string | undefined;
}

export interface SharedFact {
  readonly kind: "node" | "registry" | "line";
  readonly value: string;
  readonly incidents: number;
}

const MIN_INCIDENTS = 3;
const MIN_SHARE = 0.8;

/** Facts that at least 3 incidents, and at least 80 % of all failing pods, share. */
export function sharedFacts(incidents: readonly PodFacts[]): readonly SharedFact[] {
  const failing = incidents.reduce((sum, incident) => sum + incident.failing, 0);
  const found: SharedFact[] = [];
  for (const kind of ["node", "registry", "line"] as const) {
    const byValue = new Map<string, { pods: number; incidents: number }>();
    for (const incident of incidents) {
      for (const [value, pods] of valuesOf(incident, kind)) {
        const known = byValue.get(value) ?? { pods: 0, incidents: 0 };
        byValue.set(value, { pods: known.pods + pods, incidents: known.incidents + 1 });
      }
    }
    for (const [value, { pods, incidents: count }] of byValue) {
      if (count >= MIN_INCIDENTS && pods >= MIN_SHARE * failing) found.push({ kind, value, incidents: count });
    }
  }
  return found;
}

/** The number of failing pods by node, registry or last line. */
function valuesOf(
  { nodes, images, failing, lastLine }: PodFacts,
  kind: SharedFact["kind"],
): ReadonlyMap<string, number> {
  if (kind === "line") return new Map(lastLine === undefined ? [] : [[lastLine, failing]]);
  const counts = new Map<string, number>();
  for (const value of kind === "node" ? nodes : images.map(registryOf)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** The part of a reference before the first slash is a registry if it has a dot, a colon or is localhost (reference.go). */
function registryOf(image: string): string {
  const first = image.split("/")[0]!;
  return image.includes("/") && /[.:]|^localhost$/.test(first) ? first : "docker.io";
}
