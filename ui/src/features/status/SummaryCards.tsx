import { ROW_STATES, type RowState } from "../../../../src/core/model/row-state.ts";
import type { State } from "../../../../src/http/base/api-types.ts";
import { StateLabel } from "../../common/StateLabel.tsx";
import { count } from "../../format/text.ts";
import { lastWindow } from "../../format/time.ts";
import { changeQuery } from "../../state/location.ts";
import type { ListView } from "../../state/view.ts";

interface SummaryCardsProps {
  readonly view: ListView;
  readonly selected: readonly RowState[];
  readonly meta: Pick<State, "windowMs">;
  /** Stale data: the counts are shown, the changes are not. */
  readonly stale: boolean;
}

/** The number of containers in each state. Each card filters the list by its state. */
export function SummaryCards({ view, selected, meta, stale }: SummaryCardsProps) {
  const window = lastWindow(meta.windowMs).toLowerCase();
  return (
    <fieldset className="pw-cards" aria-label="Filter by state">
      {ROW_STATES.map((state) => {
        const pressed = selected.includes(state);
        return (
          <button
            key={state}
            type="button"
            className="pw-card"
            aria-pressed={pressed}
            onClick={() =>
              changeQuery({
                state: pressed ? selected.filter((each) => each !== state) : [...selected, state],
                page: 1,
              })
            }
          >
            <StateLabel state={state} />
            <span className="pw-card-count">{count(view.totals[state])}</span>
            <span className="pw-card-change">{stale ? "" : describeChange(view, state, window)}</span>
          </button>
        );
      })}
    </fieldset>
  );
}

function describeChange(view: ListView, state: RowState, window: string): string {
  if (state === "Normal" && view.totals.Unknown > 0) return `${count(view.totals.Unknown)} more unknown`;
  const change = view.change[state];
  if (change === 0) return "no change";
  return `${change > 0 ? "+" : "−"}${count(Math.abs(change))} in the ${window}`;
}
