import { csvLine } from "../../../../src/core/text/csv.ts";
import { iso } from "../../format/time.ts";
import type { ActivityEntry } from "./SentTable.tsx";

const HEADER = ["time", "kind", "action", "subject", "receiver", "result", "attempts", "duration ms", "by", "detail"];

export function activityToCsv(entries: readonly ActivityEntry[]): string {
  const lines = entries.map((entry) =>
    entry.kind === "notification"
      ? [
          iso(entry.at),
          entry.kind,
          `${entry.status}: ${entry.reason}`,
          entry.about.join(" "),
          entry.receiver,
          entry.result,
          entry.attempts,
          entry.latencyMs,
          undefined,
          entry.detail,
        ]
      : [
          iso(entry.at),
          entry.kind,
          entry.action,
          entry.about.join(" "),
          undefined,
          undefined,
          undefined,
          undefined,
          entry.by,
          entry.note,
        ],
  );
  return [HEADER, ...lines].map(csvLine).join("");
}
