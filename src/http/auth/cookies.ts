import type { IncomingHttpHeaders } from "node:http";
import { isLoopbackName } from "../base/host-names.ts";

/** The cookies of the page: the session, and the CSRF token. */
export type CookieKind = "session" | "csrf";

export interface Cookies {
  read(headers: IncomingHttpHeaders, kind: CookieKind): string | undefined;
  /** Values of Set-Cookie. Without a value the cookie is deleted; a value that the browser already sent is not set again. */
  set(headers: IncomingHttpHeaders, kind: CookieKind, value: string | undefined): readonly string[];
  /** Whether the browser drops them, because they need HTTPS and the page was opened by plain HTTP. */
  areDropped(headers: IncomingHttpHeaders): boolean;
}

export interface CookieOptions {
  /** Whether cookies are restricted to HTTPS. */
  readonly secure: boolean;
  readonly pathPrefix: string;
  /** Whether this program serves HTTPS itself. */
  readonly isEncrypted?: boolean;
}

interface Kept {
  readonly prefix: string;
  readonly attributes: string;
}

/**
 * Secure cookies have the prefix `__Host-` (RFC 6265bis), so that another host of the same domain cannot set them. Some
 * browsers reject them from `http://127.0.0.1`, the address of a forwarded port. For loopback they are therefore set a
 * second time without the prefix: the session was sent in clear text there anyway.
 */
export function cookiesFor({ secure, pathPrefix, isEncrypted = false }: CookieOptions): Cookies {
  const attributes = `; HttpOnly; Path=${pathPrefix || "/"}; SameSite=Strict`;
  const plain: Kept = { prefix: "", attributes };
  const safe: Kept = { prefix: pathPrefix === "" ? "__Host-" : "__Secure-", attributes: `${attributes}; Secure` };

  /** Preferred form first. */
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

/** Browsers do not send Origin with GET; then Host may have been set by a proxy. */
function isAtLoopback(headers: IncomingHttpHeaders): boolean {
  const host = headers.host ?? headers[":authority"]?.toString() ?? "";
  if (!isLoopbackName(host)) return false;
  if (headers.origin !== undefined) return isLoopbackOrigin(headers.origin);
  return !Object.keys(headers).some((name) => /^(x-forwarded-|forwarded$|via$|x-real-ip$)/.test(name));
}

function isLoopbackOrigin(origin = ""): boolean {
  return origin.startsWith("http://") && isLoopbackName(origin.slice("http://".length));
}

/** The value of one cookie. Ids are base64url, so they are not encoded. */
function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim() || undefined;
  }
  return undefined;
}
