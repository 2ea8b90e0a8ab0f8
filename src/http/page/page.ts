import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { formatSpan } from "../../core/model/duration.ts";
import type { Instant } from "../../core/model/time.ts";
import { formatInstant } from "../../core/text/text.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ConfigView } from "../../ports/settings.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { type Html, html } from "../base/html.ts";
import { HttpProblem } from "../base/problem.ts";
import { sharedAnswer } from "../base/shared-answers.ts";
import { rfc3339 } from "../base/time-text.ts";
import { configPage, maskedConfig } from "./config-page.ts";
import { headlineOf, incidentTable, type OpenIncidents } from "./incident-table.ts";
import type { NamespaceOverview, Overview, OverviewFor } from "./overview.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { visibleConfig } from "./visible-config.ts";

export interface PageDeps {
  readonly overviewFor: OverviewFor;
  /** The open incidents, at most `MAX_ROWS` of them. */
  readonly incidentsFor: (caller: Caller, limit: number) => Promise<OpenIncidents>;
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
const SCREENS = ["/containers", "/silences", "/notifications", "/configuration", "/wall", "/activity"];

/** The page of one incident: its namespace, its kind and its name. */
const INCIDENT = "/incidents/:namespace/:kind/:name";

/** Incidents that are listed; further ones are only counted. */
const MAX_ROWS = 500;

/** The page without JavaScript: the open incidents, and namespaces in an unknown state. */
export function pageRoutes(deps: PageDeps) {
  const { configView, clock, index } = deps;
  const style = sharedAnswer(PAGE_STYLE);
  return function page(app: FastifyInstance): void {
    app.get("/plain", { schema: { hide: true } }, async (request, reply) => {
      const refresh = (request.query as { readonly refresh?: unknown }).refresh !== "off";
      return sendPage(reply, statusPage(await contentFor(callerOf(request)), refresh));
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

    for (const path of index === undefined ? ["/"] : ["/", ...SCREENS, INCIDENT]) {
      app.get(path, { schema: { hide: true } }, async (request, reply) => {
        const caller = await deps.callerIfAny(request).catch(nobody);
        if (index === undefined)
          return caller === undefined ? sendSignIn(reply) : sendPage(reply, await plainPage(caller));
        return sendIndex(reply, atDepth(index, request.url), caller);
      });
    }
    if (index !== undefined) deps.onUnknownPage((request, reply) => sendUnknown(request, reply, index));
  };

  async function contentFor(caller: Caller): Promise<Content> {
    const [overview, incidents] = await Promise.all([deps.overviewFor(caller), deps.incidentsFor(caller, MAX_ROWS)]);
    return { overview, incidents };
  }

  async function plainPage(caller: Caller): Promise<Html> {
    return statusPage(await contentFor(caller), true);
  }

  /** The built page, with the list of problems in its `<noscript>`. */
  async function sendIndex(reply: FastifyReply, built: string, caller: Caller | undefined): Promise<FastifyReply> {
    const content =
      caller === undefined
        ? html`<p>Without JavaScript, send a token: <code>Authorization: Bearer …</code>.</p>`
        : problemsPage(await contentFor(caller));
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

  function statusPage(content: Content, refresh: boolean): Html {
    const isRefreshed = refresh && deps.pageRefreshSeconds > 0;
    const head = isRefreshed ? html`<meta http-equiv="refresh" content="${deps.pageRefreshSeconds}">` : undefined;
    const note = isRefreshed
      ? html`, refreshed every ${formatSpan(deps.pageRefreshSeconds * 1_000)} (<a href="plain?refresh=off">stop</a>)`
      : undefined;
    const { overview, incidents } = content;
    return layout(headlineOf(incidents.counts, overview.unknown), problemsPage(content, note), head);
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

  /** The alert rule, the time, unknown namespaces, and the incidents. */
  function problemsPage({ overview, incidents }: Content, note?: Html): Html {
    const { threshold, timeframe } = deps.rule();
    return html`<p>${counted(overview.pods, "pod")} in ${counted(overview.namespaces.length, "namespace")}. Alert rule: ${threshold} restarts in ${formatSpan(timeframe)}. As of <time datetime="${rfc3339(clock.now())}">${formatInstant(clock.now())}</time>${note}.</p>
${problemsOf(overview, incidents)}`;
  }

  function problemsOf({ namespaces }: Overview, incidents: OpenIncidents): Html {
    if (namespaces.length === 0) {
      return html`<p>No namespace is watched yet. See the <a href="config">configuration</a>.</p>`;
    }
    const unknown = namespaces.filter(({ health }) => health.syncedSince === undefined);
    return html`${unknown.map(({ health }) => unknownBanner(health, clock.now()))}
${incidentTable(incidents, clock.now())}
<ul class="links">${namespaces.map(({ health: { namespace, pods } }) => html`<li>${namespace}, ${counted(pods, "pod")}: <a href="events/${namespace}">events</a>, <a href="pods/${namespace}">pods</a> as data</li>`)}</ul>`;
  }
}

interface Content {
  readonly overview: Overview;
  readonly incidents: OpenIncidents;
}

/** The built page names its files relative to `/`, so that it works behind any path prefix. */
function atDepth(built: string, url: string): string {
  const depth = (url.split("?")[0]?.split("/").length ?? 2) - 2;
  return depth === 0 ? built : built.replaceAll('="./', `="${"../".repeat(depth)}`);
}

function unknownBanner({ namespace, state, lastSyncedAt, problem }: NamespaceOverview["health"], now: Instant): Html {
  const since =
    lastSyncedAt === undefined
      ? "Unknown: not synced since the start"
      : `Unknown since ${formatInstant(lastSyncedAt)} (${formatSpan(now - lastSyncedAt)})`;
  return html`<section class="unknown" aria-label="${namespace}"><p>${namespace}: <strong>${since}</strong> (${state}). The list may be out of date.</p>
${problem === undefined ? undefined : html`<p>${problem.message}</p>${problem.remedy === undefined ? undefined : html`<pre>${problem.remedy}</pre>`}`}</section>`;
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
