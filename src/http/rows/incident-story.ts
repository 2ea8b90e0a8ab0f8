import { type Episode, episodeOf, isRecent, type Span, spansOf } from "../../core/incident/lifecycle.ts";
import type { Alert } from "../../core/model/alert.ts";
import type { Duration, Instant } from "../../core/model/time.ts";

/** An episode with its alert as last seen; without it once a newer one of the same incident has taken its place. */
export type StoryEpisode = Episode & { readonly fingerprint: string; readonly alert: Alert | undefined };

/** Everything that is known about the incidents of one key. */
export interface Story {
  note(alert: Alert): void;
  /** Open incidents, and those that were resolved within 24 h, oldest first. */
  spans(now: Instant, join: Duration): readonly Span[];
  /** The newest episode of each alert within a span. */
  alertsOf(span: Span): readonly Alert[];
  episodes(): readonly StoryEpisode[];
  /** Drops what no recent incident needs; false when nothing is left. */
  forget(now: Instant, join: Duration): boolean;
}

/** Resolved episodes of one incident that are kept one by one; older ones become one, so that flapping costs no memory. */
const MAX_EPISODES = 200;

export function createStory(): Story {
  const episodes = new Map<string, StoryEpisode>();

  const isWithin = ({ firedAt }: Episode, { openedAt, resolvedAt }: Span) =>
    firedAt >= openedAt && firedAt <= resolvedAt;

  /** Joins the oldest resolved episodes of the last incident, without a break between them. */
  function compact(span: Span): void {
    const own = [...episodes].filter(([, episode]) => isWithin(episode, span) && episode.resolvedAt !== Infinity);
    if (own.length <= MAX_EPISODES) return;
    const oldest = own.sort(([, a], [, b]) => a.firedAt - b.firedAt).slice(0, own.length - MAX_EPISODES / 2);
    const [firstKey, first] = oldest[0]!;
    const start = oldest.reduce((a, [, b]) => (b.activeAt < a.activeAt ? b : a), first);
    const { firedAt, fingerprint } = first;
    let joined: StoryEpisode = { ...start, firedAt, fingerprint, alert: undefined };
    for (const [key, episode] of oldest) {
      episodes.delete(key);
      joined = {
        ...joined,
        resolvedAt: Math.max(joined.resolvedAt, episode.resolvedAt),
        severity: episode.severity === "critical" ? "critical" : joined.severity,
      };
    }
    episodes.set(firstKey, joined);
  }

  return {
    note(alert) {
      const episode = episodeOf(alert);
      const key = `${alert.fingerprint}.${alert.episode}`;
      if (episode !== undefined) episodes.set(key, { ...episode, fingerprint: alert.fingerprint, alert });
    },

    spans: (now, join) => spansOf(episodes.values(), join).filter((span) => isRecent(span, now)),

    alertsOf(span) {
      const newest = new Map<string, Alert>();
      for (const episode of episodes.values()) {
        const { alert, fingerprint } = episode;
        if (alert === undefined || !isWithin(episode, span)) continue;
        const known = newest.get(fingerprint);
        if (known === undefined || known.episode < alert.episode) newest.set(fingerprint, alert);
      }
      return [...newest.values()];
    },

    episodes: () => [...episodes.values()],

    forget(now, join) {
      const spans = spansOf(episodes.values(), join);
      for (const span of spans) {
        if (isRecent(span, now)) continue;
        for (const [key, episode] of episodes) if (isWithin(episode, span)) episodes.delete(key);
      }
      const last = spans.at(-1);
      if (last !== undefined && isRecent(last, now)) compact(last);
      return episodes.size > 0;
    },
  };
}
