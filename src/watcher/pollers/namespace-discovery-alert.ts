import { namespaceDiscoveryFailed } from "../../core/detect/namespace-discovery.ts";
import { type Duration, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Watcher } from "../watcher.ts";

export interface NamespaceDiscoveryAlertOptions {
  readonly watcher: Pick<Watcher, "report">;
  readonly clock: Clock;
  /** The namespace of our credentials. Without one the alert has no namespace, and only the page shows the problem. */
  readonly own: string | undefined;
}

export interface NamespaceDiscoveryAlert extends Disposable {
  /** Why discovery fails; undefined when it does not. */
  readonly problem: (message: string | undefined) => void;
  /** Discovery has succeeded. */
  readonly known: () => void;
  readonly isKnown: boolean;
}

/** As long as a namespace may be unsynced before an alert fires. */
const FOR: Duration = 2 * MINUTE;
const SOURCE = "namespaces:";

/** Raises an alert when the namespaces to watch have not been discovered some time after the start. */
export function alertNamespaceDiscovery({
  watcher,
  clock,
  own,
}: NamespaceDiscoveryAlertOptions): NamespaceDiscoveryAlert {
  const since = clock.now();
  let reason = "The API server has not returned the list of projects yet.";
  let isKnown = false;
  const timer = clock.after(FOR, () => {
    if (own !== undefined) watcher.report(SOURCE, own, [namespaceDiscoveryFailed(own, reason, since)]);
  });
  return {
    problem(message) {
      reason = message ?? reason;
    },
    known() {
      if (isKnown) return;
      isKnown = true;
      timer.cancel();
      // Also clears an alert from before a restart.
      if (own !== undefined) watcher.report(SOURCE, own, []);
    },
    get isKnown() {
      return isKnown;
    },
    [Symbol.dispose]: () => timer.cancel(),
  };
}
