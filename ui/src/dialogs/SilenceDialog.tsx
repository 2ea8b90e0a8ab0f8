import { Alert, Button, FormGroup, Radio } from "@patternfly/react-core";
import { useEffect, useState } from "react";
import { DAY, HOUR } from "../../../src/core/model/time.ts";
import type {
  Silence,
  SilencePreview,
  SilenceRepeat,
  SilenceRequest,
  SilenceScope,
} from "../../../src/http/base/api-types.ts";
import { silencesChanged } from "../actions.ts";
import { ApiError, call, describeError } from "../api.ts";
import { useLoad } from "../common/useLoad.ts";
import { useSettled } from "../common/useSettled.ts";
import { refusalOf, useApp, useCan, useData } from "../context.ts";
import { plural } from "../format/text.ts";
import { localAndUtc } from "../format/time.ts";
import type { SilenceSubject } from "../state/dialog.ts";
import { ConditionFields } from "./ConditionFields.tsx";
import { Confirmation } from "./Confirmation.tsx";
import { type Condition, conditionsScope, FIRST_CONDITION } from "./conditions.ts";
import { EndChoice } from "./EndChoice.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { endOf, type Length, startOf } from "./length.ts";
import { ReasonFields } from "./ReasonFields.tsx";
import { RepeatChoice } from "./RepeatChoice.tsx";
import { repeatProblem } from "./repeat.ts";
import { StartChoice } from "./StartChoice.tsx";
import { describeScope, type ScopeChoice, scopeChoices } from "./scopes.ts";
import { useSubmit } from "./useSubmit.ts";

interface SilenceDialogProps {
  readonly subject: SilenceSubject;
  readonly close: () => void;
}

/** Interval of the preview while the dialog is open. */
const PREVIEW_MS = 5_000;
const MAX_EXAMPLES = 5;

/** Creates silences, with a preview of the containers covered. */
export function SilenceDialog({ subject, close }: SilenceDialogProps) {
  const app = useApp();
  const { meta } = useData();
  const can = useCan();
  const choices = scopeChoices(subject);
  const [chosen, setChosen] = useState(choices[0]?.key);
  const [length, setLength] = useState<Length>({
    kind: "for",
    milliseconds: subject.kind === "again" && subject.repeat !== undefined ? 90 * DAY : 2 * HOUR,
  });
  const [start, setStart] = useState<string | undefined>(undefined);
  const [reason, setReason] = useState(subject.kind === "again" ? subject.reason : "");
  const [endWhenNormal, setEndWhenNormal] = useState(false);
  const [confirmed, setConfirmed] = useState(false);
  const [conditions, setConditions] = useState<readonly Condition[]>([FIRST_CONDITION]);
  const [repeat, setRepeat] = useState<SilenceRepeat | undefined>(
    subject.kind === "again" ? subject.repeat : undefined,
  );

  const scopes = scopesOf(choices, chosen, conditions);
  const preview = usePreview(scopes);
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
    endWhenNormal: endWhenNormal && repeat === undefined,
    ...(repeat === undefined ? {} : { repeat }),
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
    JSON.stringify([scopes, start, length, reason, endWhenNormal, repeat]),
  );
  const conflicts = conflictsOf(submit.error) ?? preview.data?.conflicts ?? [];
  return (
    <FormDialog
      title={subject.kind === "conditions" ? "New silence" : "Silence alerts"}
      description="Restarts are still counted and shown; only notifications stop."
      submit={submitText(preview.data)}
      missing={whatIsMissing({
        scopes,
        repeat,
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
      </FormGroup>
      {chosen === "conditions" && (
        <ConditionFields
          conditions={conditions}
          onChange={setConditions}
          problem={preview.error instanceof ApiError ? describeError(preview.error).detail : undefined}
        />
      )}
      {scopes.length > 0 && <PreviewLine preview={preview.data} failed={preview.error !== undefined} />}
      {conflicts.map((silence) => (
        <Conflict key={silence.id} silence={silence} close={close} />
      ))}
      <EndChoice length={length} onChange={setLength} until={until} isRecurring={repeat !== undefined} />
      <StartChoice start={start} onChange={setStart} now={now} />
      <RepeatChoice
        repeat={repeat}
        onChange={(next) => {
          if ((next === undefined) !== (repeat === undefined))
            setLength({ kind: "for", milliseconds: next === undefined ? 2 * HOUR : 90 * DAY });
          setRepeat(next);
        }}
      />
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
        isRecurring={repeat !== undefined}
      />
    </FormDialog>
  );
}

function submitText(preview: SilencePreview | undefined): string {
  return preview === undefined ? "Silence" : `Silence ${plural(preview.containers, "container")}`;
}

function scopesOf(
  choices: readonly ScopeChoice[],
  chosen: string | undefined,
  conditions: readonly Condition[],
): readonly SilenceScope[] {
  if (chosen !== "conditions") return choices.find((choice) => choice.key === chosen)?.scopes ?? [];
  const scope = conditionsScope(conditions);
  return scope === undefined ? [] : [scope];
}

/** The rows that the scopes cover now; it follows the input when that rests. */
function usePreview(scopes: readonly SilenceScope[]) {
  const asked = useSettled(JSON.stringify(scopes));
  return useLoad(
    asked,
    async (signal) =>
      asked === "[]"
        ? undefined
        : await call("POST silences/preview", { body: { scopes: JSON.parse(asked) as SilenceScope[] }, signal }),
    useInterval(PREVIEW_MS),
  );
}

interface Missing {
  readonly scopes: readonly SilenceScope[];
  readonly repeat: SilenceRepeat | undefined;
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
  const { scopes, repeat, reason, isLater, from, until, now, isLarge, confirmed, refusal, conflicts } = missing;
  if (refusal !== undefined) return refusal;
  if (scopes.length === 0) return "Enter a value for each condition";
  if (conflicts.length > 0) return "Already silenced: extend that silence, or choose another scope";
  if (from === undefined) return "Enter a start time";
  if (isLater && from <= now) return "Start time is in the past";
  if (until === undefined) return "Enter an end time";
  if (until <= from) return "End time must be after start time";
  if (until <= now) return "End time is in the past";
  const incomplete = repeatProblem(repeat);
  if (incomplete !== undefined) return incomplete;
  if (reason.trim() === "") return "A reason is required";
  if (isLarge && !confirmed) return "Confirm this large silence";
  return undefined;
}

function PreviewLine({ preview, failed }: { readonly preview: SilencePreview | undefined; readonly failed: boolean }) {
  if (preview === undefined) {
    return (
      <p className="pw-preview" role="status">
        {failed ? "Could not count the affected containers." : "Counting the affected containers…"}
      </p>
    );
  }
  const { containers, failing, examples } = preview;
  const shown = examples.slice(0, MAX_EXAMPLES);
  return (
    <div className="pw-preview">
      <p role="status">
        {containers === 0
          ? "Matches nothing now. Later alerts that match will be silenced."
          : `Silences ${plural(containers, "container")}, ${failing} failing now.`}
      </p>
      {shown.length > 0 && (
        <ul className="pw-preview-examples">
          {shown.map(({ id }) => (
            <li key={id}>{id}</li>
          ))}
          {failing > shown.length && <li>and {plural(failing - shown.length, "more", "more")}</li>}
        </ul>
      )}
    </div>
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
