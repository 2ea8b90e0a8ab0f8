import { Alert, Checkbox } from "@patternfly/react-core";
import type { Instant } from "../../../src/core/model/time.ts";
import { plural } from "../format/text.ts";
import { localAndUtc } from "../format/time.ts";

interface ConfirmationProps {
  readonly containers: number | undefined;
  readonly until: Instant | undefined;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
}

/** Asks again before a silence that covers much or lasts long. */
export function Confirmation({ containers, until, isChecked, onChange }: ConfirmationProps) {
  const what = containers === undefined ? "everything it covers" : plural(containers, "container");
  return (
    <Alert component="p" isInline variant="warning" title="This is a large silence">
      <Checkbox
        id="silence-confirm"
        label={`Send no notifications for ${what}${until === undefined ? "" : ` until ${localAndUtc(until)}`}`}
        isChecked={isChecked}
        onChange={(_event, checked) => onChange(checked)}
      />
    </Alert>
  );
}
