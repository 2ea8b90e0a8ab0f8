import { Alert, AlertActionLink } from "@patternfly/react-core";
import type { Instant } from "../../../../src/core/model/time.ts";
import { isGone, isSilenced, rowName } from "../../../../src/core/view/row.ts";
import type { Health, Row, RowSilence } from "../../../../src/http/base/api-types.ts";
import { Commands } from "../../common/Command.tsx";
import { When } from "../../common/When.tsx";
import { useData, useNow } from "../../context.ts";
import { list, plural } from "../../format/text.ts";
import { goTo } from "../../state/location.ts";
import { coverageOf, isCommand, type UnknownCause, unknownCauses } from "../../state/unknown-namespaces.ts";

/** Reasons why the list may be incomplete or need attention, the most serious first. */
export function Banners() {
  const { meta } = useData();
  const now = useNow();
  return (
    <div className="pw-banners">
      <Problems health={meta.health} now={now} />
      <UnknownNamespaces health={meta.health} now={now} />
      <FailingReceivers health={meta.health} now={now} />
      <EndingSilences now={now} />
    </div>
  );
}

interface HealthProps {
  readonly health: Health;
  readonly now: Instant;
}

function Problems({ health, now }: HealthProps) {
  return health.problems.map(({ since, message, remedy }) => (
    <Alert component="p" key={message} isInline variant="danger" title={message}>
      Since <When at={since} now={now} as="short" />.{" "}
      {remedy !== undefined && (isCommand(remedy) ? <Commands lines={[remedy]} /> : remedy)}
    </Alert>
  ));
}

/** One banner for each cause, not for each namespace. */
function UnknownNamespaces({ health, now }: HealthProps) {
  const { unknown, watched } = coverageOf(health);
  return unknownCauses(unknown).map((cause) => (
    <UnknownAlert key={cause.message} cause={cause} watched={watched} now={now} />
  ));
}

function UnknownAlert({
  cause,
  watched,
  now,
}: {
  readonly cause: UnknownCause;
  readonly watched: number;
  readonly now: number;
}) {
  const { namespaces, since, message, commands, remedies } = cause;
  return (
    <div role="alert">
      <Alert
        component="p"
        isInline
        variant="info"
        className="pw-unknown-namespaces"
        title={
          <>
            Unknown in {namespaces.length} of {plural(watched, "namespace")} since{" "}
            <When at={since} now={now} as="short" />. What happens in {list(namespaces, 5)} is not known, and no one is
            notified of new problems there.
          </>
        }
      >
        <p>
          {message}
          {commands.length > 0 &&
            ` ${commands.length === 1 ? "This command allows it" : "These commands allow it"} again; watching resumes by itself within a minute.`}
          {remedies.length > 0 && ` ${remedies.join(" ")}`}
        </p>
        {commands.length > 0 && <Commands lines={commands} />}
      </Alert>
    </div>
  );
}

function FailingReceivers({ health, now }: HealthProps) {
  return health.receivers.map(({ receiver, undelivered, since, detail }) => (
    <Alert
      component="p"
      key={receiver}
      isInline
      variant="warning"
      title={
        <>
          {receiver} cannot be reached since <When at={since} now={now} as="short" /> ({detail}):{" "}
          {plural(undelivered, "notification waits", "notifications wait")}.
        </>
      }
      actionLinks={
        <AlertActionLink component="button" onClick={() => goTo("notifications", { q: receiver, part: "sent" })}>
          Open
        </AlertActionLink>
      }
    />
  ));
}

/** Early enough to extend the silence. */
const ENDING_MS = 15 * 60_000;

/** One banner for all silences, so that the list stays visible. */
function EndingSilences({ now }: Pick<HealthProps, "now">) {
  const { rows } = useData();
  const ending = new Map<string, RowSilence>();
  const covered: Row[] = [];
  for (const row of rows.values()) {
    const { silenced } = row;
    if (row.state === "Normal" || isGone(row) || silenced === undefined || !isSilenced(row, now)) continue;
    if (silenced.until - now > ENDING_MS) continue;
    ending.set(silenced.id ?? `until ${silenced.until}`, silenced);
    covered.push(row);
  }
  if (covered.length === 0) return null;
  const silences = [...ending.values()].sort((a, b) => a.until - b.until);
  const [first] = silences;
  const what = silences.length === 1 ? "A silence ends" : `${silences.length} silences end`;
  return (
    <Alert
      component="p"
      isInline
      variant="warning"
      title={`${what} soon, and ${plural(covered.length, "container")} ${covered.length === 1 ? "is" : "are"} still failing`}
      actionLinks={
        <AlertActionLink component="button" onClick={() => goTo("silences")}>
          {silences.length === 1 ? "Extend the silence" : "Extend the silences"}
        </AlertActionLink>
      }
    >
      {silences.length > 1 ? "First end:" : "End:"} <When at={first?.until ?? now} now={now} as="short" />.{" "}
      {first?.reason} ({list(covered.map(rowName))})
    </Alert>
  );
}
