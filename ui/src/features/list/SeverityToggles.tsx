import type { RowSeverity } from "../../../../src/core/view/row.ts";
import { SeverityIcon, severityText } from "../../common/severity.tsx";
import { count } from "../../format/text.ts";

interface SeverityTogglesProps<Severity extends RowSeverity> {
  readonly severities: readonly Severity[];
  /** Undefined where the number is not known: a dash is shown, never a zero. */
  readonly counts: (severity: Severity) => number | undefined;
  readonly chosen: readonly Severity[];
  readonly onChange: (chosen: readonly Severity[]) => void;
}

/** The severities with their numbers. Each filters the list. */
export function SeverityToggles<Severity extends RowSeverity>(props: SeverityTogglesProps<Severity>) {
  const { severities, counts, chosen, onChange } = props;
  return (
    <fieldset className="pw-severities" aria-label="Severity">
      {severities.map((severity) => {
        const isChosen = chosen.includes(severity);
        const number = counts(severity);
        return (
          <button
            key={severity}
            type="button"
            aria-pressed={isChosen}
            aria-label={`${severityText(severity)} ${number === undefined ? "–" : count(number)}`}
            onClick={() => onChange(isChosen ? chosen.filter((each) => each !== severity) : [...chosen, severity])}
          >
            <SeverityIcon severity={severity} />
            <span className="pw-severity-name">{severityText(severity)}</span>{" "}
            <b>{number === undefined ? <span title="not known">–</span> : count(number)}</b>
          </button>
        );
      })}
    </fieldset>
  );
}
