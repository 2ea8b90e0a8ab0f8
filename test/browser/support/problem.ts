import type { ServerResponse } from "node:http";

/** Responds with problem details, like the server. */
export function problem(response: ServerResponse, status: number, title: string, more: object = {}): void {
  response
    .writeHead(status, { "content-type": "application/problem+json", "x-request-id": "req-7f3a" })
    .end(JSON.stringify({ type: "about:blank", title, status, requestId: "req-7f3a", ...more }));
}
