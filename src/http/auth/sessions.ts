import { createHash, randomBytes } from "node:crypto";
import { type Duration, HOUR } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";

/**
 * Logins of browsers. The cookie is a random id: browsers send cookies to every port of a host, and the token is of use
 * to the Kubernetes API. The tokens are kept in memory only, so a restart ends all sessions.
 */
export interface Sessions {
  /** Starts a session and returns its id. */
  begin(token: string): string;
  /** Undefined for an unknown or expired session. */
  tokenOf(id: string): string | undefined;
  end(id: string): void;
}

/** A session ends when it was not used for this long; an open page uses it. */
const IDLE: Duration = 12 * HOUR;
const MAX_SESSIONS = 10_000;
/** Another login with the same token ends its oldest session. */
const MAX_PER_TOKEN = 50;

export function createSessions(clock: Pick<Clock, "monotonic">): Sessions {
  /** By the hash of the id, so that the time of a lookup says nothing about ids. The least recently used is first. */
  const sessions = new Map<string, { readonly token: string; readonly usedAt: Duration }>();

  function dropIdle(): void {
    for (const [key, { usedAt }] of sessions) {
      if (clock.monotonic() - usedAt < IDLE) return;
      sessions.delete(key);
    }
  }

  return {
    begin(token) {
      dropIdle();
      const own = [...sessions].filter(([, session]) => session.token === token);
      if (own.length >= MAX_PER_TOKEN) sessions.delete(own[0]![0]);
      if (sessions.size >= MAX_SESSIONS) sessions.delete(sessions.keys().next().value!);
      const id = randomBytes(32).toString("base64url");
      sessions.set(hashOf(id), { token, usedAt: clock.monotonic() });
      return id;
    },

    tokenOf(id) {
      dropIdle();
      const key = hashOf(id);
      const session = sessions.get(key);
      if (session === undefined) return undefined;
      sessions.delete(key);
      sessions.set(key, { ...session, usedAt: clock.monotonic() });
      return session.token;
    },

    end: (id) => void sessions.delete(hashOf(id)),
  };
}

function hashOf(id: string): string {
  return createHash("sha256").update(id).digest("base64");
}
