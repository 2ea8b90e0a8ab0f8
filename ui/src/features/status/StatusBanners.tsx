import { Alert, AlertActionLink } from "@patternfly/react-core";
import type { Instant } from "../../../../src/core/model/time.ts";
import { isGone, isSilenced, rowName } from "../../../../src/core/view/row.ts";
import type { Health, Row, RowSilence } from "../../../../src/http/base/api-types.ts";
import { Command } from "../../common/Command.tsx";
import { When } from "../../common/When.tsx";
import { useData, useNow } from "../../context.ts";
import { list, plural } from "../../format/text.ts";
import { goTo } from "../../state/location.ts";

/** Reasons why the list may be incomplete or need attention, the most serious first. */
export function StatusBanners() {
  const { meta } = useData();
  const now = useNow();
  return (
    <div className="pw-banners">
      <Problems health={meta.health} now={now} />
      <StaleNamespacesAlert health={meta.health} now={now} />
      <FailingReceivers health={meta.health} />
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
      Since <When at={since} now={now} as="short" />.{remedy !== undefined && <Command text={remedy} />}
    </Alert>
  ));
}

function StaleNamespacesAlert({ health, now }: HealthProps) {
  const stale = health.namespaces.filter((each) => each.staleSince !== undefined);
  if (stale.length === 0) return null;
  const since = Math.min(...stale.map((each) => each.staleSince ?? now));
  const names = list(
    stale.map((each) => each.namespace),
    5,
  );
  return (
    <Alert component="p" isInline variant="danger" title={`The state of ${names} is unknown`}>
      <p>
        Watch out of sync since <When at={since} now={now} as="short" />. The rows show the last known state.
      </p>
      {stale.slice(0, 5).map(({ namespace, message, missing, remedy }) => (
        <div key={namespace}>
          <p>
            {namespace}: {message ?? "no connection"}
            {missing !== undefined && missing.length > 0 && ` (missing: ${missing.join(", ")})`}
          </p>
          {remedy !== undefined && <Command text={remedy} />}
        </div>
      ))}
    </Alert>
  );
}

function FailingReceivers({ health }: Pick<HealthProps, "health">) {
  return health.receivers.map(({ receiver, undelivered, detail }) => (
    <Alert
      component="p"
      key={receiver}
      isInline
      variant="warning"
      title={`${plural(undelivered, "alert")} could not be delivered to ${receiver} (${detail})`}
      actionLinks={
        <AlertActionLink component="button" onClick={() => goTo("activity", { q: receiver })}>
          Show deliveries
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
    ending.set(silenced.id, silenced);
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
