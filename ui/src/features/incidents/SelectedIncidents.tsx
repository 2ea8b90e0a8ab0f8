import { Button } from "@patternfly/react-core";
import { useState } from "react";
import type { Can, Incident, IncidentList } from "../../../../src/http/base/api-types.ts";
import { copyWithToast } from "../../actions.ts";
import { refusal, useApp } from "../../context.ts";
import { incidentLine } from "../../format/incident.ts";
import { count, plural } from "../../format/text.ts";
import { acknowledgeIncidents } from "../../incident-actions.ts";
import type { ChosenIncidents } from "../../state/dialog.ts";
import type { IncidentListQuery } from "../../state/incident-query.ts";
import { usePreferences } from "../../state/preferences.ts";
import { SelectionBar } from "../list/SelectionBar.tsx";

interface SelectedIncidentsProps {
  readonly list: IncidentList;
  readonly query: IncidentListQuery;
  readonly items: readonly Incident[];
  readonly can: Can;
  readonly onDone: () => void;
}

/** Actions on the selected incidents, or on all that match the filters, not only those of the page. */
export function SelectedIncidents({ list, query, items, can, onDone }: SelectedIncidentsProps) {
  const app = useApp();
  const { zone } = usePreferences();
  const [isAll, setAll] = useState(false);
  const covers = isAll ? list.matching : items.length;
  const chosen: ChosenIncidents = isAll ? { filter: filterOf(query), count: list.matching } : { incidents: items };
  const refused = (what: "ack" | "silence") => {
    for (const { namespace } of items) {
      const reason = refusal(can, what, namespace);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
  return (
    <SelectionBar
      selected={covers}
      unlisted={0}
      all={
        !isAll && items.length === list.items.length && list.matching > items.length
          ? { count: list.matching, select: () => setAll(true) }
          : undefined
      }
      onClear={onDone}
    >
      <Button
        size="sm"
        variant="secondary"
        isAriaDisabled={refused("ack") !== undefined}
        title={refused("ack")}
        onClick={() => {
          acknowledgeIncidents(app, chosen);
          onDone();
        }}
      >
        Acknowledge {count(covers)}
      </Button>
      <Button
        size="sm"
        variant="secondary"
        isAriaDisabled={refused("silence") !== undefined}
        title={refused("silence")}
        onClick={() => app.dialog.set({ kind: "silence-incidents", chosen, length: undefined })}
      >
        Silence {count(covers)}…
      </Button>
      {!isAll && (
        <Button
          size="sm"
          variant="link"
          onClick={() => {
            const text = items.map((item) => incidentLine(item, { now: app.store.clock.now(), zone })).join("\n");
            void copyWithToast(app, text, plural(items.length, "incident"));
          }}
        >
          Copy as text
        </Button>
      )}
    </SelectionBar>
  );
}

function filterOf({ view, severity, ns, q }: IncidentListQuery): Record<string, string> {
  return {
    view,
    ...(severity.length === 0 ? {} : { severity: severity.join(",") }),
    ...(ns.length === 0 ? {} : { ns: ns.join(",") }),
    ...(q.trim() === "" ? {} : { q }),
  };
}
