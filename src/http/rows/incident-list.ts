import { stripOf } from "../../core/incident/lifecycle.ts";
import {
  countSeverities,
  groupOfIncident,
  incidentOrder,
  isInView,
  matcherOf,
  sharedFacts,
} from "../../core/incident/list.ts";
import { INCIDENT_VIEWS, type IncidentGroup, type IncidentSort, type IncidentView } from "../../core/incident/views.ts";
import type { Instant } from "../../core/model/time.ts";
import type { NamespaceHealth } from "../../ports/pods.ts";
import type { Caller } from "../base/caller.ts";
import type { IncidentCounts, IncidentList, Quiet, SharedCause, UnknownNamespaces } from "../schemas/incidents.ts";
import { namespaceView } from "./health-view.ts";
import type { IncidentFacts } from "./incident-facts.ts";
import type { IncidentIndex } from "./incident-index.ts";

export interface IncidentSelection {
  readonly view: IncidentView;
  readonly severity?: string;
  readonly ns?: string;
  readonly q?: string;
}

/**
 * The incidents of namespaces that the caller sees. Where the API server does not answer, its incident stands for the
 * namespaces that are not confirmed for that reason.
 */
export function visibleIncidents(incidents: readonly IncidentFacts[], caller: Caller): readonly IncidentFacts[] {
  const visible = incidents.filter(({ namespace }) => caller.sees(namespace));
  const isOutage = visible.some(({ kind, phase }) => kind === "cluster" && phase !== "resolved");
  if (!isOutage) return visible;
  return visible.filter(({ cause, phase }) => cause !== "WatchStale" || phase === "resolved");
}

export function countsOf(visible: readonly IncidentFacts[]): IncidentCounts {
  const views = { attention: 0, open: 0, handled: 0, recovered: 0 };
  for (const incident of visible) for (const view of INCIDENT_VIEWS) if (isInView(incident, view)) views[view] += 1;
  return { views, attention: countSeverities(visible.filter((one) => isInView(one, "attention"))) };
}

/** The incidents that a query selects, in their order, and the counts that depend on it. */
export async function selectIncidents(visible: readonly IncidentFacts[], selection: IncidentSelection, caller: Caller) {
  const { view, severity, ns, q = "" } = selection;
  const [severities, namespaces] = [severity, ns].map((given) => (given ?? "").split(",").filter(Boolean));
  const filter = { view, severities: severities ?? [], namespaces: namespaces ?? [], search: q };
  const inView = visible.filter((incident) => isInView(incident, view));
  const logsOf = q === "" ? new Set<string>() : await readableLogs(inView, caller);
  const found = inView.filter(matcherOf(filter, logsOf));
  const matching =
    filter.severities.length === 0 ? found : found.filter((one) => filter.severities.includes(one.severity));
  return { matching, hidden: inView.length - matching.length, severities: countSeverities(found) };
}

/** The namespaces whose logs the caller may read, of those where a log says something. */
async function readableLogs(incidents: readonly IncidentFacts[], caller: Caller): Promise<ReadonlySet<string>> {
  const logged = new Set(incidents.filter(({ terms }) => terms.log.length > 0).map(({ namespace }) => namespace));
  const may = await Promise.all([...logged].map((namespace) => caller.mayRead(namespace, "logs")));
  return new Set([...logged].filter((_, index) => may[index]));
}

/** Sorted; with `group`, by group in the order of the worst of each. */
export function sortIncidents(
  matching: readonly IncidentFacts[],
  sort: IncidentSort,
  group: IncidentGroup | undefined,
): { readonly sorted: readonly IncidentFacts[]; readonly groups?: NonNullable<IncidentList["groups"]> } {
  const sorted = matching.toSorted(incidentOrder(sort));
  if (group === undefined) return { sorted };
  const byGroup = Map.groupBy(sorted, (incident) => groupOfIncident(incident, group));
  return {
    sorted: [...byGroup.values()].flat(),
    groups: [...byGroup].map(([name, own]) => ({ name, ...countSeverities(own) })),
  };
}

