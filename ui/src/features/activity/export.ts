import type { ActivityEntry } from "../../../../src/http/base/api-types.ts";
import { toCsv } from "../../format/csv.ts";
import { iso } from "../../format/time.ts";

const HEADER = ["time", "kind", "what", "about", "receiver", "result", "attempts", "latency ms", "by", "detail"];

export function activityToCsv(entries: readonly ActivityEntry[]): string {
  return toCsv(
    HEADER,
    entries.map((entry) =>
      entry.kind === "notification"
        ? [
            iso(entry.at),
            entry.kind,
            `${entry.status}: ${entry.reason}`,
            entry.about.join(" "),
            entry.receiver,
            entry.result,
            entry.attempts,
            entry.latency,
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
    ),
  );
}
