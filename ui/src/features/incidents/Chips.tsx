import BellIcon from "@patternfly/react-icons/dist/esm/icons/bell-icon";
import BellSlashIcon from "@patternfly/react-icons/dist/esm/icons/bell-slash-icon";
import HourglassHalfIcon from "@patternfly/react-icons/dist/esm/icons/hourglass-half-icon";
import RedoIcon from "@patternfly/react-icons/dist/esm/icons/redo-icon";
import UserCheckIcon from "@patternfly/react-icons/dist/esm/icons/user-check-icon";
import type { Incident } from "../../../../src/http/base/api-types.ts";
import { Chip } from "../../common/Chip.tsx";
import { PageLink } from "../../common/PageLink.tsx";
import { useApp } from "../../context.ts";
import { span } from "../../format/incident.ts";
import { list, plural } from "../../format/text.ts";
import { shortMinute, type Zone } from "../../format/time.ts";
import { goTo, screenHref } from "../../state/location.ts";
import { useValue } from "../../state/value.ts";

interface ChipsProps {
  readonly incident: Incident;
  readonly now: number;
  readonly zone: Zone;
}

const BELL = <BellIcon set="default" />;

/** The handling of an incident: never mixed with its severity. */
export function Chips({ incident, now, zone }: ChipsProps) {
  const { handling, timesIn24h, otherCauses } = incident;
  const { ack, silenced } = handling;
  const self = useValue(useApp().me)?.user;
  const by = ack?.by === self ? "you" : ack?.by;
  return (
    <span className="pw-chips">
      {otherCauses !== undefined && <Chip outline>+{plural(otherCauses, "other cause")}</Chip>}
      {timesIn24h > 1 && (
        <Chip color="orange" outline icon={<RedoIcon set="default" />}>
          {ordinal(timesIn24h)} time in 24 h
        </Chip>
      )}
      <Notified incident={incident} now={now} zone={zone} />
      {ack !== undefined && (
        <Chip color="blue" icon={<UserCheckIcon set="default" />} title={ack.note}>
          Acknowledged by {by} {shortMinute(ack.at, now, zone)}
          {ack.worseSince !== undefined && `, worse since ${shortMinute(ack.worseSince, now, zone)}`}
        </Chip>
      )}
      {silenced !== undefined && (
        <PageLink className="pw-chip-link" href={screenHref("silences")} go={() => goTo("silences")}>
          <Chip icon={<BellSlashIcon set="default" />} title={silenced.reason}>
            Silenced until {shortMinute(silenced.until, now, zone)}
          </Chip>
        </PageLink>
      )}
    </span>
  );
}

function Notified({ incident, now, zone }: ChipsProps) {
  const { notified = [], pendingUntil, pendingBecause, failed = [], nobody } = incident.handling;
  const [first, ...others] = notified;
  if (failed.length > 0) {
    return (
      <PageLink
        className="pw-chip-link"
        href={screenHref("notifications")}
        go={() => goTo("notifications", { part: "sent", q: failed[0] ?? "" })}
      >
        <Chip color="danger" outline icon={BELL}>
          Notifying {list(failed)} failed
        </Chip>
      </PageLink>
    );
  }
  if (first !== undefined) {
    const title = notified.map(({ receiver, at }) => `${receiver} ${shortMinute(at, now, zone)}`).join(", ");
    const what =
      others.length > 0
        ? `Notified ${list(notified.map(({ receiver }) => receiver))}`
        : `${first.pull === true ? "Picked up by monitoring" : `Notified ${first.receiver}`} ${shortMinute(first.at, now, zone)}`;
    return (
      <Chip outline icon={BELL} title={title}>
        {what}
      </Chip>
    );
  }
  if (pendingUntil !== undefined) {
    const when =
      pendingBecause === undefined
        ? pendingUntil > now
          ? `in ${span(pendingUntil - now)}`
          : "due now"
        : `${pendingBecause} until ${shortMinute(pendingUntil, now, zone)}`;
    return (
      <Chip outline icon={<HourglassHalfIcon set="default" />}>
        Not notified yet: {when}
      </Chip>
    );
  }
  if (nobody !== true) return null;
  return (
    <PageLink
      className="pw-chip-link"
      href={screenHref("notifications")}
      go={() => goTo("notifications", { part: "setup" })}
    >
      <Chip color="warning" outline icon={BELL}>
        No one is notified
      </Chip>
    </PageLink>
  );
}

function ordinal(value: number): string {
  const suffixes: Record<string, string> = { one: "st", two: "nd", few: "rd" };
  return `${value}${suffixes[ordinals.select(value)] ?? "th"}`;
}

const ordinals = new Intl.PluralRules("en-GB", { type: "ordinal" });
