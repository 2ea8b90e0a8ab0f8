import { Checkbox, FormGroup, TextArea } from "@patternfly/react-core";
import { useState } from "react";
import { rowName } from "../../../src/core/view/row.ts";
import type { Row } from "../../../src/http/base/api-types.ts";
import { acknowledge } from "../actions.ts";
import { useApp } from "../context.ts";
import { list, plural } from "../format/text.ts";
import { FormDialog } from "./FormDialog.tsx";
import { useSubmit } from "./useSubmit.ts";

interface AckDialogProps {
  readonly rows: readonly Row[];
  readonly close: () => void;
}

/** Acknowledges with a note; without one, a single click in the list is enough. */
export function AckDialog({ rows, close }: AckDialogProps) {
  const app = useApp();
  const [note, setNote] = useState(rows[0]?.ack?.note ?? "");
  const [notifyOnWorsening, setNotifyOnWorsening] = useState(true);
  const submit = useSubmit(async () => {
    const done = await acknowledge(app, rows, { note: note.trim(), notifyOnWorsening });
    if (done) close();
  }, `${note} ${notifyOnWorsening}`);
  return (
    <FormDialog
      title={rows.length === 1 ? "Acknowledge" : `Acknowledge ${plural(rows.length, "container")}`}
      description="Restarts are still counted. The acknowledgement ends when the container has been normal for a full window."
      submit="Acknowledge"
      isPending={submit.isPending}
      error={submit.error}
      onSubmit={submit.run}
      close={close}
    >
      <p className="pw-break">{list(rows.map(rowName), 5)}</p>
      <FormGroup label="Note" fieldId="ack-note">
        <TextArea
          id="ack-note"
          value={note}
          onChange={(_event, value) => setNote(value)}
          resizeOrientation="vertical"
          autoFocus
          maxLength={500}
        />
      </FormGroup>
      <Checkbox
        id="ack-worsening"
        label="Notify again if it gets worse"
        description="A different reason, a different image, or more pods"
        isChecked={notifyOnWorsening}
        onChange={(_event, isChecked) => setNotifyOnWorsening(isChecked)}
      />
    </FormDialog>
  );
}
