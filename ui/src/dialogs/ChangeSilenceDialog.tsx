import { Checkbox, FormGroup, TextArea } from "@patternfly/react-core";
import { useState } from "react";
import type { Silence } from "../../../src/http/base/api-types.ts";
import { silencesChanged } from "../actions.ts";
import { call } from "../api.ts";
import { useApp } from "../context.ts";
import { localAndUtc } from "../format/time.ts";
import { EndChoice } from "./EndChoice.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { endOf, fieldValue, type Length } from "./length.ts";
import { describeScope } from "./scopes.ts";
import { useSubmit } from "./useSubmit.ts";

interface ChangeSilenceDialogProps {
  readonly silence: Silence;
  readonly close: () => void;
}

/** Another end or another reason for a silence that is there. */
export function ChangeSilenceDialog({ silence, close }: ChangeSilenceDialogProps) {
  const app = useApp();
  const [length, setLength] = useState<Length>({ kind: "until", value: fieldValue(silence.until) });
  const [reason, setReason] = useState(silence.reason);
  const [endWhenNormal, setEndWhenNormal] = useState(silence.endWhenNormal);
  const now = app.store.clock.now();
  const until = endOf(length, now);
  const submit = useSubmit(
    async () => {
      const changed = await call("PUT silences/{id}", {
        path: { id: silence.id },
        body: { scope: silence.scope, until: until ?? silence.until, reason: reason.trim(), endWhenNormal },
      });
      app.toasts.add({ variant: "success", title: `Silenced until ${localAndUtc(changed.until)}` });
      silencesChanged(app);
      close();
    },
    JSON.stringify([length, reason, endWhenNormal]),
  );
  const missing =
    until === undefined
      ? "Say until when"
      : until <= now
        ? "The end lies in the past: end the silence instead"
        : reason.trim() === ""
          ? "A reason is required"
          : undefined;
  return (
    <FormDialog
      title="Extend or change the silence"
      description={describeScope(silence.scope)}
      submit="Save"
      missing={missing}
      isPending={submit.isPending}
      error={submit.error}
      onSubmit={submit.run}
      close={close}
    >
      <EndChoice length={length} onChange={setLength} until={until} />
      <FormGroup label="Reason" fieldId="change-reason" isRequired>
        <TextArea
          id="change-reason"
          value={reason}
          onChange={(_event, value) => setReason(value)}
          isRequired
          resizeOrientation="vertical"
          maxLength={500}
        />
      </FormGroup>
      <Checkbox
        id="change-early"
        label="End early when everything under it is back to normal"
        isChecked={endWhenNormal}
        onChange={(_event, isChecked) => setEndWhenNormal(isChecked)}
      />
    </FormDialog>
  );
}
