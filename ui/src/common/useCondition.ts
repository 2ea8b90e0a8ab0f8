import { useApp, useStoreValue } from "../context.ts";
import { type Condition, conditionOf, type Known } from "../state/condition.ts";
import { type Coverage, coverageOf } from "../state/unknown-namespaces.ts";
import { useValue } from "../state/value.ts";

const NOT_LOADED: Coverage = { unknown: [], watched: 1, isTotal: false };

/** The knowledge of the page, and its name. */
export function useCondition(): Known & { readonly condition: Condition } {
  const { link, store } = useApp();
  const { freshness } = useValue(link);
  const isPaused = useStoreValue((each) => each.isPaused());
  const data = useValue(store);
  const coverage = data === undefined ? NOT_LOADED : coverageOf(data.meta.health);
  const known = { freshness, coverage, isPaused };
  return { ...known, condition: conditionOf(known) };
}
