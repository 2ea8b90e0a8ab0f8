import { namespaceDiscoveryFailed } from "../../core/detect/namespace-discovery.ts";
import { type Duration, MINUTE } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
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
  /** Discovery has succeeded. With an empty list, nothing is watched. */
  readonly known: (namespaces: readonly string[]) => void;
  readonly isKnown: boolean;
}

/** As long as a namespace may be unsynced before an alert fires. */
const FOR: Duration = 2 * MINUTE;
const SOURCE = "namespaces:";

/** Raises an alert when no namespace has been watched for some time, because none was discovered. */
export function alertNamespaceDiscovery({
  watcher,
  clock,
  own,
}: NamespaceDiscoveryAlertOptions): NamespaceDiscoveryAlert {
  let reason = "The API server has not returned the list of projects yet.";
  let isKnown = false;
  /** Runs or has run since no namespace was watched. */
  let timer: Timer | undefined;

  function start(): void {
    const since = clock.now();
    timer = clock.after(FOR, () => {
      if (own === undefined) return;
      watcher.report(SOURCE, own, [namespaceDiscoveryFailed({ own, why: reason, since, isEmpty: isKnown })]);
    });
  }

  start();
  return {
    problem(message) {
      reason = message ?? reason;
    },
    known(namespaces) {
      isKnown = true;
      if (namespaces.length === 0) {
        if (timer === undefined) start();
        return;
      }
      if (timer === undefined) return;
      timer.cancel();
      timer = undefined;
      // Also clears an alert from before a restart.
      if (own !== undefined) watcher.report(SOURCE, own, []);
    },
    get isKnown() {
      return isKnown;
    },
    [Symbol.dispose]: () => timer?.cancel(),
  };
}
