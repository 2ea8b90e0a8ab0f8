import type { Instant } from "../../../src/core/time.ts";
import type { LinkStatus } from "../live/connection.ts";
import { createValue } from "./value.ts";

/** How far what is shown can be trusted. */
export type Freshness = "connecting" | "live" | "reconnecting" | "stale" | "signed-out";

export interface Link {
  readonly freshness: Freshness;
  /** The last moment, by the server's clock, at which the data was known to be complete. */
  readonly asOf: Instant;
  readonly because?: string;
}

/** A short break is nothing to read about; after two missed heartbeats the data is old. */
const SAY_AFTER = 3_000;
const STALE_AFTER = 35_000;

/** Turns the stream's ups and downs into what the page says about them. */
export function createLink(serverNow: () => Instant) {
  const value = createValue<Link>({ freshness: "connecting", asOf: serverNow() });
  let timers: ReturnType<typeof setTimeout>[] = [];
  let down = false;

  function become(freshness: Freshness, because?: string): void {
    const asOf = freshness === "live" ? serverNow() : value.get().asOf;
    value.set({ freshness, asOf, ...(because === undefined ? {} : { because }) });
  }

  function clear(): void {
    for (const timer of timers) clearTimeout(timer);
    timers = [];
  }

  return {
    get: value.get,
    subscribe: value.subscribe,
    /** Something came from the server: what is shown is true as of now. Kept without telling: it changes nothing seen. */
    heard(): void {
      const link = value.get();
      if (link.freshness === "live") (link as { asOf: Instant }).asOf = serverNow();
    },
    status(status: LinkStatus): void {
      if (status.name === "live" || status.name === "signed-out") {
        down = false;
        clear();
        become(status.name);
        return;
      }
      const because = status.name === "lost" ? status.because : undefined;
      if (down) {
        const { freshness } = value.get();
        if (freshness === "reconnecting" || freshness === "stale") become(freshness, because);
        return;
      }
      down = true;
      clear();
      timers = [
        setTimeout(() => become("reconnecting", because), SAY_AFTER),
        setTimeout(() => become("stale", value.get().because ?? because), STALE_AFTER),
      ];
    },
  };
}
