import type { AlertLabels } from "../model/alert.ts";
import type { Instant } from "../model/time.ts";
import { compileMatchers, type Labels, type Matcher } from "./matcher.ts";

/** What a silence is about. */
export type SilenceScope =
  | { readonly kind: "container"; readonly namespace: string; readonly pod: string; readonly container: string }
  | { readonly kind: "pod"; readonly namespace: string; readonly pod: string }
  /** `workload` is `Kind/name`: pods that it makes later are covered too. */
  | { readonly kind: "workload"; readonly namespace: string; readonly workload: string }
  | { readonly kind: "namespace"; readonly namespace: string }
  | { readonly kind: "everything" }
  | { readonly kind: "matchers"; readonly matchers: readonly Matcher[] };

/** The form of an id. A namespace in the log of actions is not taken for one: see `visibleSubjects`. */
export const SILENCE_ID = /^s-[0-9a-z][0-9a-z-]{7,60}$/;

/**
 * "Do not tell me about alerts like this until then." It hides notifications; the alert fires all the same. One that
 * has begun is never changed in what it covers: it is ended, and another made, so that history stays true.
 */
export interface Silence {
  readonly id: string;
  readonly scope: SilenceScope;
  readonly from: Instant;
  readonly until: Instant;
  readonly reason: string;
  readonly by: string;
  readonly createdAt: Instant;
  /** End it once everything under it has been back to normal. */
  readonly endWhenNormal: boolean;
  /** When it was ended before its time, and why. */
  readonly endedAt?: Instant;
  readonly endedBecause?: string;
}

export type SilenceState = "upcoming" | "active" | "expired";

/** Computed from its times, never stored: it cannot disagree with them. */
export function silenceState(silence: Pick<Silence, "from" | "until" | "endedAt">, now: Instant): SilenceState {
  if (silence.endedAt !== undefined && silence.endedAt <= now) return "expired";
  if (now >= silence.until) return "expired";
  return now >= silence.from ? "active" : "upcoming";
}

/** The conditions on an alert's labels that a scope stands for. Everything has none. */
export function matchersOf(scope: SilenceScope): readonly Matcher[] {
  if (scope.kind === "matchers") return scope.matchers;
  return Object.entries(scope)
    .filter(([name]) => name !== "kind")
    .map(([name, value]) => ({ name, operator: "=", value }));
}

/** Whether labels lie in a scope. Compile once, ask often. */
export function compileScope(scope: SilenceScope): (labels: AlertLabels) => boolean {
  const holds = compileMatchers(matchersOf(scope));
  return (labels) => holds(labels as unknown as Labels);
}

/** The same for every scope that covers the same by its very wording. */
export function scopeKey(scope: SilenceScope): string {
  const conditions = matchersOf(scope).map(({ name, operator, value }) => JSON.stringify([name, operator, value]));
  return conditions.sort().join();
}

/** The next moment at which one of these begins or ends by itself; undefined when none will. */
export function nextSilenceChange(silences: Iterable<Silence>, now: Instant): Instant | undefined {
  let next: Instant | undefined;
  for (const silence of silences) {
    const state = silenceState(silence, now);
    if (state === "expired") continue;
    const change = state === "upcoming" ? silence.from : silence.until;
    if (next === undefined || change < next) next = change;
  }
  return next;
}
