import { Button, EmptyState, EmptyStateBody, ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import { useState } from "react";
import { formatSpan } from "../../../../src/core/model/duration.ts";
import { MINUTE } from "../../../../src/core/model/time.ts";
import type { Silence } from "../../../../src/http/base/api-types.ts";
import { call } from "../../api.ts";
import { Chip } from "../../common/Chip.tsx";
import { Panel } from "../../common/Panel.tsx";
import { ScreenTitle } from "../../common/ScreenTitle.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { When } from "../../common/When.tsx";
import { refusal, refusalOf, useApp, useCan, useNow } from "../../context.ts";
import { repeatText } from "../../dialogs/repeat.ts";
import { describeScope } from "../../dialogs/scopes.ts";
import { plural } from "../../format/text.ts";
import { goTo } from "../../state/location.ts";
import { useValue } from "../../state/value.ts";
// After the components, which import their own styles.
import "../../styles/records.css";

type Shown = Silence["state"];

const TABS: readonly (readonly [Shown, string])[] = [
  ["active", "Active"],
  ["upcoming", "Upcoming"],
  ["expired", "Expired"],
];

/** Every silence with the rows it covers now, its reason, author and duration. Silences without matches are listed too. */
export default function SilencesScreen() {
  const app = useApp();
  const can = useCan();
  const now = useNow();
  const [shown, setShown] = useState<Shown>("active");
  const changes = useValue(app.silenceChanges);
  // The covered rows change, and so do silences of other users: reload with each tick of the clock.
  const loaded = useLoad("silences", (signal) => call("GET silences", { signal }), `${now} ${changes}`);
  const denied = refusalOf(can.silence);
  return (
    <section className="pw-screen pw-flow" aria-labelledby="title">
      <div className="pw-headline pw-screen-head">
        <ScreenTitle>Silences</ScreenTitle>
        <Button
          variant="secondary"
          isAriaDisabled={denied !== undefined}
          title={denied}
          onClick={() => app.dialog.set({ kind: "silence", subject: { kind: "conditions" } })}
        >
          New silence…
        </Button>
      </div>
      <p className="pw-muted">Silenced containers are still counted and shown; only notifications stop.</p>
      {denied !== undefined && <p className="pw-muted">Read-only: {denied}.</p>}
      <Panel loaded={loaded} what="silences">
        {({ silences }) => {
          const of = (state: Shown) => silences.filter((silence) => silence.state === state);
          return (
            <>
              <ToggleGroup aria-label="Filter silences" className="pw-screen-tabs">
                {TABS.map(([state, text]) => (
                  <ToggleGroupItem
                    key={state}
                    text={`${text} (${of(state).length})`}
                    buttonId={`silences-${state}`}
                    isSelected={state === shown}
                    onChange={() => setShown(state)}
                  />
                ))}
              </ToggleGroup>
              <SilenceList silences={of(shown)} shown={shown} />
            </>
          );
        }}
      </Panel>
    </section>
  );
}

interface SilenceListProps {
  readonly silences: readonly Silence[];
  readonly shown: Shown;
}

const EMPTY: Record<Shown, readonly [title: string, body: string]> = {
  active: ["Nothing is silenced", "Silence a container, a workload or a namespace from its incident."],
  upcoming: ["No silence is planned", "Silences that start later appear here."],
  expired: [
    "No silence ended in the last 7 days",
    "Ended silences are listed for 7 days, so that you can repeat them.",
  ],
};

function SilenceList({ silences, shown }: SilenceListProps) {
  if (silences.length === 0) {
    const [title, body] = EMPTY[shown];
    return (
      <EmptyState titleText={title} headingLevel="h2" variant="sm">
        <EmptyStateBody>{body}</EmptyStateBody>
      </EmptyState>
    );
  }
  const sorted = [...silences].sort((a, b) => (shown === "expired" ? endOf(b) - endOf(a) : a.until - b.until));
  return (
    <ul className="pw-records">
      {sorted.map((silence) => (
        <SilenceLine key={silence.id} silence={silence} />
      ))}
    </ul>
  );
}

function endOf(silence: Silence): number {
  return silence.endedAt ?? silence.until;
}

function SilenceLine({ silence }: { readonly silence: Silence }) {
  const now = useNow();
  const { scope, matches, failing, reason, by, from, until, state } = silence;
  const namespace = "namespace" in scope ? scope.namespace : undefined;
  return (
    <li className="pw-record">
      <div className="pw-record-main">
        <h2 className="pw-record-title">{describeScope(scope)}</h2>
        <p className="pw-break">{reason}</p>
        {silence.repeat !== undefined && (
          <p>
            Recurs {repeatText(silence.repeat)}
            {state === "upcoming" && from <= now && ": paused now"}
          </p>
        )}
        <p className="pw-muted">
          By {by}, from <When at={from} as="dateMinute" /> until <When at={until} as="dateMinute" />
          {silence.endWhenNormal && " or until everything is normal"}
        </p>
        {state === "expired" && (
          <p className="pw-muted">
            Ended <When at={endOf(silence)} now={now} as="relative" />
            {silence.endedBecause !== undefined && `: ${silence.endedBecause}`}
          </p>
        )}
        {state === "active" && silence.repeat === undefined && <TimeBar from={from} until={until} now={now} />}
      </div>
      <div className="pw-record-side">
        {state !== "expired" &&
          (matches === 0 ? (
            <Chip color="warning" outline>
              Matches nothing
            </Chip>
          ) : (
            <button
              type="button"
              className="pf-v6-c-button pf-m-link pf-m-inline"
              onClick={() => goTo("containers", { ns: namespace === undefined ? [] : [namespace] })}
            >
              {plural(matches, "container")}, {failing} failing
            </button>
          ))}
        <SilenceActions silence={silence} namespace={namespace} />
      </div>
    </li>
  );
}

interface SilenceActionsProps {
  readonly silence: Silence;
  readonly namespace: string | undefined;
}

function SilenceActions({ silence, namespace }: SilenceActionsProps) {
  const { dialog } = useApp();
  const can = useCan();
  const denied =
    silence.scope.kind === "everything" ? refusalOf(can.silenceEverything) : refusal(can, "silence", namespace);
  const refused = { isAriaDisabled: denied !== undefined, title: denied, size: "sm" as const };
  if (silence.state === "expired") {
    return (
      <Button
        variant="secondary"
        {...refused}
        onClick={() => dialog.set({ kind: "silence", subject: { kind: "again", ...silence } })}
      >
        Create again…
      </Button>
    );
  }
  return (
    <span className="pw-record-actions">
      <Button variant="secondary" {...refused} onClick={() => dialog.set({ kind: "change-silence", silence })}>
        Extend or edit…
      </Button>
      <Button variant="link" isDanger {...refused} onClick={() => dialog.set({ kind: "end-silence", silence })}>
        End now…
      </Button>
    </span>
  );
}

/** The part of the duration that has elapsed. */
function TimeBar({ from, until, now }: { readonly from: number; readonly until: number; readonly now: number }) {
  const left = Math.max(0, until - now);
  return (
    <div className="pw-time-bar">
      <progress max={until - from} value={Math.max(0, now - from)} aria-label="Elapsed time" />
      <span className="pw-muted">{left < MINUTE ? "under 1 min left" : `${formatSpan(left)} left`}</span>
    </div>
  );
}
