import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import DisconnectedIcon from "@patternfly/react-icons/dist/esm/icons/disconnected-icon";
import PauseCircleIcon from "@patternfly/react-icons/dist/esm/icons/pause-circle-icon";
import SyncAltIcon from "@patternfly/react-icons/dist/esm/icons/sync-alt-icon";
import UserSlashIcon from "@patternfly/react-icons/dist/esm/icons/user-slash-icon";
import type { ComponentType } from "react";
import { Chip } from "../common/Chip.tsx";
import { useApp, useStoreValue } from "../context.ts";
import { count } from "../format/text.ts";
import { clockTime } from "../format/time.ts";
import type { Freshness } from "../state/link.ts";
import { usePreferences } from "../state/preferences.ts";
import { useValue } from "../state/value.ts";

type Condition = Freshness | "paused";

const STYLES: Record<Condition, { readonly text: string; readonly color: string; readonly Icon: ComponentType }> = {
  connecting: { text: "Connecting", color: "grey", Icon: SyncAltIcon },
  live: { text: "Live", color: "success", Icon: CheckCircleIcon },
  paused: { text: "Paused", color: "info", Icon: PauseCircleIcon },
  reconnecting: { text: "Reconnecting", color: "warning", Icon: SyncAltIcon },
  stale: { text: "Stale", color: "danger", Icon: DisconnectedIcon },
  "signed-out": { text: "Signed out", color: "grey", Icon: UserSlashIcon },
};

/** Whether the page is live, paused, reconnecting, stale or signed out. */
export function ConnectionLabel() {
  const app = useApp();
  const { freshness, asOf, reason } = useValue(app.link);
  const isPaused = useStoreValue((store) => store.isPaused());
  const waiting = useStoreValue((store) => store.waiting());
  const { zone } = usePreferences();
  const condition: Condition = isPaused && freshness === "live" ? "paused" : freshness;
  const { text, color, Icon } = STYLES[condition];
  const title =
    condition === "live" || condition === "connecting"
      ? undefined
      : `Data as of ${clockTime(asOf, zone)}${reason === undefined ? "" : `: ${reason}`}`;
  return (
    <Chip color={color} icon={<Icon />} outline title={title}>
      {text}
      {condition === "paused" && waiting > 0 && ` · ${count(waiting)} waiting`}
      {condition === "signed-out" && <span className="pw-wide"> – data as of {clockTime(asOf, zone)}</span>}
    </Chip>
  );
}
