import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { formatSpan } from "../../core/model/duration.ts";
import type { RowState } from "../../core/model/row-state.ts";
import { type Instant, MINUTE } from "../../core/model/time.ts";
import { formatInstant } from "../../core/text/text.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ConfigView } from "../../ports/settings.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { type Html, html } from "../base/html.ts";
import { HttpProblem } from "../base/problem.ts";
import { sharedAnswer } from "../base/shared-answers.ts";
import { rfc3339 } from "../base/time-text.ts";
import type { Row } from "../schemas/state.ts";
import { configPage, maskedConfig } from "./config-page.ts";
import type { NamespaceOverview, Overview, OverviewFor } from "./overview.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { visibleConfig } from "./visible-config.ts";

export interface PageDeps {
  readonly overviewFor: OverviewFor;
  readonly configView: () => ConfigView;
  readonly clock: Clock;
  readonly version: string;
  readonly pageRefreshSeconds: number;
  /** index.html of the built page; undefined when it is not built: then `/` is the page without JavaScript. */
  readonly index: string | undefined;
  readonly callerIfAny: (request: FastifyRequest) => Promise<Caller | undefined>;
  /** Registers a handler for unknown addresses. */
  readonly onUnknownPage: (answer: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined) => void;
  /** The restart rule without overrides. */
  readonly rule: () => { readonly threshold: number; readonly timeframe: number };
}

/** Addresses of the screens of the built page. */
const SCREENS = ["/silences", "/activity", "/configuration"];

/** Rows that are listed; further ones are only counted. */
const MAX_ROWS = 500;

