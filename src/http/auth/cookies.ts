import type { IncomingHttpHeaders } from "node:http";
import { isLoopbackName } from "../base/host-names.ts";

/** The cookies of the page: who is signed in, and what proves that a change comes from it. */
export type CookieKind = "session" | "csrf";

export interface Cookies {
  read(headers: IncomingHttpHeaders, kind: CookieKind): string | undefined;
  /** Values of Set-Cookie. Without a value the cookie goes away; what the browser has already is not set again. */
  set(headers: IncomingHttpHeaders, kind: CookieKind, value: string | undefined): readonly string[];
  /** Whether the browser keeps none of them, since it came by plain HTTP and they go by HTTPS alone. */
  areDropped(headers: IncomingHttpHeaders): boolean;
}

export interface CookieOptions {
  /** Browsers send and take them by HTTPS alone. */
  readonly secure: boolean;
  readonly pathPrefix: string;
  /** Whether this program serves HTTPS itself, so that nobody comes by plain HTTP. */
  readonly isEncrypted?: boolean;
}

interface Kept {
  readonly prefix: string;
  readonly attributes: string;
}

/**
 * The names of secure cookies say so (`__Host-`, RFC 6265bis), so that no neighbour under the same domain can plant one
 * of them. Some browsers take none of them from `http://127.0.0.1`, to which a port may be forwarded: there they are set
 * a second time without. The token came in clear there anyway.
 */
export function cookiesFor({ secure, pathPrefix, isEncrypted = false }: CookieOptions): Cookies {
  const attributes = `; HttpOnly; Path=${pathPrefix || "/"}; SameSite=Strict`;
  const plain: Kept = { prefix: "", attributes };
  const safe: Kept = { prefix: pathPrefix === "" ? "__Host-" : "__Secure-", attributes: `${attributes}; Secure` };

  /** The better first. */
  function keptBy(headers: IncomingHttpHeaders): readonly Kept[] {
    if (!secure) return [plain];
    return !isEncrypted && isAtLoopback(headers) ? [safe, plain] : [safe];
  }

  return {
    read(headers, kind) {
      for (const { prefix } of keptBy(headers)) {
        const value = cookieOf(headers.cookie, nameOf(prefix, kind));
        if (value !== undefined) return value;
      }
      return undefined;
    },
    set: (headers, kind, value) =>
      keptBy(headers)
        .map(({ prefix, attributes }) => ({ name: nameOf(prefix, kind), attributes }))
        .filter(({ name }) => value === undefined || cookieOf(headers.cookie, name) !== value)
        .map(({ name, attributes }) => `${name}=${value ?? "; Max-Age=0"}${attributes}`),
    areDropped: (headers) => secure && /^http:/.test(headers.origin ?? "") && !isLoopbackOrigin(headers.origin),
  };
}

function nameOf(prefix: string, kind: CookieKind): string {
  return `${prefix}pod_watcher_${kind}`;
}

/** Browsers say where the page came from but with GET: then it may be a proxy that put its own name for us in Host. */
function isAtLoopback(headers: IncomingHttpHeaders): boolean {
  const host = headers.host ?? headers[":authority"]?.toString() ?? "";
  if (!isLoopbackName(host)) return false;
  if (headers.origin !== undefined) return isLoopbackOrigin(headers.origin);
  return !Object.keys(headers).some((name) => /^(x-forwarded-|forwarded$|via$|x-real-ip$)/.test(name));
}

function isLoopbackOrigin(origin = ""): boolean {
  return origin.startsWith("http://") && isLoopbackName(origin.slice("http://".length));
}

/** The value of one cookie. Tokens are printable and have no `;`, so nothing is encoded. */
function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim() || undefined;
  }
  return undefined;
}
