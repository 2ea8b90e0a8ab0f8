import { Checkbox, FormGroup, TextArea } from "@patternfly/react-core";

interface ReasonFieldsProps {
  readonly reason: string;
  readonly onReason: (reason: string) => void;
  readonly endWhenNormal: boolean;
  readonly onEndWhenNormal: (endWhenNormal: boolean) => void;
  /** A recurring silence does not end early. */
  readonly isRecurring?: boolean;
}

/** The reason of a silence, and whether it may end early. */
export function ReasonFields({
  reason,
  onReason,
  endWhenNormal,
  onEndWhenNormal,
  isRecurring = false,
}: ReasonFieldsProps) {
  return (
    <>
      <FormGroup label="Reason" fieldId="silence-reason" isRequired>
        <TextArea
          id="silence-reason"
          value={reason}
          onChange={(_event, value) => onReason(value)}
          isRequired
          resizeOrientation="vertical"
          rows={2}
          maxLength={500}
        />
      </FormGroup>
      {!isRecurring && (
        <Checkbox
          id="silence-early"
          label="End early once everything it covers is normal"
          isChecked={endWhenNormal}
          onChange={(_event, isChecked) => onEndWhenNormal(isChecked)}
        />
      )}
    </>
  );
}
