import type { Config } from "../config/config.ts";
import { compileMatchers } from "../core/notify/matcher.ts";
import { defined } from "../core/util/defined.ts";
import type { ApiRequest } from "../kubernetes/api/api-request.ts";
import {
  createNamespaces,
  type NamespaceSelector,
  type Namespaces,
  type NamespacesOptions,
} from "../kubernetes/api/namespaces.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../telemetry/logger.ts";

export interface NamespaceSelectionOptions extends Pick<NamespacesOptions, "isForbidden" | "user"> {
  readonly request: ApiRequest;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The namespace of our credentials: the only one to watch where the cluster lists none. */
  readonly own: string | undefined;
  readonly changed: (namespaces: readonly string[]) => void;
  /** Why the list may be out of date or incomplete; undefined when it is up to date again. */
  readonly problem: (message: string | undefined) => void;
}

/** The namespaces to watch: the configured ones, or those that are discovered when none is configured. */
export interface NamespaceSelection extends Disposable {
  /** `previous`: namespaces that were watched before a restart. */
  select(config: Pick<Config, "namespaces" | "namespaceSelector">, previous: readonly string[]): void;
  problem(): string | undefined;
}

export function createNamespaceSelection(options: NamespaceSelectionOptions): NamespaceSelection {
  const { request, clock, logger, own, isForbidden, user } = options;
  let current: Namespaces | undefined;
  let problem: string | undefined;
  return {
    select({ namespaces: configured, namespaceSelector }, previous) {
      current?.[Symbol.dispose]();
      problem = undefined;
      current = createNamespaces({
        request,
        clock,
        configured,
        selector: selectorOf(namespaceSelector),
        own,
        remembered: previous,
        ...defined({ isForbidden, user }),
      });
      current.start({
        changed: options.changed,
        problem(message) {
          problem = message;
          options.problem(message);
          if (message === undefined) return;
          logger.warn(
            { event: "namespace_discovery_failed", reason: message },
            "Namespaces cannot be discovered, or some are skipped.",
          );
        },
      });
    },
    problem: () => problem,
    [Symbol.dispose]: () => current?.[Symbol.dispose](),
  };
}

/** A namespace is selected if it matches one of `include` (all, if there is none) and none of `exclude`. */
export function selectorOf({ labels, include, exclude }: Config["namespaceSelector"]): NamespaceSelector | undefined {
  if (labels === undefined && include.length === 0 && exclude.length === 0) return undefined;
  const patterns = (some: readonly string[]) =>
    some.map((value) => compileMatchers([{ name: "namespace", operator: "=~", value }]));
  const [included, excluded] = [patterns(include), patterns(exclude)];
  return {
    labels,
    matches: (namespace) =>
      (included.length === 0 || included.some((matches) => matches({ namespace }))) &&
      !excluded.some((matches) => matches({ namespace })),
  };
}
