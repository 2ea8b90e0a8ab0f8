import type { Instant } from "../../../src/core/model/time.ts";
import type { LinkStatus } from "../live/connection.ts";
import { createValue } from "./value.ts";

/** How far the data on the page can be trusted. */
export type Freshness = "connecting" | "live" | "reconnecting" | "stale" | "signed-out" | "denied";

/** Whether the page shows old data, and what happened since is not known. */
export function isOutOfDate(freshness: Freshness): boolean {
  return freshness === "stale" || freshness === "signed-out" || freshness === "denied";
}

export interface Link {
  readonly freshness: Freshness;
  /** The last moment, by the server's clock, at which the data was known to be complete. */
  readonly asOf: Instant;
  readonly reason?: string;
  /** When the next attempt to connect is made, by this computer's clock. */
  readonly nextTryAt?: number;
}

/** Shorter interruptions are not worth mentioning. */
const REPORT_AFTER = 3_000;
/** Two missed heartbeats. */
const STALE_AFTER = 35_000;

/**
 * Derives the freshness from the status of the stream. Age counts from the last data received, whatever the status: a
 * connection that died silently looks alive for a while.
 */
export function createLink(serverNow: () => Instant) {
  const value = createValue<Link>({ freshness: "connecting", asOf: serverNow() });
  /** By this computer's clock, which continues while the computer sleeps and timers do not. */
  let lastActivityAt = Date.now();
  let openedAt = lastActivityAt;
  let lostAt: number | undefined = lastActivityAt;
  let reason: string | undefined;
  let nextTryAt: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function update(): void {
    clearTimeout(timer);
    const now = Date.now();
    // A tab that was hidden gets a moment to catch up before its data counts as stale.
    const untilStale = Math.max(lastActivityAt + STALE_AFTER, openedAt + REPORT_AFTER) - now;
    const untilReport = lostAt === undefined ? Number.POSITIVE_INFINITY : lostAt + REPORT_AFTER - now;
    if (untilStale <= 0) become("stale");
    else if (untilReport <= 0) become("reconnecting");
    else if (lostAt === undefined) become("live");
    const next = Math.min(...[untilStale, untilReport].filter((wait) => wait > 0));
    if (Number.isFinite(next)) timer = setTimeout(update, next);
  }

  function become(freshness: Freshness): void {
    const before = value.get();
    if (before.freshness === freshness && before.reason === reason && before.nextTryAt === nextTryAt) return;
    value.set({
      freshness,
      asOf: before.asOf,
      ...(reason === undefined ? {} : { reason }),
      ...(nextTryAt === undefined ? {} : { nextTryAt }),
    });
  }

  /** Does not notify subscribers: nothing visible changes. */
  function recordActivity(): void {
    lastActivityAt = Date.now();
    (value.get() as { asOf: Instant }).asOf = serverNow();
  }

  return {
    get: value.get,
    subscribe: value.subscribe,
    /** Something arrived from the server: the data is complete as of now. */
    activity(): void {
      recordActivity();
      if (value.get().freshness === "stale") update();
    },
    status(status: LinkStatus): void {
      reason = status.name === "lost" || status.name === "denied" ? status.reason : undefined;
      nextTryAt = status.name === "lost" ? Date.now() + status.retryIn : undefined;
      switch (status.name) {
        case "suspended":
          clearTimeout(timer);
          return;
        case "signed-out":
        case "denied":
          clearTimeout(timer);
          lostAt = undefined;
          become(status.name);
          return;
        case "live":
          lostAt = undefined;
          recordActivity();
          break;
        case "connecting":
          openedAt = Date.now();
          lostAt = openedAt;
          break;
        case "lost":
          lostAt ??= Date.now();
      }
      update();
    },
  };
}
