import { FormGroup, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { setPreferences } from "../state/preferences.ts";
import { FormDialog } from "./FormDialog.tsx";

interface NameDialogProps {
  readonly run: (name: string) => void;
  readonly close: () => void;
}

/** Asked for once where no one signs in: "anonymous" says to no one who works on an incident. */
export function NameDialog({ run, close }: NameDialogProps) {
  const [name, setName] = useState("");
  const trimmed = name.trim();
  return (
    <FormDialog
      title="Your name"
      description="Others see it with your actions. It is kept in this browser, and no one checks it."
      submit="Continue"
      missing={trimmed === "" ? "A name is required" : undefined}
      isPending={false}
      error={undefined}
      onSubmit={() => {
        setPreferences({ name: trimmed });
        close();
        run(trimmed);
      }}
      close={close}
    >
      <FormGroup label="Name" fieldId="own-name">
        <TextInput
          id="own-name"
          value={name}
          maxLength={200}
          autoComplete="name"
          onChange={(_event, value) => setName(value)}
        />
      </FormGroup>
    </FormDialog>
  );
}
