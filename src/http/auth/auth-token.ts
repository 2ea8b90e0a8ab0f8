import { createHash, timingSafeEqual } from "node:crypto";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Caller } from "../base/caller.ts";
import type { AccessDeps, AuthOptions, Credential, TokenAccess } from "./types.ts";

/** Mounted secrets rotate: token files are reread at this interval. */
const REREAD_INTERVAL: Duration = 30 * SECOND;

interface KnownToken {
  /** SHA-256, so that memory does not hold the token itself. */
  readonly hash: Buffer;
  readonly access: TokenAccess;
}

/** Static tokens, each with its namespaces and rights. A token whose file cannot be read is rejected. */
export function createTokenAccess(options: Pick<AuthOptions, "tokens">, { clock }: AccessDeps) {
  let known: Promise<readonly KnownToken[]> | undefined;
  let knownOf: readonly TokenAccess[] | undefined;
  let readAt = 0;

  function read(): Promise<readonly KnownToken[]> {
    const now = clock.monotonic();
    const { tokens } = options;
    if (known === undefined || knownOf !== tokens || now - readAt > REREAD_INTERVAL) {
      readAt = now;
      knownOf = tokens;
      known = Promise.all(
        tokens.map(async (access) => {
          const token = await access.token.read().catch(() => undefined);
          return token === undefined ? undefined : { hash: sha256(token), access };
        }),
      ).then((all) => all.filter((one) => one !== undefined));
    }
    return known;
  }

  return async function tokenCaller(credential: Credential | undefined): Promise<Caller | undefined> {
    if (credential === undefined) return undefined;
    const hash = sha256(credential.token);
    // All are compared, each in constant time, so that the duration reveals nothing.
    const matching = (await read()).filter((one) => timingSafeEqual(one.hash, hash));
    return matching[0] === undefined ? undefined : callerOf(matching[0].access);
  };
}

function callerOf({ name, namespaces, rights }: TokenAccess): Caller | undefined {
  if (!rights.includes("read") && !rights.includes("write")) return undefined;
  const all = namespaces === undefined;
  const visible = new Set(namespaces);
  const sees = (namespace: string) => all || visible.has(namespace);
  const writes = rights.includes("write");
  return {
    user: name,
    seesAll: all,
    seesUnwatched: all,
    sees,
    mayRead: async (namespace) => sees(namespace),
    mayWrite: async (namespace) => writes && sees(namespace),
    mayWriteEverywhere: async () => writes && all,
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
