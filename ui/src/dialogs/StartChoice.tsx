import { Checkbox, TextInput } from "@patternfly/react-core";
import { HOUR, type Instant } from "../../../src/core/model/time.ts";
import { fieldValue } from "./length.ts";

interface StartChoiceProps {
  /** The value of the date field, in local time; undefined to start at once. */
  readonly start: string | undefined;
  readonly onChange: (start: string | undefined) => void;
  readonly now: Instant;
}

/** Starts at once unless a later start is chosen, for example for planned maintenance. */
export function StartChoice({ start, onChange, now }: StartChoiceProps) {
  return (
    <div>
      <Checkbox
        id="silence-later"
        label="Start later"
        isChecked={start !== undefined}
        onChange={(_event, isLater) => onChange(isLater ? fieldValue(now + HOUR) : undefined)}
      />
      {start !== undefined && (
        <TextInput
          type="datetime-local"
          aria-label="Start, in local time"
          className="pw-until"
          value={start}
          onChange={(_event, value) => onChange(value)}
        />
      )}
    </div>
  );
}
