/** Writes responses in the requested encoding. */
import { randomUUID } from "node:crypto";
import { jsonEncoding } from "../encode/json.ts";
import { protobufEncoding } from "../encode/protobuf.ts";
import type { Encoding } from "../encode/types.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Status } from "../model/objects.ts";
import { failure } from "../model/status.ts";

const ENCODINGS: readonly Encoding[] = [jsonEncoding, protobufEncoding];

/** The encoding of the first supported media type in `Accept`; undefined when none is supported. */
export function negotiate(accept: string | undefined, protobuf: boolean): Encoding | undefined {
  const encodings = ENCODINGS.filter(({ name }) => protobuf || name !== "protobuf");
  for (const range of (accept ?? "*/*").split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    // Tables and partial objects are requested with `as=`.
    if (parameters.some((parameter) => parameter.startsWith("as="))) continue;
    const found = encodings.find(({ contentType }) => contentType === type);
    if (found !== undefined) return found;
    if (type === "*/*" || type === "application/*" || type === "") return jsonEncoding;
  }
  return undefined;
}

export function notAcceptable(): Status {
  return failure(
    406,
    "NotAcceptable",
    "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    {},
  );
}

export function respond(exchange: Exchange, encoding: Encoding, status: Status): void {
  const retryAfter = status.details?.retryAfterSeconds;
  exchange.start(status.code, {
    ...responseHeaders(encoding.contentType),
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  });
  exchange.write(encoding.status(status));
  exchange.end();
}

/** For a path that no handler is registered for. */
export function sendNoSuchPath(exchange: Exchange): void {
  send(exchange, 404, "text/plain; charset=utf-8", Buffer.from("404 page not found\n"));
}

export function sendJson(exchange: Exchange, code: number, body: unknown): void {
  send(exchange, code, "application/json", Buffer.from(`${JSON.stringify(body)}\n`));
}

export function send(exchange: Exchange, code: number, contentType: string, body: Buffer): void {
  exchange.start(code, { ...responseHeaders(contentType), "content-length": String(body.length) });
  exchange.write(body);
  exchange.end();
}

export function responseHeaders(contentType: string): Record<string, string> {
  return { "audit-id": randomUUID(), "cache-control": "no-cache, private", "content-type": contentType };
}