export function namespacesOf(
  visible: readonly IncidentFacts[],
  watched: readonly string[],
): IncidentList["namespaces"] {
  const counts = new Map(watched.map((namespace) => [namespace, { namespace, attention: 0, open: 0 }]));
  for (const incident of visible) {
    const own = counts.get(incident.namespace);
    if (own === undefined) continue;
    if (isInView(incident, "attention")) own.attention += 1;
    if (isInView(incident, "open")) own.open += 1;
  }
  return [...counts.values()];
}

export function sharedCauses(visible: readonly IncidentFacts[], cli: string): readonly SharedCause[] {
  return sharedFacts(visible.filter((one) => isInView(one, "open"))).map((fact) => ({
    ...fact,
    q: fact.kind === "node" ? `node:${fact.value}` : fact.kind === "registry" ? `image:${fact.value}` : fact.value,
    ...(fact.kind === "node" ? { command: `${cli} describe node ${fact.value}` } : {}),
  }));
}

/** Namespaces that are not watched now, by cause; those that have only just started are not among them. */
export function unknownNamespaces(
  health: readonly NamespaceHealth[],
  startedAt: Instant,
): readonly UnknownNamespaces[] {
  const views = health
    .filter(({ syncedSince, problem, lastSyncedAt }) => {
      return syncedSince === undefined && (problem !== undefined || lastSyncedAt !== undefined);
    })
    .map((one) => ({ cause: causeOf(one), ...namespaceView(one, startedAt) }));
  const groups = Map.groupBy(views, ({ cause, remedy, message }) =>
    cause === "refused" ? cause : `${cause} ${remedy ?? message}`,
  );
  return [...groups.values()].map((own) => {
    const { cause, message = "Its pods have not been confirmed for some time." } = own[0]!;
    const remedies = [...new Set(own.map(({ remedy }) => remedy))].filter((remedy) => remedy !== undefined);
    return {
      cause,
      namespaces: own.map(({ namespace }) => namespace),
      since: Math.min(...own.map(({ staleSince }) => staleSince ?? startedAt)),
      message,
      ...(remedies.length === 0 ? {} : { remedy: remedies.join("\n") }),
      ...(remedies.length > 0 && remedies.every(isCommand) ? { remedyIsCommand: true } : {}),
    };
  });
}

function causeOf({ state, problem }: NamespaceHealth): UnknownNamespaces["cause"] {
  if (state === "forbidden") return "refused";
  if (state === "unauthenticated") return "unauthorized";
  if (state === "missing") return "missing";
  return problem === undefined ? "stale" : "unreachable";
}

function isCommand(remedy: string): boolean {
  return /^(?:oc|kubectl) /.test(remedy);
}

const MAX_STRIPS = 30;

/** The evidence that nothing is wrong when no incident is open, apart from the last incident itself. */
export function quietOf(
  visible: readonly IncidentFacts[],
  health: readonly NamespaceHealth[],
  index: Pick<IncidentIndex, "episodesOf">,
  now: Instant,
): Pick<Quiet, "strips" | "namespaces" | "lastGap"> {
  const byNamespace = Map.groupBy(visible, ({ namespace }) => namespace);
  const names = health.map(({ namespace }) => namespace);
  const troubled = names.filter((name) => byNamespace.has(name));
  const others = names.filter((name) => !byNamespace.has(name));
  const strips = [...troubled, ...others].slice(0, MAX_STRIPS).map((namespace) => {
    const keys = new Set((byNamespace.get(namespace) ?? []).map(({ key }) => key));
    return {
      namespace,
      strip: stripOf(
        [...keys].flatMap((key) => index.episodesOf(key)),
        now,
      ),
    };
  });
  const gaps = health.flatMap(({ namespace, gaps: own }) =>
    own.flatMap(({ from, to }) => (to === undefined ? [] : [{ namespace, from, to }])),
  );
  const lastGap = gaps.sort((a, b) => b.to - a.to)[0];
  return { strips, namespaces: names.length, ...(lastGap === undefined ? {} : { lastGap }) };
}
