import type { Incident, IncidentList, IncidentQuery, State } from "../../../src/http/base/api-types.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

const ORDER = ["critical", "unknown", "warning"] as const;

function isIn(view: IncidentQuery["view"], { phase, handling }: Incident): boolean {
  switch (view) {
    case "open":
      return phase !== "resolved";
    case "handled":
      return phase !== "resolved" && (handling.ack !== undefined || handling.silenced !== undefined);
    case "recovered":
      return phase === "resolved";
    default:
      return handling.attention;
  }
}

function severitiesOf(incidents: readonly Incident[]) {
  const count = (severity: Incident["severity"]) => incidents.filter((each) => each.severity === severity).length;
  return { critical: count("critical"), unknown: count("unknown"), warning: count("warning") };
}

export function countsOf(incidents: readonly Incident[]): IncidentList["counts"] {
  const count = (view: IncidentQuery["view"]) => incidents.filter((each) => isIn(view, each)).length;
  return {
    views: {
      attention: count("attention"),
      open: count("open"),
      handled: count("handled"),
      recovered: count("recovered"),
    },
    attention: severitiesOf(incidents.filter((each) => isIn("attention", each))),
  };
}

/** The answer to a query of the list, as the address has it. */
export function exampleIncidentList(
  incidents: readonly Incident[],
  { health, version, ...state }: State,
  query: URLSearchParams,
  at: number,
): IncidentList {
  const words = (name: string, separator: RegExp) => (query.get(name) ?? "").split(separator).filter(Boolean);
  const view = (query.get("view") ?? "attention") as IncidentQuery["view"];
  const inView = incidents.filter((each) => isIn(view, each));
  const namespaces = words("ns", /,/);
  const found = inView
    .filter(({ namespace = "" }) => namespaces.length === 0 || namespaces.includes(namespace))
    .filter((each) =>
      words("q", /\s+/).every((word) =>
        `${each.key} ${each.why} ${each.cause} ${each.lastLine?.text} ${each.pods.nodes}`.toLowerCase().includes(word),
      ),
    );
  const severities = words("severity", /,/);
  const matching = found
    .filter(({ severity }) => severities.length === 0 || severities.includes(severity))
    .sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || b.since - a.since);
  const page = Number(query.get("page") ?? 1);
  const perPage = Number(query.get("perPage") ?? 40);
  const { windowMs, threshold, bucketMs, can, selector, consoleUrl, cli, confirmSilence } = state;
  return {
    generation: state.seq,
    serverNow: at,
    version,
    settings: {
      ...{ windowMs, threshold, bucketMs, can, selector, cli, confirmSilence },
      ...(consoleUrl === undefined ? {} : { consoleUrl }),
    },
    items: matching.slice((page - 1) * perPage, page * perPage),
    page,
    perPage,
    matching: matching.length,
    hidden: inView.length - matching.length,
    counts: countsOf(incidents),
    severities: severitiesOf(found),
    namespaces: health.namespaces.map(({ namespace }) => {
      const own = incidents.filter((each) => each.namespace === namespace);
      return {
        namespace,
        attention: own.filter((each) => isIn("attention", each)).length,
        open: own.filter((each) => isIn("open", each)).length,
      };
    }),
    shared: [],
    unknown: health.namespaces
      .filter(({ state: of }) => of === "forbidden")
      .map(({ namespace, staleSince = at, message = "", remedy }) => ({
        cause: "refused",
        namespaces: [namespace],
        since: staleSince,
        message,
        ...(remedy === undefined ? {} : { remedy, remedyIsCommand: true }),
      })),
    watched: {
      containers: state.rows.length,
      namespaces: health.namespaces.length,
      ...(health.namespaces.every(({ state: of }) => of === "live") ? { confirmedAt: at - 3 * SECOND } : {}),
      startedAt: at - 26 * HOUR,
      firstAt: at - 10 * 24 * HOUR,
    },
    receivers: health.receivers,
    problems: health.problems,
    ...(incidents.some((each) => each.phase !== "resolved") ? {} : { quiet: quietOf(incidents, health, at) }),
  };
}

function quietOf(
  incidents: readonly Incident[],
  health: State["health"],
  at: number,
): NonNullable<IncidentList["quiet"]> {
  const last = incidents[0];
  return {
    ...(last === undefined ? {} : { lastIncident: last }),
    strips: health.namespaces.map(({ namespace }) => ({ namespace, strip: ".".repeat(48) })),
    namespaces: health.namespaces.length,
    reached: [{ receiver: "on-call", at: at - 3 * HOUR }],
  };
}
