import { useState } from "react";
import type { Silence } from "../../../src/http/base/api-types.ts";
import { silencesChanged } from "../actions.ts";
import { call } from "../api.ts";
import { useApp } from "../context.ts";
import { localAndUtc } from "../format/time.ts";
import { EndChoice } from "./EndChoice.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { endOf, fieldValue, type Length } from "./length.ts";
import { ReasonFields } from "./ReasonFields.tsx";
import { describeScope } from "./scopes.ts";
import { useSubmit } from "./useSubmit.ts";

interface ChangeSilenceDialogProps {
  readonly silence: Silence;
  readonly close: () => void;
}

/** Changes the end or the reason of a silence. */
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
      ? "Enter an end time"
      : until <= now
        ? "End time is in the past: end the silence instead"
        : reason.trim() === ""
          ? "A reason is required"
          : undefined;
  return (
    <FormDialog
      title="Extend or edit the silence"
      description={describeScope(silence.scope)}
      submit="Save"
      missing={missing}
      isPending={submit.isPending}
      error={submit.error}
      onSubmit={submit.run}
      close={close}
    >
      <EndChoice length={length} onChange={setLength} until={until} isRecurring={silence.repeat !== undefined} />
      <ReasonFields
        reason={reason}
        onReason={setReason}
        endWhenNormal={endWhenNormal}
        onEndWhenNormal={setEndWhenNormal}
        isRecurring={silence.repeat !== undefined}
      />
    </FormDialog>
  );
}
