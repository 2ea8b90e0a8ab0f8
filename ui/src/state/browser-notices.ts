import type { Instant } from "../../../src/core/model/time.ts";
import { MINUTE } from "../../../src/core/model/time.ts";
import type { Incident } from "../../../src/http/base/api-types.ts";
import { incidentName } from "../format/incident.ts";
import type { Preferences } from "./preferences.ts";

export interface Notice {
  readonly title: string;
  readonly body: string;
  /** A later notice with the same tag replaces the earlier one. */
  readonly tag: string;
  readonly incident?: string;
}

interface BrowserNoticesOptions {
  readonly preferences: () => Pick<Preferences, "notify" | "sound">;
  readonly now: () => Instant;
  readonly show: (notice: Notice) => void;
  readonly beep: () => void;
}

/** An incident that is older was open before this page knew of it. */
const NEW: number = 5 * MINUTE;

/** Notifications of the browser about new incidents, if the reader asked for them. */
export function createBrowserNotices({ preferences, now, show, beep }: BrowserNoticesOptions) {
  function say(notices: readonly Notice[]): void {
    if (notices.length === 0) return;
    for (const notice of notices) show(notice);
    if (preferences().sound) beep();
  }

  return {
    opened(incidents: readonly Incident[]): void {
      const { notify } = preferences();
      if (notify === "off") return;
      say(
        incidents
          .filter(({ severity, since }) => (notify === "all" || severity !== "warning") && now() - since < NEW)
          .map(noticeOf),
      );
    },
    /** The server does not answer: new incidents would not be noticed. */
    lost(): void {
      if (preferences().notify === "off") return;
      say([{ title: "Pod Watcher does not answer", body: "New incidents are not known.", tag: "lost" }]);
    },
  };
}

function noticeOf(incident: Incident): Notice {
  const { severity, namespace, short, id } = incident;
  const where = namespace === undefined ? "" : ` in ${namespace}`;
  const word = { critical: "Critical", warning: "Warning", unknown: "Unknown" }[severity];
  return { title: `${word}: ${incidentName(incident).name}${where}`, body: short, tag: id, incident: id };
}
