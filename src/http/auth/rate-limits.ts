import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import pLimit from "p-limit";
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { HttpProblem } from "../base/problem.ts";
import type { Access } from "./auth.ts";

export interface RateLimits {
  /** Per caller; in the mode `none`, per address. */
  readonly requestsPerMinute: number;
  /** Different rejected tokens per address. Further attempts get 429 without checking the token. */
  readonly failedLoginsPerMinute: number;
}

/**
 * Each method counts one request and throws 429 beyond the limit. Authenticated callers are counted by name, because all
 * callers behind a proxy share its address. Everything else is counted by address, each kind separately, so that a flood
 * of one kind does not block another.
 */
export interface Limits {
  caller(user: string | undefined, address: string): void;
  /** Public pages, and requests without a credential. */
  page(address: string): void;
  /** Static files of the page. */
  file(address: string): void;
}

/** The limits of public routes are higher by this factor: behind a proxy, all users share an address. */
const PUBLIC_FACTOR = 10;
const WINDOW: Duration = MINUTE;
const MAX_KEYS = 5_000;
/** Tokens that were valid within this time are checked even while their address is over its limit. */
const KNOWN_TOKEN_TTL: Duration = 10 * MINUTE;
/** Concurrent checks of unknown tokens: each may be a request to Kubernetes. */
const CHECK_CONCURRENCY = 32;
const MAX_WAITING = 1_000;

export function createLimits(clock: Clock, { requestsPerMinute }: RateLimits): Limits {
  const callers = createBudget(clock, requestsPerMinute);
  const pages = createBudget(clock, PUBLIC_FACTOR * requestsPerMinute);
  const files = createBudget(clock, PUBLIC_FACTOR * requestsPerMinute);
  return {
    caller: (user, address) =>
      throwIfOver(callers.take(user === undefined ? `at ${networkOf(address)}` : `user ${user}`)),
    page: (address) => throwIfOver(pages.take(networkOf(address))),
    file: (address) => throwIfOver(files.take(networkOf(address))),
  };
}

/**
 * Limits rejected tokens per address, before they are checked. A repeated token counts once a minute: an open page whose
 * session has expired, or a poller with an old token, must not use up the attempts of others behind the same proxy.
 * Callers who are already authenticated are not affected by others at their address.
 */
export function limitFailedLogins(access: Access, clock: Clock, { failedLoginsPerMinute }: RateLimits): Access {
  if (access.mode === "none") return access;
  const failures = createBudget(clock, failedLoginsPerMinute);
  const counted = createBudget(clock, 1);
  const known = new Map<string, Duration>();
  const limit = pLimit(CHECK_CONCURRENCY);

  return {
    ...access,
    caller: async (credential, address) => {
      if (credential === undefined) return access.caller(undefined, address);
      const hash = createHash("sha256").update(credential.token).digest("base64");
      const network = networkOf(address);
      const check = async () => {
        const caller = await access.caller(credential, address);
        known.delete(hash);
        if (caller !== undefined) known.set(hash, clock.monotonic() + KNOWN_TOKEN_TTL);
        else if (counted.take(`${network} ${hash}`) === undefined) failures.take(network);
        if (known.size > MAX_KEYS) known.delete(known.keys().next().value!);
        return caller;
      };
      if ((known.get(hash) ?? 0) > clock.monotonic()) return check();
      throwIfOver(failures.spent(network));
      if (limit.pendingCount >= MAX_WAITING) {
        throw new HttpProblem(503, "Too many concurrent requests. Try again shortly.", {}, { "retry-after": "1" });
      }
      return limit(() => {
        throwIfOver(failures.spent(network));
        return check();
      });
    },
  };
}

/** Counts by key in windows of a minute. Over the limit, the result is the time until the window ends. */
function createBudget(clock: Clock, max: number) {
  const windows = new Map<string, { count: number; readonly endsAt: Duration }>();

  function windowOf(key: string) {
    const known = windows.get(key);
    return known !== undefined && known.endsAt > clock.monotonic() ? known : undefined;
  }

  function spent(key: string): Duration | undefined {
    const window = windowOf(key);
    return window === undefined || window.count < max ? undefined : window.endsAt - clock.monotonic();
  }

  return {
    spent,
    take(key: string): Duration | undefined {
      const left = spent(key);
      if (left !== undefined) return left;
      const window = windowOf(key) ?? { count: 0, endsAt: clock.monotonic() + WINDOW };
      window.count++;
      windows.delete(key);
      windows.set(key, window);
      if (windows.size > MAX_KEYS) windows.delete(windows.keys().next().value!);
      return undefined;
    },
  };
}

function throwIfOver(left: Duration | undefined): void {
  if (left === undefined) return;
  const seconds = Math.ceil(left / SECOND);
  const headers = { "retry-after": String(seconds) };
  throw new HttpProblem(429, `Too many requests: try again in ${seconds} s.`, {}, headers);
}

/** The key under which an address is counted: IPv6 hosts by their /64 prefix. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.toLowerCase().split("%")[0]!.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  return [...groups, ...Array<string>(missing).fill("0")].slice(0, 4).join(":");
}
