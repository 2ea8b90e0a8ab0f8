import type { Instant } from "../../../src/core/model/time.ts";
import type { LinkStatus } from "../live/connection.ts";
import { createValue } from "./value.ts";

/** How far what is shown can be trusted. */
export type Freshness = "connecting" | "live" | "reconnecting" | "stale" | "signed-out";

export interface Link {
  readonly freshness: Freshness;
  /** The last moment, by the server's clock, at which the data was known to be complete. */
  readonly asOf: Instant;
  readonly reason?: string;
}

/** A short break is nothing to read about; after two missed heartbeats the data is old. */
const SAY_AFTER = 3_000;
const STALE_AFTER = 35_000;

/**
 * Turns the stream's ups and downs into what the page says about them. Age counts from the last word of the server,
 * whatever the connection is believed to be: one that died without a goodbye looks alive for a while.
 */
export function createLink(serverNow: () => Instant) {
  const value = createValue<Link>({ freshness: "connecting", asOf: serverNow() });
  /** By this computer's clock, which goes on while the computer sleeps and timers do not. */
  let lastActivityAt = Date.now();
  let lostAt: number | undefined = lastActivityAt;
  let reason: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function judge(): void {
    clearTimeout(timer);
    const now = Date.now();
    const stale = lastActivityAt + STALE_AFTER - now;
    const said = lostAt === undefined ? Number.POSITIVE_INFINITY : lostAt + SAY_AFTER - now;
    if (stale <= 0) become("stale");
    else if (said <= 0) become("reconnecting");
    else if (lostAt === undefined) become("live");
    const next = Math.min(...[stale, said].filter((wait) => wait > 0));
    if (Number.isFinite(next)) timer = setTimeout(judge, next);
  }

  function become(freshness: Freshness): void {
    const before = value.get();
    if (before.freshness === freshness && before.reason === reason) return;
    value.set({ freshness, asOf: before.asOf, ...(reason === undefined ? {} : { reason }) });
  }

  /** Kept without telling: it changes nothing seen. */
  function remember(): void {
    lastActivityAt = Date.now();
    (value.get() as { asOf: Instant }).asOf = serverNow();
  }

  return {
    get: value.get,
    subscribe: value.subscribe,
    /** Something came from the server: what is shown is true as of now. */
    heard(): void {
      remember();
      if (value.get().freshness === "stale") judge();
    },
    status(status: LinkStatus): void {
      reason = status.name === "lost" ? status.reason : undefined;
      if (status.name === "signed-out") {
        clearTimeout(timer);
        lostAt = undefined;
        become("signed-out");
        return;
      }
      if (status.name === "live") {
        lostAt = undefined;
        remember();
      } else lostAt ??= Date.now();
      judge();
    },
  };
}
