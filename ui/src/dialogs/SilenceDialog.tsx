import { Alert, Button, FormGroup, Radio } from "@patternfly/react-core";
import { useEffect, useState } from "react";
import type { Silence, SilencePreview, SilenceRequest } from "../../../src/http/base/api-types.ts";
import { silencesChanged } from "../actions.ts";
import { ApiError, call } from "../api.ts";
import { useLoad } from "../common/useLoad.ts";
import { refusalOf, useApp, useCan, useData } from "../context.ts";
import { plural } from "../format/text.ts";
import { localAndUtc } from "../format/time.ts";
import type { SilenceSubject } from "../state/dialog.ts";
import { Confirmation } from "./Confirmation.tsx";
import { EndChoice } from "./EndChoice.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { endOf, type Length, startOf } from "./length.ts";
import { ReasonFields } from "./ReasonFields.tsx";
import { StartChoice } from "./StartChoice.tsx";
import { describeScope, scopeChoices } from "./scopes.ts";
import { useSubmit } from "./useSubmit.ts";

interface SilenceDialogProps {
  readonly subject: SilenceSubject;
  readonly close: () => void;
}

/** Interval of the preview while the dialog is open. */
const PREVIEW_MS = 5_000;

/** Creates silences, with a preview of the containers covered. */
export function SilenceDialog({ subject, close }: SilenceDialogProps) {
  const app = useApp();
  const { meta } = useData();
  const can = useCan();
  const choices = scopeChoices(subject);
  const [chosen, setChosen] = useState(choices[0]?.key);
  const [length, setLength] = useState<Length>({ kind: "for", milliseconds: 2 * 3_600_000 });
  const [start, setStart] = useState<string | undefined>(undefined);
  const [reason, setReason] = useState(subject.kind === "again" ? subject.reason : "");
  const [endWhenNormal, setEndWhenNormal] = useState(false);
  const [confirmed, setConfirmed] = useState(false);

  const { scopes = [] } = choices.find((choice) => choice.key === chosen) ?? {};
  const preview = useLoad(
    JSON.stringify(scopes),
    (signal) => call("POST silences/preview", { body: { scopes }, signal }),
    useInterval(PREVIEW_MS),
  );
  const now = app.store.clock.now();
  const from = startOf(start, now);
  const until = endOf(length, from ?? now);
  const isEverything = scopes.some((scope) => scope.kind === "everything");
  const isLarge =
    isEverything ||
    (preview.data?.containers ?? 0) > meta.confirmSilence.containers ||
    (until ?? 0) - (from ?? now) > meta.confirmSilence.durationMs;

  const request: Omit<SilenceRequest, "scope"> = {
    ...(start === undefined || from === undefined ? {} : { from }),
    until: until ?? 0,
    reason: reason.trim(),
    endWhenNormal,
  };
  const submit = useSubmit(
    async (key) => {
      const silences: Silence[] = [];
      for (const [index, scope] of scopes.entries()) {
        const path = { id: `s-${key}-${index}` };
        silences.push(await call("PUT silences/{id}", { path, body: { ...request, scope } }));
      }
      app.toasts.add({
        variant: "success",
        title: `Silenced ${request.from === undefined ? "" : `from ${localAndUtc(request.from)} `}until ${localAndUtc(request.until)}`,
        detail: silences.map(({ scope }) => describeScope(scope)).join("\n"),
        actions: [{ label: "Undo", run: () => void undo(app, silences) }],
      });
      silencesChanged(app);
      close();
    },
    // The input, not the request: `until` moves with the clock.
    JSON.stringify([scopes, start, length, reason, endWhenNormal]),
  );
  const conflicts = conflictsOf(submit.error) ?? preview.data?.conflicts ?? [];
  return (
    <FormDialog
      title="Silence alerts"
      description="Restarts are still counted and shown; only notifications stop."
      submit={submitText(preview.data)}
      missing={whatIsMissing({
        reason,
        isLater: start !== undefined,
        from,
        until,
        now,
        isLarge,
        confirmed,
        refusal: isEverything ? refusalOf(can.silenceEverything) : undefined,
        conflicts,
      })}
      isPending={submit.isPending}
      error={conflictsOf(submit.error) === undefined ? submit.error : undefined}
      onSubmit={submit.run}
      close={close}
    >
      <FormGroup role="radiogroup" label="Scope" fieldId="silence-scope" isStack>
        {choices.map(({ key, label }) => (
          <Radio
            key={key}
            id={`silence-scope-${key}`}
            name="silence-scope"
            label={label}
            isChecked={key === chosen}
            onChange={() => {
              setChosen(key);
              setConfirmed(false);
            }}
          />
        ))}
        <PreviewLine preview={preview.data} failed={preview.error !== undefined} />
      </FormGroup>
      {conflicts.map((silence) => (
        <Conflict key={silence.id} silence={silence} close={close} />
      ))}
      <EndChoice length={length} onChange={setLength} until={until} />
      <StartChoice start={start} onChange={setStart} now={now} />
      {isLarge && (
        <Confirmation
          containers={preview.data?.containers}
          until={until}
          isChecked={confirmed}
          onChange={setConfirmed}
        />
      )}
      <ReasonFields
        reason={reason}
        onReason={setReason}
        endWhenNormal={endWhenNormal}
        onEndWhenNormal={setEndWhenNormal}
      />
    </FormDialog>
  );
}

