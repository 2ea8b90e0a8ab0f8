import type { Instant } from "../model/time.ts";

/**
 * Members of /api/v1 that hold times. On the wire these are RFC 3339 in UTC with milliseconds; the server and the page
 * calculate with milliseconds since 1970 and convert once, at their edge. A test compares the list with the schemas.
 */
export const TIME_MEMBERS: ReadonlySet<string> = new Set([
  "activeAt",
  "asOf",
  "at",
  "confirmedAt",
  "createdAt",
  "deadline",
  "deletedAt",
  "dueAt",
  "endedAt",
  "finishedAt",
  "firedAt",
  "firstAt",
  "firstSeenAt",
  "from",
  "lastBookmarkAt",
  "lastDeliveredAt",
  "lastEventAt",
  "lastRestartAt",
  "lastSeenAt",
  "lastSyncedAt",
  "leaseUntil",
  "nextAt",
  "nextAttemptAt",
  "oldest",
  "pendingUntil",
  "podCreatedAt",
  "podStartedAt",
  "resolvedAt",
  "restarts",
  "rolledOutAt",
  "serverNow",
  "since",
  "staleSince",
  "startedAt",
  "storedAt",
  "syncedSince",
  "takenAt",
  "to",
  "until",
  "worseSince",
]);

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A time as /api/v1 writes it: `2026-11-22T11:32:51.000Z`. */
export function encodeTime(at: Instant): string {
  return new Date(at).toISOString();
}

/** The same value with times as strings. What has none is returned as it is, not copied. */
export function encodeTimes(value: unknown): unknown {
  return mapTimes(value, "number", (member) => encodeTime(member as Instant));
}

/** The inverse of `encodeTimes`. */
export function decodeTimes(value: unknown): unknown {
  return mapTimes(value, "string", (member) =>
    RFC_3339.test(member as string) ? Date.parse(member as string) : member,
  );
}

type Convert = (member: unknown) => unknown;

/** Comparing types first saves the lookup of most names: a state may have 20,000 rows. */
function mapTimes(value: unknown, type: "number" | "string", convert: Convert, isTime = false): unknown {
  if (typeof value === type) return isTime ? convert(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return mapArray(value, type, convert, isTime);
  const members = value as Readonly<Record<string, unknown>>;
  let copy: Record<string, unknown> | undefined;
  for (const name in members) {
    const member = members[name];
    if (typeof member !== type && typeof member !== "object") continue;
    const mapped = mapTimes(member, type, convert, TIME_MEMBERS.has(name));
    if (mapped === member) continue;
    copy ??= { ...members };
    copy[name] = mapped;
  }
  return copy ?? value;
}

function mapArray(items: readonly unknown[], type: "number" | "string", convert: Convert, isTime: boolean): unknown {
  let copy: unknown[] | undefined;
  for (let index = 0; index < items.length; index++) {
    const mapped = mapTimes(items[index], type, convert, isTime);
    if (mapped === items[index]) continue;
    copy ??= [...items];
    copy[index] = mapped;
  }
  return copy ?? items;
}
