import type { Alert, AlertLabels, Transition } from "../../core/model/alert.ts";
import type { Instant } from "../../core/model/time.ts";
import type { LiveState } from "../../ports/live-state.ts";
import { groupOf } from "./rows.ts";
import type { StateInterval } from "./state-timeline.ts";

/** Alerts by the group of their rows, with earlier episodes. */
export interface RowAlerts {
  note(alert: Alert): void;
  /** Adds earlier episodes from the log, newest first. */
  recall(transitions: readonly Transition[]): void;
  /** The newest episodes of a group's alerts. */
  of(group: string): readonly Alert[];
  /** Every known episode of a group's alerts that has fired. */
  intervals(
    group: string,
    lastNotifiedAt: (fingerprint: string, episode: number) => Instant | undefined,
  ): readonly StateInterval[];
  groups(): Iterable<string>;
  /** Removes alerts that were deleted, and episodes that were resolved before this time. */
  forget(before: Instant): void;
  clear(): void;
  /** Number of alerts and episodes. */
  readonly size: number;
}

interface Episode {
  readonly firedAt: Instant;
  readonly resolvedAt: Instant | undefined;
}

/** Start of an episode when only its end is known. */
const LONG_AGO: Instant = 0;

export function createRowAlerts(live: Pick<LiveState, "alert">): RowAlerts {
  const fingerprints = new Map<string, Set<string>>();
  /** By fingerprint, and by number. */
  const episodes = new Map<string, Map<number, Episode>>();

  function index(labels: AlertLabels, fingerprint: string): void {
    const key = groupOf(labels);
    const known = fingerprints.get(key);
    if (known === undefined) fingerprints.set(key, new Set([fingerprint]));
    else known.add(fingerprint);
  }

  function episodesOf(fingerprint: string): Map<number, Episode> {
    const known = episodes.get(fingerprint);
    if (known !== undefined) return known;
    const made = new Map<number, Episode>();
    episodes.set(fingerprint, made);
    return made;
  }

  const alertsOf = (group: string) =>
    [...(fingerprints.get(group) ?? [])].map((one) => live.alert(one)).filter((alert) => alert !== undefined);

  return {
    note({ fingerprint, episode, labels, state }) {
      index(labels, fingerprint);
      if (state.name === "pending") return;
      const resolvedAt = state.name === "resolved" ? state.resolvedAt : undefined;
      episodesOf(fingerprint).set(episode, { firedAt: state.firedAt, resolvedAt });
    },

    recall(transitions) {
      for (const { fingerprint, episode, to, at } of transitions) {
        if ((to !== "firing" && to !== "resolved") || live.alert(fingerprint) === undefined) continue;
        const known = episodesOf(fingerprint);
        const now = known.get(episode);
        if (to === "resolved") known.set(episode, { firedAt: now?.firedAt ?? LONG_AGO, resolvedAt: at });
        else known.set(episode, { firedAt: at, resolvedAt: now?.resolvedAt });
      }
    },

    of: alertsOf,

    intervals: (group, lastNotifiedAt) =>
      alertsOf(group).flatMap(({ fingerprint, severity, labels: { container } }) =>
        [...(episodes.get(fingerprint) ?? [])].map(([episode, { firedAt, resolvedAt }]) => ({
          severity,
          container,
          firedAt,
          resolvedAt,
          lastNotifiedAt: lastNotifiedAt(fingerprint, episode),
        })),
      ),

    groups: () => fingerprints.keys(),

    forget(before) {
      for (const [group, known] of fingerprints) {
        for (const fingerprint of known) {
          if (live.alert(fingerprint) !== undefined) continue;
          known.delete(fingerprint);
          episodes.delete(fingerprint);
        }
        if (known.size === 0) fingerprints.delete(group);
      }
      for (const [fingerprint, known] of episodes) {
        for (const [episode, { resolvedAt }] of known) {
          if (resolvedAt !== undefined && resolvedAt <= before) known.delete(episode);
        }
        if (known.size === 0) episodes.delete(fingerprint);
      }
    },

    clear() {
      fingerprints.clear();
      episodes.clear();
    },

    get size() {
      const count = (map: ReadonlyMap<string, { readonly size: number }>) =>
        [...map.values()].reduce((sum, { size }) => sum + size, 0);
      return count(fingerprints) + count(episodes);
    },
  };
}
