import { namespaceDiscoveryFailed } from "../../core/detect/namespace-discovery.ts";
import { type Duration, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Watcher } from "../watcher.ts";

export interface NamespaceDiscoveryAlertOptions {
  readonly watcher: Pick<Watcher, "report">;
  readonly clock: Clock;
  /** The namespace that our credentials belong to. Without one an alert would belong nowhere, and only the page tells. */
  readonly own: string | undefined;
}

export interface NamespaceDiscovery extends Disposable {
  /** Why it is not known what to watch; undefined when nothing is wrong. */
  problem(message: string | undefined): void;
  /** It is known what to watch. */
  known(): void;
  readonly isKnown: boolean;
}

/** As long as a namespace may be unconfirmed before somebody is told. */
const PATIENCE: Duration = 2 * MINUTE;
const SOURCE = "namespaces:";

/** Raises an alert when after the start it stays unknown what is to be watched. */
export function alertNamespaceDiscovery({ watcher, clock, own }: NamespaceDiscoveryAlertOptions): NamespaceDiscovery {
  const since = clock.now();
  let why = "The API server has not said which projects there are.";
  let isKnown = false;
  const timer = clock.after(PATIENCE, () => {
    if (own !== undefined) watcher.report(SOURCE, own, [namespaceDiscoveryFailed(own, why, since)]);
  });
  return {
    problem(message) {
      why = message ?? why;
    },
    known() {
      if (isKnown) return;
      isKnown = true;
      timer.cancel();
      if (own !== undefined) watcher.report(SOURCE, own, []);
    },
    get isKnown() {
      return isKnown;
    },
    [Symbol.dispose]: () => timer.cancel(),
  };
}
