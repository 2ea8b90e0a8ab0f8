import type { Instant } from "../../../src/core/model/time.ts";
import { createValue } from "./value.ts";

/** Relative times need no more; a page that redraws each second costs more than it says. */
export const TICK_MS = 15_000;

/** The "now" that is drawn: the server's clock, stepping; it stands still while the data does. */
export function createTicker(serverNow: () => Instant, isFrozen: () => boolean) {
  const value = createValue(serverNow());
  const tick = () => {
    if (!isFrozen()) value.set(serverNow());
  };
  setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", tick);
  return { get: value.get, subscribe: value.subscribe, tick };
}
