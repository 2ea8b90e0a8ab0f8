import { Button } from "@patternfly/react-core";
import BellIcon from "@patternfly/react-icons/dist/esm/icons/bell-icon";
import BellSlashIcon from "@patternfly/react-icons/dist/esm/icons/bell-slash-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import CodeBranchIcon from "@patternfly/react-icons/dist/esm/icons/code-branch-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import RedoIcon from "@patternfly/react-icons/dist/esm/icons/redo-icon";
import UserCheckIcon from "@patternfly/react-icons/dist/esm/icons/user-check-icon";
import { useState } from "react";
import type { IncidentDetails, IncidentTimelineEntry } from "../../../../src/http/base/api-types.ts";
import { Strip } from "../../common/Strip.tsx";
import { useNow } from "../../context.ts";
import { count } from "../../format/text.ts";
import { iso, shortMinute } from "../../format/time.ts";
import { usePreferences } from "../../state/preferences.ts";

const ICONS: Record<IncidentTimelineEntry["kind"], typeof BellIcon> = {
  opened: ExclamationCircleIcon,
  resolved: CheckCircleIcon,
  reopened: ExclamationCircleIcon,
  cause: ExclamationCircleIcon,
  restart: RedoIcon,
  rollout: CodeBranchIcon,
  scale: CodeBranchIcon,
  notified: BellIcon,
  failed: BellSlashIcon,
  ack: UserCheckIcon,
  unack: UserCheckIcon,
  silence: BellSlashIcon,
  gap: QuestionCircleIcon,
};

const SHOWN = 20;

/** Everything that happened, newest first: episodes, restarts, rollouts, notifications and actions. */
export function TimelinePart({ details }: { readonly details: IncidentDetails }) {
  const now = useNow();
  const { zone } = usePreferences();
  const [isAll, setAll] = useState(false);
  const { timeline, incident } = details;
  const shown = isAll ? timeline : timeline.slice(0, SHOWN);
  return (
    <>
      <Strip strip={incident.strip} />
      <ol className="pw-tl">
        {shown.map(({ at, kind, text, detail, severity, more }) => {
          const Icon = ICONS[kind];
          return (
            <li key={`${at} ${kind} ${text}`}>
              <time dateTime={iso(at)} title={iso(at)}>
                {shortMinute(at, now, zone)}
              </time>
              <span className={`pw-tl-icon${severity === undefined ? "" : ` pw-is-${severity}`}`}>
                <Icon set="default" />
              </span>
              <span className="pw-break">
                {text}{" "}
                <span className="pw-sub">
                  {detail}
                  {more !== undefined && ` ${count(more.count)} more since ${shortMinute(more.since, now, zone)}`}
                </span>
              </span>
            </li>
          );
        })}
      </ol>
      {!isAll && timeline.length > SHOWN && (
        <Button variant="link" isInline onClick={() => setAll(true)}>
          Show all {timeline.length}
        </Button>
      )}
    </>
  );
}
