import { Alert, AlertActionLink } from "@patternfly/react-core";
import type { Instant } from "../../../../src/core/model/time.ts";
import { isGone, isSilenced, rowName } from "../../../../src/core/view/row.ts";
import type { Health, Row, RowSilence } from "../../../../src/http/base/api-types.ts";
import { Command } from "../../common/Command.tsx";
import { When } from "../../common/When.tsx";
import { useData, useNow } from "../../context.ts";
import { list, plural } from "../../format/text.ts";
import { goTo } from "../../state/location.ts";

/** What stands between the reader and the truth of the list, the gravest first. */
export function StatusBanners() {
  const { meta } = useData();
  const now = useNow();
  return (
    <div className="pw-banners">
      <Problems health={meta.health} now={now} />
      <BlindNamespaces health={meta.health} now={now} />
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

function BlindNamespaces({ health, now }: HealthProps) {
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
        Not confirmed since <When at={since} now={now} as="short" />. What is shown for{" "}
        {stale.length === 1 ? "it" : "them"} is the last that was known.
      </p>
      {stale.slice(0, 5).map(({ namespace, message, missing, remedy }) => (
        <div key={namespace}>
          <p>
            {namespace}: {message ?? "no contact"}
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
          Show the deliveries
        </AlertActionLink>
      }
    />
  ));
}

/** Soon enough to extend it, late enough not to be read every day. */
const ENDING_MS = 15 * 60_000;

/** One for all of them: however many end, the list stays in sight. */
function EndingSilences({ now }: Pick<HealthProps, "now">) {
  const { rows } = useData();
  const ending = new Map<string, RowSilence>();
  const under: Row[] = [];
  for (const row of rows.values()) {
    const { silenced } = row;
    if (row.state === "Normal" || isGone(row) || silenced === undefined || !isSilenced(row, now)) continue;
    if (silenced.until - now > ENDING_MS) continue;
    ending.set(silenced.id, silenced);
    under.push(row);
  }
  if (under.length === 0) return null;
  const silences = [...ending.values()].sort((a, b) => a.until - b.until);
  const [first] = silences;
  const what = silences.length === 1 ? "A silence ends" : `${silences.length} silences end`;
  const whose = silences.length === 1 ? "it" : "them";
  return (
    <Alert
      component="p"
      isInline
      variant="warning"
      title={`${what} soon while ${plural(under.length, "container")} under ${whose} still ${under.length === 1 ? "fails" : "fail"}`}
      actionLinks={
        <AlertActionLink component="button" onClick={() => goTo("silences")}>
          {silences.length === 1 ? "Extend it" : "Extend them"}
        </AlertActionLink>
      }
    >
      {silences.length > 1 ? "The first until" : "Until"} <When at={first?.until ?? now} now={now} as="short" />:{" "}
      {first?.reason} ({list(under.map(rowName))})
    </Alert>
  );
}
