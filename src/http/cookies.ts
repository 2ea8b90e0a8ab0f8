/** The cookies of the page: who is signed in, and what proves that a change comes from it. */
export interface Cookies {
  readonly session: string;
  readonly csrf: string;
  /** What follows a cookie's value. */
  readonly attributes: string;
}

/**
 * `secure`: browsers send and take them by HTTPS alone. Their names then say so (`__Host-`, RFC 6265bis), so that no
 * neighbour under the same domain can plant one of them.
 */
export function cookiesFor({ secure, pathPrefix }: { readonly secure: boolean; readonly pathPrefix: string }): Cookies {
  const prefix = secure ? (pathPrefix === "" ? "__Host-" : "__Secure-") : "";
  return {
    session: `${prefix}pod_watcher_session`,
    csrf: `${prefix}pod_watcher_csrf`,
    attributes: `; HttpOnly; Path=${pathPrefix || "/"}; SameSite=Strict${secure ? "; Secure" : ""}`,
  };
}

/** The value of one cookie. Tokens are printable and have no `;`, so nothing is encoded. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim() || undefined;
  }
  return undefined;
}
