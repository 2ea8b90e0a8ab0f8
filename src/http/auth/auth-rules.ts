/**
 * What a caller must be to reach a route. Which namespaces they see is the handler's to ask (`callerOf(request).sees`),
 * and a namespace that they do not see answers as if it did not exist.
 *
 * - `public`: anybody. Nothing of the cluster is in the answer.
 * - `view`: whoever is signed in, for the namespaces that they may see.
 * - `act`: the same, for a change: the handler asks `mayAct`, and a browser must prove that the page sent it.
 * - `metrics`: whoever may see all namespaces, or anybody where that is configured.
 */
export type Rule = "public" | "view" | "act" | "metrics";

/** One line for every route. A route without a rule stops the start. */
export const RULES: Readonly<Record<string, Rule>> = {
  "GET /livez": "public",
  "GET /readyz": "public",
  "GET /startupz": "public",
  "GET /metrics": "metrics",

  "GET /status": "view",
  "GET /pod-restart-alerts": "view",
  // Taking alerts needs no more than seeing them, but no other site shall make a browser do it.
  "POST /pod-restart-alerts": "act",
  "GET /events/:namespace": "view",
  "GET /events/:namespace/:pod": "view",
  "GET /pods/:namespace": "view",
  "GET /pods/:namespace/:pod": "view",

  "GET /": "public",
  "GET /silences": "public",
  "GET /activity": "public",
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
  "POST /api/v1/acknowledge": "act",
  "POST /api/v1/unacknowledge": "act",
  "GET /api/v1/alerts": "view",
  "GET /api/v1/alerts/:fingerprint": "view",
  "GET /api/v1/explain": "view",
  "GET /api/v1/silences": "view",
  "POST /api/v1/silences/preview": "act",
  "PUT /api/v1/silences/:id": "act",
  "DELETE /api/v1/silences/:id": "act",
  "GET /api/v1/history": "view",
  "POST /api/v1/notifications/:id/resend": "act",
  "GET /api/v1/receivers": "view",
  "POST /api/v1/receivers/:name/test": "act",
  "GET /api/v1/consumers": "view",
  "GET /api/v1/consumers/:name/alerts": "view",
  "POST /api/v1/consumers/:name/ack": "act",
  "POST /api/v1/consumers/:name/nack": "act",
};

/** HEAD is GET without its body, and has its rule. */
export function ruleOf(method: string, url: string): Rule | undefined {
  return RULES[`${method === "HEAD" ? "GET" : method} ${url}`];
}
