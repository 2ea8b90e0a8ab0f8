import type { Alert, Severity } from "../model/alert.ts";
import { type Duration, HOUR, type Instant, MINUTE } from "../model/time.ts";

/** How long after an incident was resolved a new alert reopens it, unless `incidents.join` says otherwise. */
export const DEFAULT_JOIN: Duration = 30 * MINUTE;

/** One run of an alert from firing to resolved. */
export interface Episode {
  readonly severity: Severity;
  readonly activeAt: Instant;
  /** As in Alert. */
  readonly sinceAtLeast?: true;
  readonly firedAt: Instant;
  /** Infinity while it fires. */
  readonly resolvedAt: Instant;
}

/** An incident over time: episodes that overlap or follow one another within the join time. */
export interface Span {
  /** When its first alert fired. It never changes, so it identifies the incident. */
  readonly openedAt: Instant;
  /** When the first finding became true. */
  readonly since: Instant;
  /** It began before watching did, which was at `since`. */
  readonly sinceAtLeast?: true;
  /** Infinity while an alert fires. */
  readonly resolvedAt: Instant;
  /** When the incident was resolved and opened again within the join time, oldest first. */
  readonly reopenedAt: readonly Instant[];
  readonly severity: Severity;
}

/** The episode of an alert; undefined while it is pending. */
export function episodeOf({
  severity,
  state,
  sinceAtLeast,
}: Pick<Alert, "severity" | "state" | "sinceAtLeast">): Episode | undefined {
  if (state.name === "pending") return undefined;
  const { activeAt, firedAt } = state;
  const resolvedAt = state.name === "resolved" ? state.resolvedAt : Infinity;
  return { severity, activeAt, ...(sinceAtLeast && { sinceAtLeast }), firedAt, resolvedAt };
}

/** The incidents of one key, oldest first. An alert that fires within `join` after the last resolved reopens it. */
export function spansOf(episodes: Iterable<Episode>, join: Duration): readonly Span[] {
  const spans: Span[] = [];
  for (const episode of [...episodes].sort((a, b) => a.firedAt - b.firedAt)) {
    const { severity, activeAt, sinceAtLeast, firedAt, resolvedAt } = episode;
    const start = { since: activeAt, ...(sinceAtLeast && { sinceAtLeast }) };
    const last = spans.at(-1);
    if (last === undefined || firedAt > last.resolvedAt + join) {
      spans.push({ openedAt: firedAt, ...start, resolvedAt, reopenedAt: [], severity });
      continue;
    }
    spans[spans.length - 1] = {
      openedAt: last.openedAt,
      ...(activeAt < last.since ? start : startOf(last)),
      resolvedAt: Math.max(last.resolvedAt, resolvedAt),
      reopenedAt: firedAt > last.resolvedAt ? [...last.reopenedAt, firedAt] : last.reopenedAt,
      severity: severity === "critical" ? severity : last.severity,
    };
  }
  return spans;
}

function startOf({ since, sinceAtLeast }: Span): Pick<Span, "since" | "sinceAtLeast"> {
  return { since, ...(sinceAtLeast && { sinceAtLeast }) };
}

/** Incidents that are open or were within 24 h: how often it happened, for people. */
export const RECENT: Duration = 24 * HOUR;

export function isRecent({ resolvedAt }: Pick<Span, "resolvedAt">, now: Instant): boolean {
  return resolvedAt > now - RECENT;
}

const SLOT: Duration = 30 * MINUTE;
const SLOTS = 48;

/**
 * The last 24 h in half hours by the clock, oldest first: `.` normal, `w` warning, `c` critical, `-` before `existsSince`.
 * With `unknown`, every episode is `u`.
 */
export function stripOf(
  episodes: Iterable<Episode>,
  now: Instant,
  { existsSince = 0, unknown = false }: { readonly existsSince?: Instant; readonly unknown?: boolean } = {},
): string {
  const last = Math.floor(now / SLOT);
  const first = last - SLOTS + 1;
  const strip: string[] = Array.from({ length: SLOTS }, (_, slot) =>
    (first + slot + 1) * SLOT <= existsSince ? "-" : ".",
  );
  for (const { severity, firedAt, resolvedAt } of episodes) {
    const from = Math.max(first, Math.floor(firedAt / SLOT));
    const to = Math.min(last, Math.floor(resolvedAt / SLOT));
    for (let slot = from; slot <= to; slot++) {
      if (unknown) strip[slot - first] = "u";
      else if (severity === "critical") strip[slot - first] = "c";
      else if (strip[slot - first] !== "c") strip[slot - first] = "w";
    }
  }
  return strip.join("");
}

const STABLE: Duration = 10 * MINUTE;

/**
 * Whether all pods have run long enough to say that it recovers: 10 min, and twice the longest time between two restarts.
 * `runningSince` is undefined for a container that does not run or is not ready; `restarts` are oldest first.
 */
export function isRecovering(
  containers: readonly { readonly runningSince: Instant | undefined; readonly restarts: readonly Instant[] }[],
  now: Instant,
): boolean {
  if (containers.length === 0) return false;
  let pause = 0;
  for (const { restarts } of containers) {
    for (let index = 1; index < restarts.length; index++)
      pause = Math.max(pause, restarts[index]! - restarts[index - 1]!);
  }
  const needed = Math.max(STABLE, 2 * pause);
  return containers.every(({ runningSince }) => runningSince !== undefined && now - runningSince >= needed);
}
