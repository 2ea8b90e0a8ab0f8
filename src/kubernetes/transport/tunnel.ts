import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import { TransportError } from "./error.ts";

/** Connects to `host:port` through an HTTP proxy (RFC 9110, CONNECT). Rejects with the proxy's refusal. */
export function openTunnel(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  if (proxy.protocol !== "http:" && proxy.protocol !== "https:") {
    throw new TransportError(
      "PROTOCOL",
      `proxy-url ${proxy.protocol}//${proxy.host} is not supported: use http:// or https://`,
    );
  }
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const failed = (reason: string, cause?: unknown) =>
    new TransportError("PROTOCOL", `the proxy ${proxy.host} does not connect to ${authority}: ${reason}`, cause);

  return new Promise((resolve, reject) => {
    const request = (proxy.protocol === "https:" ? requestHttps : requestHttp)({
      host: proxy.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: proxy.port === "" ? undefined : Number(proxy.port),
      method: "CONNECT",
      path: authority,
      headers: { host: authority, ...authorizationOf(proxy) },
      agent: false,
      signal,
    });
    request.once("connect", (response, socket, head) => {
      if (response.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket as Socket);
        return;
      }
      socket.destroy();
      reject(failed(`it answered ${response.statusCode} ${response.statusMessage}`));
    });
    request.once("response", (response) => {
      request.destroy();
      reject(failed(`it answered ${response.statusCode} ${response.statusMessage}`));
    });
    request.on("error", (error) => reject(failed(error.message, error)));
    request.end();
  });
}

function authorizationOf(proxy: URL): Record<string, string> {
  if (proxy.username === "") return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}
