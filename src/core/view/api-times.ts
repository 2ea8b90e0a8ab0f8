import type { Instant } from "../model/time.ts";

/**
 * Members of /api/v1 that hold times. On the wire these are RFC 3339 in UTC with milliseconds; the server and the page
 * calculate with milliseconds since 1970 and convert once, at their edge. A test compares the list with the schemas.
 */
export const TIME_MEMBERS: ReadonlySet<string> = new Set([
  "activeAt",
  "at",
  "createdAt",
  "deadline",
  "deletedAt",
  "dueAt",
  "endedAt",
  "finishedAt",
  "firedAt",
  "firstSeenAt",
  "from",
  "keptAt",
  "lastBookmarkAt",
  "lastDeliveredAt",
  "lastEventAt",
  "lastRestartAt",
  "lastSeenAt",
  "lastSyncedAt",
  "leaseUntil",
  "nextAt",
  "oldest",
  "podCreatedAt",
  "podStartedAt",
  "resolvedAt",
  "restarts",
  "serverNow",
  "since",
  "staleSince",
  "startedAt",
  "syncedSince",
  "takenAt",
  "to",
  "until",
]);

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A time as /api/v1 writes it: `2026-11-22T11:32:51.000Z`. */
export function encodeTime(at: Instant): string {
  return new Date(at).toISOString();
}

/** The same value with times as strings. What has none is returned as it is, not copied. */
export function encodeTimes(value: unknown): unknown {
  return mapTimes(value, (member) => (typeof member === "number" ? encodeTime(member) : member));
}

/** The inverse of `encodeTimes`. */
export function decodeTimes(value: unknown): unknown {
  return mapTimes(value, (member) =>
    typeof member === "string" && RFC_3339.test(member) ? Date.parse(member) : member,
  );
}

type Convert = (member: unknown) => unknown;

function mapTimes(value: unknown, convert: Convert): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return mapArray(value, (item) => mapTimes(item, convert));
  const members = value as Readonly<Record<string, unknown>>;
  let copy: Record<string, unknown> | undefined;
  for (const name in members) {
    const member = members[name];
    const mapped = TIME_MEMBERS.has(name) ? convertMember(member, convert) : mapTimes(member, convert);
    if (mapped === member) continue;
    copy ??= { ...members };
    copy[name] = mapped;
  }
  return copy ?? value;
}

function convertMember(member: unknown, convert: Convert): unknown {
  if (typeof member !== "object" || member === null) return convert(member);
  if (!Array.isArray(member)) return mapTimes(member, convert);
  return mapArray(member, (item) => (typeof item === "object" ? mapTimes(item, convert) : convert(item)));
}

function mapArray(items: readonly unknown[], map: (item: unknown) => unknown): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (const [index, item] of items.entries()) {
    const mapped = map(item);
    if (mapped === item) continue;
    copy ??= [...items];
    copy[index] = mapped;
  }
  return copy ?? items;
}
