import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { HttpProblem } from "../base/problem.ts";
import { createTurns } from "../base/turns.ts";
import type { Access } from "./auth.ts";

export interface RateLimits {
  /** Requests of one caller in a minute; where nobody signs in, of one address. */
  readonly requestsPerMinute: number;
  /** Wrong tokens, each different from the others, that are looked at in a minute from one address. */
  readonly failedLoginsPerMinute: number;
}

/**
 * A request throws a problem with 429 when there were too many. Who is signed in is counted by who they are, since
 * behind a proxy all callers share an address; everything else by address, each kind for itself, so that whoever
 * floods one of them keeps nobody from another.
 */
export interface Limits {
  caller(user: string | undefined, address: string): void;
  /** Pages that anybody may see, and requests that bring nothing to sign in with. */
  page(address: string): void;
  /** Files of the page. */
  file(address: string): void;
}

/** Behind a proxy this is everybody who opens the page. */
const ANYBODY = 10;
const WINDOW: Duration = MINUTE;
const MAX_KEYS = 5_000;
/** Who was known so lately is looked at also while wrong tokens come from the same address. */
const KNOWN_FOR: Duration = 10 * MINUTE;
/** Unknown tokens that are looked at together: each may be a question to Kubernetes. */
const LOOKED_AT_AT_ONCE = 32;
const MAX_WAITING = 1_000;

export function createLimits(clock: Clock, { requestsPerMinute }: RateLimits): Limits {
  const callers = createBudget(clock, requestsPerMinute);
  const pages = createBudget(clock, ANYBODY * requestsPerMinute);
  const files = createBudget(clock, ANYBODY * requestsPerMinute);
  return {
    caller: (user, address) =>
      refuseAfter(callers.take(user === undefined ? `at ${networkOf(address)}` : `user ${user}`)),
    page: (address) => refuseAfter(pages.take(networkOf(address))),
    file: (address) => refuseAfter(files.take(networkOf(address))),
  };
}

/**
 * Puts a limit to wrong tokens, by address and before they are looked at. One that comes again is no further guess: an
 * open page whose sign-in is over, or a poller with an old token, uses up no one else's tries behind a proxy. Whoever was known a moment ago is not kept out
 * by others at the same address.
 */
export function limitFailedLogins(access: Access, clock: Clock, { failedLoginsPerMinute }: RateLimits): Access {
  if (access.mode === "none") return access;
  const failures = createBudget(clock, failedLoginsPerMinute);
  const counted = createBudget(clock, 1);
  const known = new Map<string, Duration>();
  const inTurn = createTurns(LOOKED_AT_AT_ONCE, MAX_WAITING);

  return {
    ...access,
    caller: async (credential, address) => {
      if (credential === undefined) return access.caller(undefined, address);
      const hash = createHash("sha256").update(credential.token).digest("base64");
      const network = networkOf(address);
      const look = async () => {
        const caller = await access.caller(credential, address);
        known.delete(hash);
        if (caller !== undefined) known.set(hash, clock.monotonic() + KNOWN_FOR);
        else if (counted.take(`${network} ${hash}`) === undefined) failures.take(network);
        if (known.size > MAX_KEYS) known.delete(known.keys().next().value!);
        return caller;
      };
      if ((known.get(hash) ?? 0) > clock.monotonic()) return look();
      refuseAfter(failures.spent(network));
      return inTurn(() => {
        refuseAfter(failures.spent(network));
        return look();
      });
    },
  };
}

/** Counts by key, in windows of a minute. Answers how long it is until there is something left, when there is not. */
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

function refuseAfter(left: Duration | undefined): void {
  if (left === undefined) return;
  const seconds = Math.ceil(left / SECOND);
  const headers = { "retry-after": String(seconds) };
  throw new HttpProblem(429, `Too many requests: come again in ${seconds} s.`, {}, headers);
}

/** An IPv6 host has a whole /64 of addresses to come from. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.toLowerCase().split("%")[0]!.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  return [...groups, ...Array<string>(missing).fill("0")].slice(0, 4).join(":");
}
