import { Checkbox, FormGroup, TextArea } from "@patternfly/react-core";
import { useState } from "react";
import type { Incident } from "../../../src/http/base/api-types.ts";
import { useApp } from "../context.ts";
import { about, acknowledgeIncidents } from "../incident-actions.ts";
import { FormDialog } from "./FormDialog.tsx";

interface IncidentAckDialogProps {
  readonly incidents: readonly Incident[];
  readonly close: () => void;
}

/** Acknowledges with a note. */
export function IncidentAckDialog({ incidents, close }: IncidentAckDialogProps) {
  const app = useApp();
  const [note, setNote] = useState("");
  const [notifyOnWorsening, setNotify] = useState(true);
  return (
    <FormDialog
      title={`Acknowledge ${about(incidents)}`}
      description="It covers later pods of the same workload and cause until the incident is resolved."
      submit="Acknowledge"
      isPending={false}
      error={undefined}
      onSubmit={() => {
        close();
        acknowledgeIncidents(
          app,
          { incidents },
          { notifyOnWorsening, ...(note.trim() === "" ? {} : { note: note.trim() }) },
        );
      }}
      close={close}
    >
      <FormGroup label="Note" fieldId="incident-note">
        <TextArea
          id="incident-note"
          value={note}
          rows={2}
          maxLength={2_000}
          resizeOrientation="vertical"
          onChange={(_event, value) => setNote(value)}
        />
      </FormGroup>
      <Checkbox
        id="incident-worse"
        label="Notify again when it gets worse"
        isChecked={notifyOnWorsening}
        onChange={(_event, isChecked) => setNotify(isChecked)}
      />
    </FormDialog>
  );
}
