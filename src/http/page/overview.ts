import type { RowState } from "../../core/model/row-state.ts";
import { worstState } from "../../core/model/row-state.ts";
import { compareNamespaces } from "../../core/view/list.ts";
import type { NamespaceHealth } from "../../ports/pods.ts";
import type { Caller } from "../base/caller.ts";
import type { Row } from "../schemas/state.ts";

/** The data of the page without JavaScript and of the badge: rows with a problem by namespace, the worst namespace first. */
export interface Overview {
  readonly namespaces: readonly NamespaceOverview[];
  readonly failures: number;
  readonly warnings: number;
  /** Failing, with all alerts delivered. */
  readonly sent: number;
  /** Namespaces whose cache is not synced. */
  readonly unknown: number;
  readonly pods: number;
}

export type OverviewFor = (caller: Caller) => Promise<Overview>;

export interface NamespaceOverview {
  readonly health: NamespaceHealth;
  readonly problems: readonly Row[];
}

export function overviewOf(rows: readonly Row[], health: readonly NamespaceHealth[], caller: Caller): Overview {
  const byNamespace = Map.groupBy(rows, ({ namespace }) => namespace);
  const namespaces = health
    .filter(({ namespace }) => caller.sees(namespace))
    .map((one) => ({ health: one, problems: byNamespace.get(one.namespace) ?? [] }))
    .sort((a, b) => compareNamespaces(worstOf(a), worstOf(b)) || (a.health.namespace < b.health.namespace ? -1 : 1));
  const count = (state: RowState) =>
    namespaces.reduce((sum, { problems }) => sum + problems.filter((row) => row.state === state).length, 0);
  return {
    namespaces,
    failures: count("Failure"),
    warnings: count("Warning"),
    sent: count("Sent"),
    unknown: namespaces.filter(({ health }) => health.syncedSince === undefined).length,
    pods: namespaces.reduce((sum, { health }) => sum + health.pods, 0),
  };
}

function worstOf({ health, problems }: NamespaceOverview) {
  return { worst: worstState(problems.map(({ state }) => state)), isStale: health.syncedSince === undefined };
}