function submitText(preview: SilencePreview | undefined): string {
  return preview === undefined ? "Silence" : `Silence ${plural(preview.containers, "container")}`;
}

interface Missing {
  readonly reason: string;
  readonly isLater: boolean;
  readonly from: number | undefined;
  readonly until: number | undefined;
  readonly now: number;
  readonly isLarge: boolean;
  readonly confirmed: boolean;
  readonly refusal: string | undefined;
  readonly conflicts: readonly Silence[];
}

function whatIsMissing(missing: Missing): string | undefined {
  const { reason, isLater, from, until, now, isLarge, confirmed, refusal, conflicts } = missing;
  if (refusal !== undefined) return refusal;
  if (conflicts.length > 0) return "Already silenced: extend that silence, or choose another scope";
  if (from === undefined) return "Enter a start time";
  if (isLater && from <= now) return "Start time is in the past";
  if (until === undefined) return "Enter an end time";
  if (until <= from) return "End time must be after start time";
  if (until <= now) return "End time is in the past";
  if (reason.trim() === "") return "A reason is required";
  if (isLarge && !confirmed) return "Confirm this large silence";
  return undefined;
}

function PreviewLine({ preview, failed }: { readonly preview: SilencePreview | undefined; readonly failed: boolean }) {
  return (
    <p className="pw-preview" role="status">
      {preview !== undefined
        ? `Silences ${plural(preview.containers, "container")}, ${preview.failing} failing now.`
        : failed
          ? "Could not count the affected containers."
          : "Counting the affected containers…"}
    </p>
  );
}

function Conflict({ silence, close }: { readonly silence: Silence; readonly close: () => void }) {
  const app = useApp();
  return (
    <Alert
      component="p"
      isInline
      variant="info"
      title={`Already silenced by ${silence.by} until ${localAndUtc(silence.until)}`}
      actionLinks={
        <Button
          variant="link"
          isInline
          onClick={() => {
            close();
            app.dialog.set({ kind: "change-silence", silence });
          }}
        >
          Extend it
        </Button>
      }
    >
      {describeScope(silence.scope)}: {silence.reason}
    </Alert>
  );
}

function conflictsOf(error: unknown): readonly Silence[] | undefined {
  return error instanceof ApiError && error.problem.status === 409 ? error.problem.conflicts : undefined;
}

async function undo(app: ReturnType<typeof useApp>, silences: readonly Silence[]): Promise<void> {
  try {
    await Promise.all(silences.map(({ id }) => call("DELETE silences/{id}", { path: { id } })));
    silencesChanged(app);
    app.toasts.add({ variant: "info", title: "The silence was ended" });
  } catch (error) {
    app.toasts.add({ variant: "danger", title: "The silence could not be ended", detail: String(error) });
  }
}

/** A number that increases every `interval` ms. */
function useInterval(interval: number): number {
  const [ticks, setTicks] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTicks((count) => count + 1), interval);
    return () => clearInterval(timer);
  }, [interval]);
  return ticks;
}
