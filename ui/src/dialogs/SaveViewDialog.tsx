import { FormGroup, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { changeIncidents, MAX_VIEW_NAME, readIncidentQuery, writeIncidentQuery } from "../state/incident-query.ts";
import { getLocation } from "../state/location.ts";
import { getPreferences, setPreferences } from "../state/preferences.ts";
import { FormDialog } from "./FormDialog.tsx";

/** Gives the current filters a name, which becomes part of the address. */
export function SaveViewDialog({ close }: { readonly close: () => void }) {
  const [name, setName] = useState("");
  const trimmed = name.trim();
  return (
    <FormDialog
      title="Save this view"
      description="The view, its filters and its order are kept in this browser. The address has them too: share it with your team."
      submit="Save"
      missing={trimmed === "" ? "A name is required" : undefined}
      isPending={false}
      error={undefined}
      onSubmit={() => {
        const query = readIncidentQuery(getLocation().search);
        const search = writeIncidentQuery({ ...query, name: trimmed, page: 1, open: undefined, pod: undefined });
        const others = getPreferences().views.filter((each) => each.name !== trimmed);
        setPreferences({ views: [...others, { name: trimmed, search }] });
        changeIncidents({ name: trimmed });
        close();
      }}
      close={close}
    >
      <FormGroup label="Name" fieldId="view-name">
        <TextInput id="view-name" value={name} maxLength={MAX_VIEW_NAME} onChange={(_event, value) => setName(value)} />
      </FormGroup>
    </FormDialog>
  );
}
