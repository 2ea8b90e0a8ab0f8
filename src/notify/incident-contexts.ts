import { podsOf } from "../core/incident/causes.ts";
import { rolloutOf } from "../core/incident/change.ts";
import { incidentKey } from "../core/incident/key.ts";
import { episodeOf, spansOf } from "../core/incident/lifecycle.ts";
import type { Alert } from "../core/model/alert.ts";
import { isFinished } from "../core/model/container.ts";
import type { Duration } from "../core/model/time.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { IncidentContext } from "../ports/notifications.ts";

export interface IncidentContextOptions {
  readonly state: Pick<LiveState, "alerts" | "podsOf">;
  /** `incidents.join`. */
  readonly join: () => Duration;
}

export type IncidentContexts = (alerts: readonly Alert[]) => Readonly<Record<string, IncidentContext>>;

/** The incidents of the firing alerts among these, by key: start, number of pods and rollout. */
export function createIncidentContexts({ state, join }: IncidentContextOptions): IncidentContexts {
  return (alerts) => {
    const firing = alerts.filter(({ state: { name } }) => name === "firing");
    const byKey = Map.groupBy(firing, ({ labels }) => incidentKey(labels));
    if (byKey.size === 0) return {};
    const known = new Map([...byKey.keys()].map((key) => [key, new Map<string, Alert>()]));
    for (const alert of state.alerts()) known.get(incidentKey(alert.labels))?.set(alert.fingerprint, alert);
    return Object.fromEntries(
      [...byKey].map(([key, own]) => {
        const all = known.get(key)!;
        for (const alert of own) all.set(alert.fingerprint, alert);
        const episodes = [...all.values()].flatMap((alert) => episodeOf(alert) ?? []);
        const { since } = spansOf(episodes, join()).at(-1)!;
        const { labels, subject } = own[0]!;
        const { workload } = subject;
        const pods = workload === undefined ? [] : state.podsOf(labels.namespace, workload);
        const failing = new Set(podsOf([...all.values()].filter(({ state: { name } }) => name === "firing")));
        const rollout = rolloutOf({ workload, pods, failing, since, join: join() });
        return [
          key,
          { since, pods: pods.filter((pod) => !isFinished(pod)).length, ...(rollout === undefined ? {} : { rollout }) },
        ];
      }),
    );
  };
}
