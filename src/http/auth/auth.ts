import type { FastifyRequest } from "fastify";
import { type Caller, EVERYBODY } from "../base/caller.ts";
import type { SignIn } from "../schemas/fields.ts";
import { createKubernetesAccess } from "./auth-kubernetes.ts";
import { createTokenAccess } from "./auth-token.ts";
import type { Cookies } from "./cookies.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import type { AccessDeps, AuthOptions, Credential } from "./types.ts";

export interface Access {
  readonly mode: AuthOptions["mode"];
  credential(request: Pick<FastifyRequest, "headers">): Credential | undefined;
  /**
   * Undefined without a credential and for an invalid one. `address` is that of the client.
   */
  caller(credential: Credential | undefined, address: string): Promise<Caller | undefined>;
  readonly cookies: Cookies;
  readonly sessions: Sessions;
  /** How a browser signs in. */
  signIn(): SignIn | undefined;
}

/** kubectl does not show a user's own token, so the hint is a service account's. */
const TOKEN_HINTS = {
  oc: "Your own token: oc whoami -t",
  kubectl: "A token of your service account: kubectl create token SERVICEACCOUNT -n NAMESPACE",
} as const;

export function createAccess(options: AuthOptions, deps: AccessDeps): Access {
  const redirect: SignIn | undefined =
    options.loginUrl === undefined ? undefined : { kind: "redirect", url: options.loginUrl };
  const { cookies } = deps;
  const sessions = createSessions(deps.clock);
  const credential: Access["credential"] = (request) => credentialOf(request, cookies, sessions);
  switch (options.mode) {
    case "none":
      return { mode: "none", credential, cookies, sessions, caller: async () => EVERYBODY, signIn: () => undefined };
    case "token":
      return {
        mode: "token",
        credential,
        cookies,
        sessions,
        caller: createTokenAccess(options, deps),
        signIn: () => redirect ?? { kind: "token", hint: "One of the tokens that the operator of Pod Watcher issued" },
      };
    case "kubernetes":
      return {
        mode: "kubernetes",
        credential,
        cookies,
        sessions,
        caller: createKubernetesAccess(options, deps),
        signIn: () => redirect ?? { kind: "token", hint: TOKEN_HINTS[deps.cli()] },
      };
  }
}

/** From the Authorization header, an oauth-proxy, or the cookie of POST /api/v1/session; in this order. */
function credentialOf(
  { headers }: Pick<FastifyRequest, "headers">,
  cookies: Cookies,
  sessions: Sessions,
): Credential | undefined {
  const bearer = /^Bearer +([\x21-\x7e]+)$/i.exec(headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return { token: bearer, ambient: false, user: undefined };
  const forwarded = headers["x-forwarded-access-token"];
  if (typeof forwarded === "string" && /^[\x21-\x7e]+$/.test(forwarded)) {
    const user = headers["x-forwarded-user"];
    return { token: forwarded, ambient: true, user: typeof user === "string" ? user.slice(0, 200) : undefined };
  }
  const session = cookies.read(headers, "session");
  const token = session === undefined ? undefined : sessions.tokenOf(session);
  return token === undefined ? undefined : { token, ambient: true, user: undefined };
}
