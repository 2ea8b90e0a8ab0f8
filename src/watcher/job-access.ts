import type { JobAccess } from "../core/model/job.ts";
import { type Duration, type Instant, MINUTE } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";

/** How long a refusal is cached. */
const RECHECK: Duration = 10 * MINUTE;

/** Whether the Jobs of each namespace can be read. */
export interface JobAccessByNamespace {
  of(namespace: string): JobAccess;
  set(namespace: string, access: JobAccess): void;
  /** A read was refused recently, so that another one would be pointless. */
  isRefused(namespace: string): boolean;
  forget(namespace: string): void;
}

export function createJobAccess(clock: Clock, changed: (namespace: string) => void): JobAccessByNamespace {
  const known = new Map<string, { readonly access: JobAccess; readonly at: Instant }>();
  const of = (namespace: string) => known.get(namespace)?.access ?? "unknown";
  return {
    of,
    set(namespace, access) {
      const before = of(namespace);
      known.set(namespace, { access, at: clock.now() });
      if (before !== access) changed(namespace);
    },
    isRefused(namespace) {
      const last = known.get(namespace);
      return last?.access === "unreadable" && clock.now() < last.at + RECHECK;
    },
    forget: (namespace) => void known.delete(namespace),
  };
}
