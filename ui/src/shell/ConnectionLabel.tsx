import type { SVGIconProps } from "@patternfly/react-icons/dist/esm/createIcon";
import BoltIcon from "@patternfly/react-icons/dist/esm/icons/bolt-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import PauseCircleIcon from "@patternfly/react-icons/dist/esm/icons/pause-circle-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import SyncAltIcon from "@patternfly/react-icons/dist/esm/icons/sync-alt-icon";
import UserSlashIcon from "@patternfly/react-icons/dist/esm/icons/user-slash-icon";
import type { ComponentType } from "react";
import { Chip } from "../common/Chip.tsx";
import { useCondition } from "../common/useCondition.ts";
import { useApp, useStoreValue } from "../context.ts";
import { plural } from "../format/text.ts";
import { clockTime, minuteTime } from "../format/time.ts";
import type { Condition } from "../state/condition.ts";
import { usePreferences } from "../state/preferences.ts";
import { useValue } from "../state/value.ts";

const STYLES: Record<
  Condition,
  { readonly color: string; readonly Icon: ComponentType<SVGIconProps>; readonly filled?: true }
> = {
  connecting: { color: "grey", Icon: SyncAltIcon },
  live: { color: "success", Icon: CheckCircleIcon },
  unknown: { color: "info", Icon: QuestionCircleIcon, filled: true },
  paused: { color: "blue", Icon: PauseCircleIcon },
  reconnecting: { color: "grey", Icon: SyncAltIcon },
  gone: { color: "danger", Icon: BoltIcon, filled: true },
  "signed-out": { color: "grey", Icon: UserSlashIcon, filled: true },
  denied: { color: "grey", Icon: UserSlashIcon, filled: true },
};

/** Whether what the page shows is true now. Green only when the stream is up and every namespace can be seen. */
export function ConnectionLabel() {
  const app = useApp();
  const { asOf, reason } = useValue(app.link);
  const waiting = useStoreValue((store) => store.waiting());
  const { zone } = usePreferences();
  const { condition, coverage } = useCondition();
  const { color, Icon, filled = false } = STYLES[condition];
  const since = minuteTime(asOf, zone);
  const texts: Record<Condition, string> = {
    connecting: "Connecting…",
    live: "Live",
    unknown: coverage.isTotal
      ? "Unknown: nothing is watched"
      : `Unknown: ${coverage.unknown.length} of ${plural(coverage.watched, "namespace")}`,
    paused: waiting === 0 ? "Paused" : `Paused, ${plural(waiting, "change")} waiting`,
    reconnecting: "Reconnecting…",
    gone: `No answer from the server since ${since}`,
    "signed-out": `Signed out, data as of ${since}`,
    denied: `No access, data as of ${since}`,
  };
  const isCurrent = condition === "live" || condition === "connecting" || condition === "unknown";
  const title = isCurrent
    ? undefined
    : `Data as of ${clockTime(asOf, zone)}${reason === undefined ? "" : `: ${reason}`}`;
  return (
    <span className="pw-connection">
      <Chip color={color} icon={<Icon set="default" />} outline={!filled} title={title}>
        {texts[condition]}
      </Chip>
    </span>
  );
}
