import type { Instant } from "../../../src/core/model/time.ts";
import { createValue } from "./value.ts";

/** Precise enough for relative times. */
export const TICK_MS = 15_000;

/** The current time as displayed: the server's clock in steps. It stops while the data is frozen. */
export function createTicker(serverNow: () => Instant, isFrozen: () => boolean) {
  const value = createValue(serverNow());
  const tick = () => {
    if (!isFrozen()) value.set(serverNow());
  };
  setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", tick);
  return { get: value.get, subscribe: value.subscribe, tick };
}
