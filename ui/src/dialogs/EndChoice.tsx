import {
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextInput,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import { DAY, HOUR, type Instant } from "../../../src/core/model/time.ts";
import { localAndUtc } from "../format/time.ts";
import { fieldValue, type Length } from "./length.ts";

const PRESETS: readonly (readonly [text: string, milliseconds: number])[] = [
  ["30m", HOUR / 2],
  ["2h", 2 * HOUR],
  ["8h", 8 * HOUR],
  ["24h", 24 * HOUR],
  ["7d", 7 * DAY],
];

/** A recurring silence lasts longer. */
const LONG_PRESETS: typeof PRESETS = [
  ["7d", 7 * DAY],
  ["30d", 30 * DAY],
  ["90d", 90 * DAY],
  ["1y", 365 * DAY],
];

interface EndChoiceProps {
  readonly isRecurring?: boolean;
  readonly length: Length;
  readonly onChange: (length: Length) => void;
  readonly until: Instant | undefined;
}

export function EndChoice({ length, onChange, until, isRecurring = false }: EndChoiceProps) {
  return (
    <FormGroup label="Duration" fieldId="silence-length" role="group">
      <ToggleGroup aria-label="Duration">
        {(isRecurring ? LONG_PRESETS : PRESETS).map(([text, milliseconds]) => (
          <ToggleGroupItem
            key={text}
            text={text}
            buttonId={`silence-${text}`}
            isSelected={length.kind === "for" && length.milliseconds === milliseconds}
            onChange={() => onChange({ kind: "for", milliseconds })}
          />
        ))}
        <ToggleGroupItem
          text="Until…"
          buttonId="silence-until"
          isSelected={length.kind === "until"}
          onChange={() => onChange({ kind: "until", value: until === undefined ? "" : fieldValue(until) })}
        />
      </ToggleGroup>
      {length.kind === "until" && (
        <TextInput
          type="datetime-local"
          aria-label="End, in local time"
          className="pw-until"
          value={length.value}
          onChange={(_event, value) => onChange({ kind: "until", value })}
        />
      )}
      <FormHelperText>
        <HelperText>
          <HelperTextItem>{until === undefined ? "No end time yet" : `Until ${localAndUtc(until)}`}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}
