import type { ApiRequest } from "../kubernetes/api/api-request.ts";
import { createNamespaces, type Namespaces } from "../kubernetes/api/namespaces.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../telemetry/logger.ts";

export interface NamespaceSelectionOptions {
  readonly request: ApiRequest;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The namespace of our credentials: the only one to watch where the cluster lists none. */
  readonly own: string | undefined;
  readonly changed: (namespaces: readonly string[]) => void;
  /** Why the list may be out of date; undefined when it is up to date again. */
  readonly problem: (message: string | undefined) => void;
}

/** The namespaces to watch: the configured ones, or those that are discovered when none is configured. */
export interface NamespaceSelection extends Disposable {
  /** `previous`: namespaces that were watched before a restart. */
  select(configured: readonly string[], previous: readonly string[]): void;
  problem(): string | undefined;
}

export function createNamespaceSelection(options: NamespaceSelectionOptions): NamespaceSelection {
  const { request, clock, logger, own } = options;
  let current: Namespaces | undefined;
  let problem: string | undefined;
  return {
    select(configured, previous) {
      current?.[Symbol.dispose]();
      problem = undefined;
      current = createNamespaces({ request, clock, configured, own, remembered: previous });
      current.start({
        changed: options.changed,
        problem(message) {
          problem = message;
          options.problem(message);
          if (message === undefined) return;
          logger.warn({ event: "namespace_discovery_failed", reason: message }, "Namespaces cannot be discovered.");
        },
      });
    },
    problem: () => problem,
    [Symbol.dispose]: () => current?.[Symbol.dispose](),
  };
}
