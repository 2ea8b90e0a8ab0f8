import type { AccessReview } from "../../ports/access.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Cookies } from "./cookies.ts";

/** The settings `http.auth`. */
export interface AuthOptions {
  readonly mode: "none" | "token" | "kubernetes";
  /** The tokens of the mode `token`. A reload replaces the list: read it for each request. */
  readonly tokens: readonly TokenAccess[];
  /** In the mode `kubernetes`: the verb on pods that permits acknowledging and silencing. */
  readonly writeVerb: string;
  /** Sign-in page of a proxy; `{return}` stands for the address to return to. */
  readonly loginUrl: string | undefined;
  /** Whether /metrics, which names namespaces and workloads, needs no authentication. */
  readonly publicMetrics: boolean;
}

export interface TokenAccess {
  readonly name: string;
  readonly token: { readonly source: string; read(): Promise<string> };
  /** Undefined: all watched namespaces. */
  readonly namespaces: readonly string[] | undefined;
  readonly rights: readonly ("read" | "write")[];
}

/** The credential of a request. */
export interface Credential {
  readonly token: string;
  /** Whether browsers send it automatically, as with cookies: a change must then prove that the page sent it. */
  readonly ambient: boolean;
  /** Login name from a proxy; only set when the token came from the proxy as well. */
  readonly user: string | undefined;
}

export interface AccessDeps {
  readonly review: AccessReview;
  readonly clock: Clock;
  /** All watched namespaces. */
  readonly namespaces: () => readonly string[];
  readonly cookies: Cookies;
  /** The command line of this cluster, for hints. */
  readonly cli: () => "oc" | "kubectl";
}
