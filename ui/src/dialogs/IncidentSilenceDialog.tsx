import { useState } from "react";
import { HOUR } from "../../../src/core/model/time.ts";
import { silencesChanged } from "../actions.ts";
import { call } from "../api.ts";
import { useApp } from "../context.ts";
import { plural } from "../format/text.ts";
import { localAndUtc } from "../format/time.ts";
import { about, idsOf, withName } from "../incident-actions.ts";
import type { ChosenIncidents } from "../state/dialog.ts";
import { EndChoice } from "./EndChoice.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { endOf, type Length } from "./length.ts";
import { ReasonFields } from "./ReasonFields.tsx";
import { useSubmit } from "./useSubmit.ts";

interface IncidentSilenceDialogProps {
  readonly chosen: ChosenIncidents;
  /** Proposed by a link in a message, such as `1h`. */
  readonly length: string | undefined;
  readonly close: () => void;
}

/** Silences the workloads of incidents. */
export function IncidentSilenceDialog({ chosen, length: proposed, close }: IncidentSilenceDialogProps) {
  const app = useApp();
  const [length, setLength] = useState<Length>({ kind: "for", milliseconds: proposedLength(proposed) });
  // One confirmation is enough for the link in a message.
  const [reason, setReason] = useState(proposed === undefined ? "" : "Silenced from a message");
  const [endWhenNormal, setEndWhenNormal] = useState(true);
  const now = app.store.clock.now();
  const until = endOf(length, now);
  const covered = "incidents" in chosen ? chosen.incidents.length : chosen.count;
  const what = "incidents" in chosen ? about(chosen.incidents) : plural(covered, "incident");
  const submit = useSubmit(
    () =>
      new Promise<void>((resolve, reject) => {
        withName(app, (by) => {
          const body = {
            ...idsOf(chosen),
            until: until ?? 0,
            reason: reason.trim(),
            endWhenNormal,
            ...(by === undefined ? {} : { by }),
          };
          call("POST incidents/silence", { body }).then(({ items }) => {
            app.incidents.merge(items);
            app.incidents.reload();
            silencesChanged(app);
            app.announcer.announce(`Silenced ${what} until ${localAndUtc(body.until)}.`);
            close();
            resolve();
          }, reject);
        });
      }),
    JSON.stringify([length, reason, endWhenNormal]),
  );
  const missing =
    reason.trim() === ""
      ? "A reason is required"
      : until === undefined
        ? "An end is required"
        : until <= now
          ? "The end is in the past"
          : undefined;
  return (
    <FormDialog
      title={`Silence ${what}`}
      description="It covers the whole workload. Incidents are still shown; only notifications stop."
      submit={`Silence ${plural(covered, "incident")}`}
      missing={missing}
      isPending={submit.isPending}
      error={submit.error}
      onSubmit={submit.run}
      close={close}
    >
      <EndChoice length={length} onChange={setLength} until={until} />
      <ReasonFields
        reason={reason}
        onReason={setReason}
        endWhenNormal={endWhenNormal}
        onEndWhenNormal={setEndWhenNormal}
      />
    </FormDialog>
  );
}

function proposedLength(proposed: string | undefined): number {
  const [, number, unit] = /^(\d{1,4})(m|h|d)$/.exec(proposed ?? "") ?? [];
  return number === undefined
    ? 2 * HOUR
    : Number(number) * (unit === "m" ? HOUR / 60 : unit === "h" ? HOUR : 24 * HOUR);
}
