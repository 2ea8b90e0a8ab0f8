import type { IncidentList } from "../../../../src/http/base/api-types.ts";
import { ScreenTitle } from "../../common/ScreenTitle.tsx";
import { useApp } from "../../context.ts";
import { count, plural } from "../../format/text.ts";
import { minuteTime } from "../../format/time.ts";
import { usePreferences } from "../../state/preferences.ts";
import { useValue } from "../../state/value.ts";
import { Confirmed } from "../list/Confirmed.tsx";

interface IncidentHeadlineProps {
  readonly list: IncidentList;
  readonly isLost: boolean;
  readonly isNarrow: boolean;
}

/** The answer in one sentence. */
export function IncidentHeadline({ list, isLost, isNarrow }: IncidentHeadlineProps) {
  const { link } = useApp();
  const { asOf } = useValue(link);
  const { zone } = usePreferences();
  const { watched, unknown, counts } = list;
  const { attention, handled } = counts.views;
  const { critical, warning } = counts.attention;
  const hidden = unknown.reduce((sum, { namespaces }) => sum + namespaces.length, 0);
  // The incidents of unknown namespaces are counted as namespaces.
  const known = hidden > 0 ? critical + warning : attention;
  if (isLost) {
    return (
      <div className="pw-headline">
        <ScreenTitle>
          As of {minuteTime(asOf, zone)}, {plural(attention, "incident")} needed attention
        </ScreenTitle>
        {!isNarrow && <p>The state since then is not known.</p>}
      </div>
    );
  }
  const severities = `${count(critical)} critical, ${count(warning)} warning`;
  const seen = watched.namespaces - hidden;
  return (
    <div className="pw-headline">
      <ScreenTitle>{headline(known, handled, hidden, watched.namespaces)}</ScreenTitle>
      {!isNarrow && (
        <p>
          {hidden > 0 ? (
            known > 0 && `${severities}, in the ${plural(seen, "namespace")} that can be seen.`
          ) : (
            <>
              {known > 0 && `${severities}, in ${plural(watched.namespaces, "watched namespace")}. `}
              Watching {plural(watched.containers, "container")}. <Confirmed />
            </>
          )}
        </p>
      )}
    </div>
  );
}

function headline(known: number, handled: number, hidden: number, watched: number): string {
  const need = `${plural(known, "incident")} ${known === 1 ? "needs" : "need"} attention`;
  if (hidden > 0) {
    if (hidden === watched)
      return `The state of ${watched === 1 ? "the namespace" : `all ${watched} namespaces`} is unknown`;
    const unknown = `${plural(hidden, "namespace")} ${hidden === 1 ? "is" : "are"} unknown`;
    return known > 0 ? `${need}, ${unknown}` : `The state of ${plural(hidden, "namespace")} is unknown`;
  }
  if (known > 0) return need;
  return handled === 0
    ? "No incident needs attention"
    : `No incident needs attention; ${plural(handled, "incident")} ${handled === 1 ? "is" : "are"} handled`;
}
