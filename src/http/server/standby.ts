/** The HTTP server of a replica that stands by: it answers probes and metrics, and forwards the rest to the owner. */
import { readFile } from "node:fs/promises";
import {
  Agent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from "node:http";
import { request as httpsRequest, Agent as TlsAgent } from "node:https";
import { pipeline } from "node:stream";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Registry } from "../../telemetry/metrics.ts";
import { memoizeFor } from "../base/memoize-for.ts";
import { type HttpAddress, listenAt, pathWithoutPrefix } from "./address.ts";
import { createConnections } from "./connections.ts";
import { createListener } from "./listener.ts";
import type { HttpOptions } from "./options.ts";
import { readServingPair } from "./tls.ts";

export interface StandbyDeps {
  readonly clock: Clock;
  readonly registry: Registry;
  /** Where the owner listens, such as http://10.0.0.7:8080; undefined while there is none. */
  readonly owner: () => string | undefined;
}

export type StandbyOptions = Pick<HttpOptions, "bind" | "port" | "pathPrefix" | "tls" | "trustedProxies">;

export interface StandbyServer extends AsyncDisposable {
  readonly address: HttpAddress;
}

const CONNECT_TIMEOUT: Duration = 3 * SECOND;
const CERTIFICATE_TTL: Duration = 10 * SECOND;
/**
 * Answered here: a rollout waits until this pod is ready, and requests reach the owner through it. `/readyz?owner` is
 * forwarded, for monitors that do not choose a pod.
 */
const PROBES: ReadonlySet<string> = new Set(["/livez", "/startupz", "/readyz"]);
const FORWARDED = "x-pod-watcher-forwarded";

/** RFC 9110, section 7.6.1, and the ones that HTTP/2 does not have. */
const HOP_BY_HOP = new Set(
  "connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade".split(
    " ",
  ),
);

/** Rejects with a sentence for the operator when it cannot listen. */
export async function startStandbyServer(deps: StandbyDeps, options: StandbyOptions): Promise<StandbyServer> {
  const { clock, registry } = deps;
  const { tls, pathPrefix, trustedProxies } = options;
  const pair = tls === undefined ? undefined : await readServingPair(tls, clock.now());
  const forward = createForwarder(deps, tls?.certFile);
  const listener = createListener(
    (request, response) => {
      const path = pathWithoutPrefix(request.url ?? "/", pathPrefix);
      if (PROBES.has(path)) answer(response, 200, "ok\n");
      else if (path === "/metrics") {
        registry.metrics().then(
          (text) => answer(response, 200, text, registry.contentType),
          () => answer(response, 500, "The metrics could not be collected.\n"),
        );
      } else forward(request, response);
    },
    pair,
    clock,
    createConnections(clock, trustedProxies),
  );
  const address = await listenAt(listener.server, options, pair === undefined ? "http" : "https");
  return {
    address,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => listener.server.close(resolve));
      listener.cut();
      await closed;
    },
  };
}

function createForwarder({ clock, owner }: StandbyDeps, certFile: string | undefined) {
  const agents = { http: new Agent({ keepAlive: true }), https: new TlsAgent({ keepAlive: true }) };
  const certificate = memoizeFor(clock, CERTIFICATE_TTL, async () =>
    certFile === undefined ? undefined : await readFile(certFile, "utf8"),
  );

  async function send(request: IncomingMessage, response: ServerResponse, target: string): Promise<void> {
    const url = new URL(target);
    const isTls = url.protocol === "https:";
    const options: RequestOptions = {
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port,
      method: request.method,
      path: request.url,
      headers: headersFor(request),
      agent: isTls ? agents.https : agents.http,
    };
    // All replicas serve the same certificate. It names the Service and not the pod, so it is compared with our own.
    const trust = isTls && { ca: firstCertificate(await certificate()), allowPartialTrustChain: true };
    const outgoing = isTls
      ? httpsRequest({ ...options, ...trust, checkServerIdentity: () => undefined })
      : httpRequest(options);
    const late = clock.after(CONNECT_TIMEOUT, () => outgoing.destroy());
    outgoing.once("socket", (socket) => {
      if (!socket.connecting) late.cancel();
      else socket.once("connect", () => late.cancel());
    });
    outgoing.once("error", () => unavailable(response));
    outgoing.once("response", (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, withoutHopByHop(incoming.headers));
      pipeline(incoming, response, () => {});
    });
    response.once("close", () => {
      late.cancel();
      outgoing.destroy();
    });
    pipeline(request, outgoing, () => {});
  }

  return (request: IncomingMessage, response: ServerResponse): void => {
    const target = owner();
    // Forwarded twice: the other replica has an older view of the owner.
    if (target === undefined || request.headers[FORWARDED] !== undefined) unavailable(response);
    else send(request, response, target).catch(() => unavailable(response));
  };
}

function headersFor(request: IncomingMessage): IncomingHttpHeaders {
  const { headers } = request;
  const addresses = [headers["x-forwarded-for"], request.socket.remoteAddress]
    .flat()
    .filter((one) => one !== undefined);
  return {
    ...withoutHopByHop(headers),
    host: headers.host ?? String(headers[":authority"] ?? ""),
    "x-forwarded-for": addresses.join(", "),
    [FORWARDED]: "1",
  };
}

function withoutHopByHop(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":") && !HOP_BY_HOP.has(name)));
}

function firstCertificate(pem: string | undefined): string | undefined {
  const end = "-----END CERTIFICATE-----";
  return pem?.slice(0, pem.indexOf(end) + end.length);
}

function unavailable(response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.setHeader("retry-after", "2");
  answer(response, 503, "The replica that owns the state does not answer. Another one takes over within 10 seconds.\n");
}

function answer(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(text);
}
