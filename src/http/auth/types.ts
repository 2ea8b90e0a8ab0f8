import type { AccessReview } from "../../ports/access.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Cookies } from "./cookies.ts";

/** Who may call; the file's `http.auth`. */
export interface AuthOptions {
  readonly mode: "none" | "token" | "kubernetes";
  /** Who may call in the mode `token`. May be another list after a reload: it is to be asked for each time. */
  readonly tokens: readonly TokenAccess[];
  /** The verb on pods that allows to acknowledge and silence, in the mode `kubernetes`. */
  readonly writeVerb: string;
  /** Where a proxy in front signs people in, with `{return}` for the address to come back to. */
  readonly loginUrl: string | undefined;
  /** Lets anybody read /metrics, which name namespaces and workloads; else whoever may see all namespaces. */
  readonly publicMetrics: boolean;
}

export interface TokenAccess {
  readonly name: string;
  readonly token: { readonly source: string; read(): Promise<string> };
  /** Undefined: all that are watched. */
  readonly namespaces: readonly string[] | undefined;
  readonly rights: readonly ("read" | "write")[];
}

/** What a request brings to say who it comes from. */
export interface Credential {
  readonly token: string;
  /** Whether a browser adds it by itself, as it does cookies: then a change must prove that the page sent it. */
  readonly ambient: boolean;
  /** As a proxy in front has it; only where the token came from that proxy, too. */
  readonly user: string | undefined;
}

export interface AccessDeps {
  readonly review: AccessReview;
  readonly clock: Clock;
  /** All that are watched now. */
  readonly namespaces: () => readonly string[];
  readonly cookies: Cookies;
}
