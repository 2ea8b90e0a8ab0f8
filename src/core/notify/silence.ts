import type { AlertLabels } from "../model/alert.ts";
import { type Instant, MINUTE } from "../model/time.ts";
import { compileMatchers, type Matcher, patternSize } from "./matcher.ts";
import { isQuiet, type QuietHours, quietUntil } from "./quiet-hours.ts";

/** The alerts that a silence matches. */
export type SilenceScope =
  | { readonly kind: "container"; readonly namespace: string; readonly pod: string; readonly container: string }
  | { readonly kind: "pod"; readonly namespace: string; readonly pod: string }
  /** `workload` is `Kind/name`. Includes pods that are created later. */
  | { readonly kind: "workload"; readonly namespace: string; readonly workload: string }
  | { readonly kind: "namespace"; readonly namespace: string }
  | { readonly kind: "everything" }
  | { readonly kind: "matchers"; readonly matchers: readonly Matcher[] };

/** The form of an id. A namespace in the log of actions is not taken for one: see `visibleSubjects`. */
export const SILENCE_ID = /^s-[0-9a-z][0-9a-z-]{7,60}$/;

/**
 * Suppresses notifications for matching alerts until a given time; the alerts still fire. The scope of a silence never
 * changes, so that the history stays correct: end it and create another one.
 */
export interface Silence {
  readonly id: string;
  readonly scope: SilenceScope;
  readonly from: Instant;
  readonly until: Instant;
  readonly reason: string;
  readonly by: string;
  readonly createdAt: Instant;
  /** End it when no matching alert is left. */
  readonly endWhenNormal: boolean;
  /** Active only at these times, every week between `from` and `until`, like a time interval of Alertmanager. */
  readonly repeat?: QuietHours;
  /** When it was ended before `until`, and why. */
  readonly endedAt?: Instant;
  readonly endedBecause?: string;
}

export type SilenceState = "upcoming" | "active" | "expired";

/** Computed from the times and never stored, so that it cannot contradict them. */
export function silenceState(
  silence: Pick<Silence, "from" | "until" | "endedAt" | "repeat">,
  now: Instant,
): SilenceState {
  if (silence.endedAt !== undefined && silence.endedAt <= now) return "expired";
  if (now >= silence.until) return "expired";
  if (now < silence.from) return "upcoming";
  return silence.repeat === undefined || isQuiet(silence.repeat, now) ? "active" : "upcoming";
}

/** When an active silence stops to suppress: a recurring one at the end of its hours. */
export function activeUntil({ until, repeat }: Pick<Silence, "until" | "repeat">, now: Instant): Instant {
  return repeat === undefined ? until : Math.min(until, quietUntil([repeat], now) ?? until);
}

/** The matchers of a scope. `everything` has none. */
export function scopeMatchers(scope: SilenceScope): readonly Matcher[] {
  if (scope.kind === "matchers") return scope.matchers;
  return Object.entries(scope)
    .filter(([name]) => name !== "kind")
    .map(([name, value]) => ({ name, operator: "=", value }));
}

/** The namespace that a scope is restricted to; undefined when it may match others. */
export function scopeNamespace(scope: SilenceScope): string | undefined {
  if ("namespace" in scope) return scope.namespace;
  if (scope.kind === "everything") return undefined;
  return scope.matchers.find(({ name, operator }) => name === "namespace" && operator === "=")?.value;
}

/** Whether everyone who sees a matching alert may see the silence; otherwise only callers who see all namespaces may. */
export function isSharedScope(scope: SilenceScope): boolean {
  return scope.kind === "everything" || scopeNamespace(scope) !== undefined;
}

/** The part of a silence that the callers who see a matching alert may see. */
export interface ShownSilence {
  readonly from: Instant;
  readonly until: Instant;
  readonly reason: string;
  readonly id?: string;
  readonly by?: string;
}

/** The silence next to a matching alert: the reason and the author of a silence of several namespaces may name the others. */
export function shownSilence({ id, by, from, until, reason, scope }: Silence): ShownSilence {
  if (!isSharedScope(scope)) return { from, until, reason: "a silence of several namespaces" };
  return { id, by, from, until, reason };
}

/** In a timeline. */
export function silencedBy({ by }: ShownSilence): string {
  return by === undefined ? "Silenced" : `Silenced by ${by}`;
}

/** A predicate for the labels that a scope matches. Compile once and reuse it. */
export function compileScope(scope: SilenceScope): (labels: AlertLabels) => boolean {
  const matches = compileMatchers(scopeMatchers(scope));
  return (labels) => matches({ ...labels });
}

/** Instructions of the patterns of one person's open silences, and of one request. About 25 ms for the longest name. */
export const MAX_PATTERN_SIZE = 1_000;

/** The instructions of its patterns; see `patternSize`. */
export function scopeSize(scope: SilenceScope): number {
  return patternSize(scopeMatchers(scope));
}

/** Equal for scopes with the same matchers. */
export function scopeKey(scope: SilenceScope): string {
  const conditions = scopeMatchers(scope).map(({ name, operator, value }) => JSON.stringify([name, operator, value]));
  return conditions.sort().join();
}

/** When the next silence may start or end; undefined if none will. The hours of a recurring one begin with a minute. */
export function nextSilenceChange(silences: Iterable<Silence>, now: Instant): Instant | undefined {
  let next: Instant | undefined;
  for (const silence of silences) {
    if (silenceState(silence, now) === "expired") continue;
    const change = changeOf(silence, now);
    if (next === undefined || change < next) next = change;
  }
  return next;
}

function changeOf({ from, until, repeat }: Silence, now: Instant): Instant {
  if (now < from) return from;
  return repeat === undefined ? until : Math.min(until, (Math.floor(now / MINUTE) + 1) * MINUTE);
}
