import {
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextInput,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import type { Instant } from "../../../src/core/time.ts";
import { localAndUtc } from "../format/time.ts";

/** How long, or until when; `value` is what the browser's field holds, in local time. */
export type Length =
  | { readonly kind: "for"; readonly milliseconds: number }
  | { readonly kind: "until"; readonly value: string };

const HOUR = 3_600_000;
const PRESETS: readonly (readonly [text: string, milliseconds: number])[] = [
  ["30m", HOUR / 2],
  ["2h", 2 * HOUR],
  ["8h", 8 * HOUR],
  ["24h", 24 * HOUR],
  ["7d", 7 * 24 * HOUR],
];

/** Undefined while the field holds no time. */
export function endOf(length: Length, now: Instant): Instant | undefined {
  if (length.kind === "for") return now + length.milliseconds;
  const at = new Date(length.value).getTime();
  return Number.isFinite(at) ? at : undefined;
}

/** `2026-11-22T13:00` in local time, as the field wants it. */
export function fieldValue(at: Instant): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

interface EndChoiceProps {
  readonly length: Length;
  readonly onChange: (length: Length) => void;
  readonly until: Instant | undefined;
}

export function EndChoice({ length, onChange, until }: EndChoiceProps) {
  return (
    <FormGroup label="For" fieldId="silence-length" role="group">
      <ToggleGroup aria-label="For how long">
        {PRESETS.map(([text, milliseconds]) => (
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
          aria-label="Until, in local time"
          className="pw-until"
          value={length.value}
          onChange={(_event, value) => onChange({ kind: "until", value })}
        />
      )}
      <FormHelperText>
        <HelperText>
          <HelperTextItem>{until === undefined ? "No end chosen yet" : `Until ${localAndUtc(until)}`}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}
