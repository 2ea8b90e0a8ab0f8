import { alertLink } from "../../core/incident/alert-link.ts";
import { type Alert, firedAt } from "../../core/model/alert.ts";
import { type Duration, type Instant, MINUTE } from "../../core/model/time.ts";
import { compileMatchers } from "../../core/notify/matcher.ts";
import { routingLabels } from "../../core/notify/route.ts";
import { shownSilence } from "../../core/notify/silence.ts";
import { encodeTime } from "../../core/view/api-times.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { GroupVerdict, Notifications } from "../../ports/notifications.ts";
import type { Caller } from "../base/caller.ts";
import type { AlertsQuery } from "../schemas/alertmanager.ts";

export interface AlertmanagerAlertsDeps {
  readonly live: Pick<LiveState, "alerts">;
  readonly notifications: Notifications;
  readonly publicUrl: string | undefined;
  readonly now: () => Instant;
}

export type GettableAlert = ReturnType<typeof gettableAlert>;

/** As in what Pod Watcher sends to an Alertmanager: the alert ends if it is not sent again. */
const ENDS_AFTER: Duration = 4 * MINUTE;

/** The firing alerts that a caller sees, as Alertmanager shows them. */
export function createAlertmanagerAlerts(deps: AlertmanagerAlertsDeps) {
  const { live, notifications } = deps;
  return { find, groups, receivers };

  /** With the receivers of each. */
  function find(caller: Caller, query: AlertsQuery): readonly GettableAlert[] {
    return matching(caller, query).map(({ shown }) => shown);
  }

  function groups(caller: Caller, query: AlertsQuery) {
    const groups = new Map<string, Group>();
    for (const { verdicts, shown } of matching(caller, query)) {
      if (!query.muted && shown.status.state === "suppressed") continue;
      for (const { receiver, groupKey, groupLabels } of verdicts) {
        const known = groups.get(groupKey);
        if (known === undefined) {
          groups.set(groupKey, { labels: groupLabels, routeLabels: {}, receiver: { name: receiver }, alerts: [shown] });
        } else known.alerts.push(shown);
      }
    }
    return [...groups.values()];
  }

  /** For callers who may not see everything: the receivers of their alerts. */
  function receivers(caller: Caller): readonly string[] {
    const all = notifications.receivers().map(({ name }) => name);
    if (caller.seesAll) return all;
    const own = new Set(
      [...firing(caller)].flatMap((alert) => notifications.explain(alert).map(({ receiver }) => receiver)),
    );
    return all.filter((name) => own.has(name));
  }

  function matching(caller: Caller, query: AlertsQuery) {
    const matches = compileMatchers(query.filter);
    const matchesReceiver = compileMatchers(query.receiver === undefined ? [] : [query.receiver]);
    // Receivers have no labels.
    if (query.receiver_matchers.length > 0) return [];
    const found: Matching[] = [];
    for (const alert of firing(caller)) {
      if (!matches(routingLabels(alert))) continue;
      const verdicts = notifications.explain(alert).filter(({ receiver }) => matchesReceiver({ receiver }));
      if (query.receiver !== undefined && verdicts.length === 0) continue;
      const shown = gettableAlert(alert, new Set(verdicts.map(({ receiver }) => receiver)), caller, deps);
      const isSilenced = notifications.silences.silenceOf(labelsOf(alert)) !== undefined;
      const isInhibited = notifications.inhibitionOf(alert) !== undefined;
      if (isSilenced && !query.silenced) continue;
      if (isInhibited && !query.inhibited) continue;
      if (!isSilenced && !isInhibited && !query.active) continue;
      found.push({ verdicts, shown });
    }
    return found;
  }

  function* firing(caller: Caller): Generator<Alert> {
    for (const alert of live.alerts()) {
      if (alert.state.name === "firing" && caller.sees(alert.labels.namespace)) yield alert;
    }
  }
}

interface Matching {
  readonly verdicts: readonly GroupVerdict[];
  readonly shown: GettableAlert;
}

interface Group {
  readonly labels: Readonly<Record<string, string>>;
  readonly routeLabels: Readonly<Record<string, string>>;
  readonly receiver: { readonly name: string };
  readonly alerts: GettableAlert[];
}

function gettableAlert(
  alert: Alert,
  receivers: ReadonlySet<string>,
  caller: Caller,
  { notifications, publicUrl, now }: AlertmanagerAlertsDeps,
) {
  const silence = notifications.silences.silenceOf(labelsOf(alert));
  const inhibition = notifications.inhibitionOf(alert);
  const silencedBy = silence === undefined ? undefined : shownSilence(silence).id;
  const inhibitedBy =
    inhibition !== undefined && caller.sees(inhibition.source.labels.namespace)
      ? inhibition.source.fingerprint
      : undefined;
  const { acknowledgement, state } = alert;
  const link = alertLink(alert, publicUrl);
  return {
    labels: present(routingLabels(alert)),
    annotations: present({
      ...alert.annotations,
      acknowledged_by: acknowledgement?.by,
      acknowledgement: acknowledgement?.note === "" ? undefined : acknowledgement?.note,
    }),
    receivers: [...receivers].map((name) => ({ name })),
    fingerprint: alert.fingerprint,
    startsAt: encodeTime(firedAt(alert)),
    updatedAt: encodeTime(state.name === "firing" ? state.lastSeenAt : firedAt(alert)),
    endsAt: encodeTime(now() + ENDS_AFTER),
    ...(link === undefined ? {} : { generatorURL: link }),
    status: {
      state: silence === undefined && inhibition === undefined ? "active" : "suppressed",
      silencedBy: silencedBy === undefined ? [] : [silencedBy],
      inhibitedBy: inhibitedBy === undefined ? [] : [inhibitedBy],
      mutedBy: [],
    },
  } as const;
}

function labelsOf({ labels, severity }: Alert) {
  return { ...labels, severity };
}

function present(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
