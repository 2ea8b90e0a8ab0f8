import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { signInFirst } from "../auth/access-hook.ts";
import type { Access } from "../auth/auth.ts";
import { checkOrigin, type OriginOptions, openedInClear } from "../auth/auth-origin.ts";
import type { CookieKind } from "../auth/cookies.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { HttpProblem } from "../base/problem.ts";
import { answers, conflict, nothing } from "../schemas/fields.ts";
import { type Me, me as meSchema, sessionBody } from "../schemas/permissions.ts";
import { permissionsOf } from "./permissions.ts";

const NOBODY = "In the mode `none`, nobody signs in.";

export interface MeDeps {
  readonly access: Access;
  readonly namespaces: () => readonly string[];
  readonly origin: OriginOptions;
}

/** /api/v1/me and /api/v1/session: who is asking, and signing in with a token for browsers that have no proxy in front. */
export function meApi({ access, namespaces, origin }: MeDeps) {
  const { cookies, sessions } = access;

  return function me(plain: FastifyInstance): void {
    const app = withApiTypes(plain);
    const tags = ["page"];

    app.get(
      "/me",
      { schema: { summary: "Who is asking, and what they may do", tags, response: answers(meSchema) } },
      (request, reply) => answer(request, reply, callerOf(request)),
    );

    app.post(
      "/session",
      {
        schema: {
          summary: "Sign in with a token",
          description:
            "Sets a cookie with a random id that the page's scripts cannot read. For programs, a header is simpler.",
          tags,
          body: sessionBody,
          response: { ...answers(meSchema), ...conflict(NOBODY) },
        },
      },
      async (request, reply) => {
        checkSession(request);
        if (cookies.areDropped(request.headers)) throw openedInClear(request.headers);
        const { token } = request.body;
        const isToken = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/.test(token);
        const caller = isToken ? await access.caller({ token, ambient: true, user: undefined }, request.ip) : undefined;
        if (caller === undefined) throw signInFirst(access);
        endSession(request);
        setCookie(request, reply, "session", sessions.begin(token));
        return answer(request, reply, caller, true);
      },
    );

    app.delete(
      "/session",
      { schema: { summary: "Sign out", tags, response: { ...answers(nothing), ...conflict(NOBODY) } } },
      async (request, reply) => {
        checkSession(request);
        endSession(request);
        setCookie(request, reply, "session");
        return {};
      },
    );
  };

  /** Signing in and out needs no CSRF token, which comes with it, but must come from our own page. */
  function checkSession(request: FastifyRequest): void {
    checkOrigin(request, origin);
    if (access.mode === "none") throw new HttpProblem(409, "Nobody signs in here: everybody may do everything.");
  }

  function endSession({ headers }: FastifyRequest): void {
    const session = cookies.read(headers, "session");
    if (session !== undefined) sessions.end(session);
  }

  async function answer(request: FastifyRequest, reply: FastifyReply, caller: Caller, isSession = false): Promise<Me> {
    const session = cookies.read(request.headers, "session");
    const token = session === undefined ? undefined : sessions.tokenOf(session);
    const hasSession = isSession || (token !== undefined && token === access.credential(request)?.token);
    reply.header("cache-control", "no-store");
    return {
      ...(caller.user === undefined ? {} : { user: caller.user }),
      mode: access.mode,
      csrf: csrfOf(request, reply),
      can: await permissionsOf(
        caller,
        namespaces().filter((namespace) => caller.sees(namespace)),
      ),
      ...(hasSession && access.mode !== "none" ? { signOut: "session" as const } : {}),
    };
  }

  /** Kept in a cookie, so that every replica knows it; a page of another origin can neither read it nor this answer. */
  function csrfOf(request: FastifyRequest, reply: FastifyReply): string {
    const known = cookies.read(request.headers, "csrf");
    const csrf = known !== undefined && known.length >= 16 ? known : randomBytes(24).toString("base64url");
    setCookie(request, reply, "csrf", csrf);
    return csrf;
  }

  function setCookie({ headers }: FastifyRequest, reply: FastifyReply, kind: CookieKind, value?: string): void {
    for (const cookie of cookies.set(headers, kind, value)) reply.header("set-cookie", cookie);
  }
}
