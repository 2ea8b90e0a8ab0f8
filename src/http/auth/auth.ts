import type { FastifyRequest } from "fastify";
import type { AccessReview } from "../../ports/access.ts";
import type { Clock } from "../../ports/clock.ts";
import { type Caller, EVERYBODY } from "../base/caller.ts";
import type { SignIn } from "../schemas/fields.ts";
import { createKubernetesAccess } from "./auth-kubernetes.ts";
import { createTokenAccess } from "./auth-token.ts";
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

export interface Access {
  readonly mode: AuthOptions["mode"];
  credential(request: Pick<FastifyRequest, "headers">): Credential | undefined;
  /**
   * Undefined for nobody, or a token that is not (or no longer) good: which of them is not told. `address` is where the
   * request comes from.
   */
  caller(credential: Credential | undefined, address: string): Promise<Caller | undefined>;
  readonly cookies: Cookies;
  /** How a page may get its user signed in. */
  readonly signIn: SignIn | undefined;
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

export function createAccess(options: AuthOptions, deps: AccessDeps): Access {
  const redirect: SignIn | undefined =
    options.loginUrl === undefined ? undefined : { kind: "redirect", url: options.loginUrl };
  const { cookies } = deps;
  const credential: Access["credential"] = (request) => credentialOf(request, cookies);
  switch (options.mode) {
    case "none":
      return { mode: "none", credential, cookies, caller: async () => EVERYBODY, signIn: undefined };
    case "token":
      return {
        mode: "token",
        credential,
        cookies,
        caller: createTokenAccess(options, deps),
        signIn: redirect ?? { kind: "token", hint: "One of the tokens that the operator of Pod Watcher has given out" },
      };
    case "kubernetes":
      return {
        mode: "kubernetes",
        credential,
        cookies,
        caller: createKubernetesAccess(options, deps),
        signIn: redirect ?? { kind: "token", hint: "Your own token: oc whoami -t, or kubectl create token ACCOUNT" },
      };
  }
}

/** From the Authorization header, an oauth-proxy in front, or the cookie of POST /api/v1/session; in this order. */
function credentialOf({ headers }: Pick<FastifyRequest, "headers">, cookies: Cookies): Credential | undefined {
  const bearer = /^Bearer +([\x21-\x7e]+)$/i.exec(headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return { token: bearer, ambient: false, user: undefined };
  const forwarded = headers["x-forwarded-access-token"];
  if (typeof forwarded === "string" && /^[\x21-\x7e]+$/.test(forwarded)) {
    const user = headers["x-forwarded-user"];
    return { token: forwarded, ambient: true, user: typeof user === "string" ? user.slice(0, 200) : undefined };
  }
  const session = cookies.read(headers, "session");
  return session === undefined ? undefined : { token: session, ambient: true, user: undefined };
}
