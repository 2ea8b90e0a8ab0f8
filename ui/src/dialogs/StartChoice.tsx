import { Checkbox, TextInput } from "@patternfly/react-core";
import type { Instant } from "../../../src/core/model/time.ts";
import { fieldValue } from "./length.ts";

interface StartChoiceProps {
  /** What the browser's field holds, in local time; undefined for at once. */
  readonly start: string | undefined;
  readonly onChange: (start: string | undefined) => void;
  readonly now: Instant;
}

const HOUR = 3_600_000;

/** At once, unless a maintenance is planned for later. */
export function StartChoice({ start, onChange, now }: StartChoiceProps) {
  return (
    <div>
      <Checkbox
        id="silence-later"
        label="Begin later"
        isChecked={start !== undefined}
        onChange={(_event, isLater) => onChange(isLater ? fieldValue(now + HOUR) : undefined)}
      />
      {start !== undefined && (
        <TextInput
          type="datetime-local"
          aria-label="From, in local time"
          className="pw-until"
          value={start}
          onChange={(_event, value) => onChange(value)}
        />
      )}
    </div>
  );
}