/** The page without JavaScript: failures with start and reason, and namespaces in an unknown state. */
export function pageRoutes(deps: PageDeps) {
  const { overviewFor, configView, clock, index } = deps;
  const style = sharedAnswer(PAGE_STYLE);
  return function page(app: FastifyInstance): void {
    app.get("/plain", { schema: { hide: true } }, async (request, reply) => {
      const refresh = (request.query as { readonly refresh?: unknown }).refresh !== "off";
      return sendPage(reply, statusPage(await overviewFor(callerOf(request)), refresh));
    });
    app.get("/page.css", { schema: { hide: true } }, (_request, reply) =>
      reply.type("text/css; charset=utf-8").header("cache-control", "public, max-age=3600").send(style),
    );
    app.get("/config", { schema: { hide: true } }, (request, reply) => {
      reply.header("vary", "accept");
      const visible = visibleConfig(configView(), callerOf(request));
      const accepts = request.headers.accept ?? "";
      if (/application\/json/.test(accepts) && !/text\/html/.test(accepts)) {
        return reply.header("cache-control", "no-store").send(maskedConfig(visible));
      }
      return sendPage(reply, layout("Configuration", configPage(visible)));
    });

    for (const path of index === undefined ? ["/"] : ["/", ...SCREENS]) {
      app.get(path, { schema: { hide: true } }, async (request, reply) => {
        const caller = await deps.callerIfAny(request).catch(nobody);
        if (index === undefined)
          return caller === undefined ? sendSignIn(reply) : sendPage(reply, await plainPage(caller));
        return sendIndex(reply, index, caller);
      });
    }
    if (index !== undefined) deps.onUnknownPage((request, reply) => sendUnknown(request, reply, index));
  };

  async function plainPage(caller: Caller): Promise<Html> {
    return statusPage(await overviewFor(caller), true);
  }

  /** The built page, with the list of problems in its `<noscript>`. */
  async function sendIndex(reply: FastifyReply, built: string, caller: Caller | undefined): Promise<FastifyReply> {
    const content =
      caller === undefined
        ? html`<p>Without JavaScript, send a token: <code>Authorization: Bearer …</code>.</p>`
        : problemsPage(await overviewFor(caller));
    const problems = html`<link rel="stylesheet" href="page.css"><h1>Pod Watcher</h1>${content}`;
    // A function, because `$` has a meaning in a replacement string.
    return sendPage(reply, { html: built.replace("<!--problems-->", () => problems.html) });
  }

  /** A browser gets the page, which shows that the address is unknown; other clients get problem details. */
  function sendUnknown(request: FastifyRequest, reply: FastifyReply, built: string): FastifyReply | undefined {
    const isPage = /^\/[^/]*$/.test(request.url.split("?")[0]!) && /text\/html/.test(request.headers.accept ?? "");
    if (!isPage || (request.method !== "GET" && request.method !== "HEAD")) return undefined;
    return sendPage(reply.code(404), { html: built });
  }

  function sendSignIn(reply: FastifyReply): FastifyReply {
    const hint = html`<p>Send a valid token: <code>Authorization: Bearer …</code>.</p>`;
    reply.code(401).header("www-authenticate", 'Bearer realm="pod-watcher"');
    return sendPage(reply, layout("Not signed in", hint));
  }

  function statusPage(overview: Overview, refresh: boolean): Html {
    const isRefreshed = refresh && deps.pageRefreshSeconds > 0;
    const head = isRefreshed ? html`<meta http-equiv="refresh" content="${deps.pageRefreshSeconds}">` : undefined;
    const note = isRefreshed
      ? html`, refreshed every ${formatSpan(deps.pageRefreshSeconds * 1_000)} (<a href="plain?refresh=off">stop</a>)`
      : undefined;
    return layout(titleOf(overview), problemsPage(overview, note), head);
  }

  function layout(title: string, content: Html, head?: Html): Html {
    return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Pod Watcher</title>
<link rel="stylesheet" href="page.css">
${head}
</head>
<body>
<header><a href="." class="brand">Pod Watcher</a><nav aria-label="Pages"><a href="plain">Status</a> <a href="config">Configuration</a> <a href="api/docs">API</a></nav></header>
<main>
<h1>${title}</h1>
${content}
</main>
<footer>Pod Watcher ${deps.version}</footer>
</body>
</html>
`;
  }

  /** The alert rule, the time, and the problems. */
  function problemsPage(overview: Overview, note?: Html): Html {
    const { threshold, timeframe } = deps.rule();
    return html`<p>${counted(overview.pods, "pod")} in ${counted(overview.namespaces.length, "namespace")}. Alert rule: ${threshold} restarts in ${formatSpan(timeframe)}. As of <time datetime="${rfc3339(clock.now())}">${formatInstant(clock.now())}</time>${note}.</p>
${problemsOf(overview, threshold)}`;
  }

  function problemsOf({ namespaces }: Overview, threshold: number): Html {
    if (namespaces.length === 0) {
      return html`<p>No namespace is watched yet. See the <a href="config">configuration</a>.</p>`;
    }
    let left = MAX_ROWS;
    return html`${namespaces.map((namespace) => {
      const shown = namespace.problems.slice(0, left);
      left -= shown.length;
      return namespaceSection(namespace, shown, { now: clock.now(), threshold });
    })}`;
  }
}

function titleOf({ failures, warnings, sent, unknown }: Overview): string {
  const parts = [
    failures > 0 ? `${failures} failing` : "",
    warnings > 0 ? `${warnings} ${warnings === 1 ? "warning" : "warnings"}` : "",
    sent > 0 ? `${sent} reported` : "",
    unknown > 0 ? `${unknown} unknown` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "All normal" : parts.join(", ");
}

/** Context of a line. */
interface LineContext {
  readonly now: Instant;
  /** For rows without a threshold of their own. */
  readonly threshold: number;
}

function namespaceSection({ health, problems }: NamespaceOverview, shown: readonly Row[], around: LineContext): Html {
  const { namespace } = health;
  const hidden = problems.length - shown.length;
  return html`<section aria-labelledby="ns-${namespace}">
<h2 id="ns-${namespace}">${namespace} <small>${counted(health.pods, "pod")}, ${problems.length === 0 ? "no known problems" : `${problems.length} with problems`}</small></h2>
${health.syncedSince === undefined ? unknownBanner(health, around.now) : undefined}
${
  shown.length === 0
    ? undefined
    : html`<table>
<thead><tr><th scope="col">State</th><th scope="col">Subject</th><th scope="col">Reason</th><th scope="col">Restarts</th><th scope="col">Since</th></tr></thead>
<tbody>
${shown.map((row) => problemLine(row, around))}
</tbody>
</table>`
}
${hidden > 0 ? html`<p>${hidden} more are not listed; see <a href="status">the data</a>.</p>` : undefined}
<p class="links"><a href="events/${namespace}">Events</a> <a href="pods/${namespace}">Pods</a> of ${namespace} as data</p>
</section>
`;
}

function unknownBanner({ state, lastSyncedAt, problem }: NamespaceOverview["health"], now: number): Html {
  const since =
    lastSyncedAt === undefined
      ? "Unknown: not synced since the start"
      : `Unknown since ${formatInstant(lastSyncedAt)} (${formatSpan(now - lastSyncedAt)})`;
  return html`<div class="unknown"><p><strong>${since}</strong> (${state}). The list may be out of date.</p>
${problem === undefined ? undefined : html`<p>${problem.message}</p>${problem.remedy === undefined ? undefined : html`<pre>${problem.remedy}</pre>`}`}</div>`;
}

/** Icons are paths, since not every font has the symbols. */
const LABELS: Readonly<Record<Exclude<RowState, "Normal">, { readonly word: string; readonly shape: string }>> = {
  Failure: { word: "Failure", shape: "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zM7 3h2v6H7zm0 8h2v2H7z" },
  Warning: { word: "Warning", shape: "M8 1 16 15H0zM7 6v5h2V6zm0 6v2h2v-2z" },
  Sent: {
    word: "Alert sent",
    shape: "M8 0a2 2 0 0 0-2 2 5 5 0 0 0-3 5v4l-2 2v1h14v-1l-2-2V7a5 5 0 0 0-3-5 2 2 0 0 0-2-2zM6 15h4a2 2 0 0 1-4 0z",
  },
};

function problemLine(row: Row, { now, threshold }: LineContext): Html {
  const { state, ack, silenced, alerts = [], since } = row;
  if (state === "Normal") return html``;
  const { word, shape } = LABELS[state];
  const restarts = row.scope === "container" ? `${row.restarts?.length ?? 0} / ${row.threshold ?? threshold}` : "–";
  return html`<tr class="${state.toLowerCase()}">
<td data-label="State"><span class="state"><svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path fill="currentColor" fill-rule="evenodd" d="${shape}"/></svg> ${word}</span>${ack === undefined ? undefined : html` <span class="chip">acknowledged by ${ack.by}</span>`}${silenced === undefined ? undefined : html` <span class="chip">silenced until ${formatInstant(silenced.until)} by ${silenced.by}</span>`}</td>
<td data-label="Subject">${subjectOf(row)}</td>
<td data-label="Reason">${alerts.map(({ summary }) => html`<p>${summary}</p>`)}</td>
<td data-label="Restarts">${restarts}</td>
<td data-label="Since">${since === undefined ? "–" : html`<time datetime="${rfc3339(since)}" title="${formatInstant(since)}">${now - since < MINUTE ? "just now" : `${formatSpan(now - since)} ago`}</time>`}</td>
</tr>
`;
}

function subjectOf({ namespace, pod, container, owner }: Row): Html {
  if (pod === undefined)
    return html`${owner ?? namespace}${container === undefined ? undefined : html` · ${container}`}`;
  const path = `${encodeURIComponent(namespace)}/${encodeURIComponent(pod)}`;
  return html`<a href="events/${path}">${pod}</a>${container === undefined ? undefined : html` · ${container}`}${owner === undefined ? undefined : html`<br><small>${owner}</small>`}`;
}

/** If the caller cannot be determined now, the page is sent anyway: it retries and shows the error. */
function nobody(error: unknown): undefined {
  if (error instanceof HttpProblem && (error.statusCode === 429 || error.statusCode === 503)) return undefined;
  throw error;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function sendPage(reply: FastifyReply, page: Html): FastifyReply {
  return reply.type("text/html; charset=utf-8").header("cache-control", "no-store").send(page.html);
}
