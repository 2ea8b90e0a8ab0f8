/**
 * The access rules of the routes. The handler restricts the response to the namespaces that the caller sees
 * (`callerOf(request).sees`); any other namespace responds as if it did not exist.
 *
 * - `public`: everyone. The response has no data of the cluster.
 * - `view`: authenticated callers, for the namespaces that they see.
 * - `write`: the same, for a change: the handler checks `mayWrite`, and a browser must prove that the page sent it.
 * - `metrics`: callers who see all namespaces; with `public_metrics`, everyone.
 */
export type Rule = "public" | "view" | "write" | "metrics";

/** One line per route. The program does not start with a route that has no rule. */
export const RULES: Readonly<Record<string, Rule>> = {
  "GET /livez": "public",
  "GET /readyz": "public",
  "GET /startupz": "public",
  "GET /metrics": "metrics",

  "GET /status": "view",
  "GET /pod-restart-alerts": "view",
  // Claiming alerts only needs read access, but a page of another site must not make a browser do it.
  "POST /pod-restart-alerts": "write",
  "GET /events/:namespace": "view",
  "GET /events/:namespace/:pod": "view",
  "GET /pods/:namespace": "view",
  "GET /pods/:namespace/:pod": "view",

  "GET /": "public",
  "GET /containers": "public",
  "GET /incidents/:namespace/:kind/:name": "public",
  "GET /silences": "public",
  "GET /notifications": "public",
  "GET /activity": "public",
  "GET /wall": "public",
  "GET /configuration": "public",
  "GET /plain": "view",
  "GET /page.css": "public",
  "GET /config": "view",
  "GET /badge.svg": "view",
  "GET /*": "public",

  "GET /api/docs/": "public",
  "GET /api/docs": "public",
  "GET /api/docs/json": "public",
  "GET /api/docs/yaml": "public",
  "GET /api/docs/static/*": "public",
  "GET /api/docs/static/index.html": "public",
  "GET /api/docs/static/swagger-initializer.js": "public",
  "GET /api/v1/openapi.json": "public",

  "GET /api/v1/me": "view",
  "POST /api/v1/session": "public",
  "DELETE /api/v1/session": "public",
  "GET /api/v1/state": "view",
  "GET /api/v1/state.csv": "view",
  "GET /api/v1/stream": "view",
  "GET /api/v1/health": "view",
  "GET /api/v1/config": "view",
  "GET /api/v1/containers/:id": "view",
  "GET /api/v1/containers/:id/events": "view",
  "GET /api/v1/containers/:id/log": "view",
  "POST /api/v1/acknowledge": "write",
  "POST /api/v1/unacknowledge": "write",
  "GET /api/v1/incidents": "view",
  "GET /api/v1/incidents/:id": "view",
  "POST /api/v1/incidents/acknowledge": "write",
  "POST /api/v1/incidents/unacknowledge": "write",
  "POST /api/v1/incidents/silence": "write",
  "POST /api/v1/incidents/:id/acknowledge": "write",
  "POST /api/v1/incidents/:id/unacknowledge": "write",
  "GET /api/v1/alerts": "view",
  "GET /api/v1/alerts/:fingerprint": "view",
  "GET /api/v1/explain": "view",
  "GET /api/v1/silences": "view",
  "POST /api/v1/silences/preview": "write",
  "PUT /api/v1/silences/:id": "write",
  "DELETE /api/v1/silences/:id": "write",
  "GET /api/v1/history": "view",
  "POST /api/v1/notifications/:id/resend": "write",
  "GET /api/v1/receivers": "view",
  "POST /api/v1/receivers/:name/test": "write",
  "GET /api/v1/consumers": "view",
  "GET /api/v1/consumers/:name/alerts": "view",
  "POST /api/v1/consumers/:name/ack": "write",
  "POST /api/v1/consumers/:name/nack": "write",

  "GET /api/v2/status": "view",
  "GET /api/v2/receivers": "view",
  "GET /api/v2/alerts": "view",
  "GET /api/v2/alerts/groups": "view",
  "GET /api/v2/silences": "view",
  "POST /api/v2/silences": "write",
  "GET /api/v2/silence/:id": "view",
  "DELETE /api/v2/silence/:id": "write",
};

/** HEAD has the rule of GET. */
export function ruleOf(method: string, url: string): Rule | undefined {
  return RULES[`${method === "HEAD" ? "GET" : method} ${url}`];
}

const ADDRESSES = Object.keys(RULES)
  .map((route) => route.split(" ") as [string, string])
  .filter(([, url]) => !url.includes("*"))
  .map(([method, url]) => ({
    method,
    url,
    pattern: new RegExp(`^${url.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+")}$`),
  }));

const LITERAL = new Set(ADDRESSES.map(({ url }) => url));

/** Whether a route has this very path; `/api/v1/silences/preview` has, and is not the id of a silence. */
export function isLiteralAddress(path: string): boolean {
  return LITERAL.has(path);
}

/** The methods of the routes at an address, such as `/api/v1/silences/s-1`. */
export function methodsAt(path: string): readonly string[] {
  const same = LITERAL.has(path) ? ADDRESSES.filter(({ url }) => url === path) : ADDRESSES;
  return same
    .filter(({ pattern }) => pattern.test(path))
    .flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
}
