import { Checkbox } from "@patternfly/react-core";
import type { SilenceRepeat } from "../../../src/http/base/api-types.ts";
import { DAYS, ownTimeZone } from "./repeat.ts";

interface RepeatChoiceProps {
  readonly repeat: SilenceRepeat | undefined;
  readonly onChange: (repeat: SilenceRepeat | undefined) => void;
}

/** Times of the week at which a silence is active, such as those of a backup. */
export function RepeatChoice({ repeat, onChange }: RepeatChoiceProps) {
  return (
    <div>
      <Checkbox
        id="silence-repeat"
        label="Only at certain times, every week"
        isChecked={repeat !== undefined}
        onChange={(_event, isRepeated) =>
          onChange(isRepeated ? { from: "22:00", to: "06:00", timezone: ownTimeZone() } : undefined)
        }
      />
      {repeat !== undefined && <Times repeat={repeat} onChange={onChange} />}
    </div>
  );
}

function Times({
  repeat,
  onChange,
}: {
  readonly repeat: SilenceRepeat;
  readonly onChange: RepeatChoiceProps["onChange"];
}) {
  const { days: _days, ...times } = repeat;
  const days = repeat.days ?? DAYS.map(([day]) => day);
  const toggle = (day: (typeof days)[number]) => {
    const next = DAYS.map(([each]) => each).filter((each) => days.includes(each) !== (each === day));
    onChange(next.length === DAYS.length ? times : { ...times, days: next });
  };
  return (
    <div className="pw-repeat">
      <fieldset className="pw-repeat-days">
        <legend className="pf-v6-screen-reader">Days on which it begins</legend>
        {DAYS.map(([day, text]) => (
          <Checkbox
            key={day}
            id={`silence-repeat-${day}`}
            label={text}
            isChecked={days.includes(day)}
            onChange={() => toggle(day)}
          />
        ))}
      </fieldset>
      <span className="pw-repeat-times">
        from{" "}
        <input
          type="time"
          aria-label="Start of the hours"
          value={repeat.from}
          onChange={(event) => onChange({ ...repeat, from: event.currentTarget.value })}
        />{" "}
        to{" "}
        <input
          type="time"
          aria-label="End of the hours"
          value={repeat.to}
          onChange={(event) => onChange({ ...repeat, to: event.currentTarget.value })}
        />{" "}
        <select
          aria-label="Time zone of the hours"
          value={repeat.timezone}
          onChange={(event) => onChange({ ...repeat, timezone: event.currentTarget.value })}
        >
          {[...new Set([ownTimeZone(), "UTC"])].map((zone) => (
            <option key={zone}>{zone}</option>
          ))}
        </select>
      </span>
    </div>
  );
}
