import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { type Explanation, explain } from "../../core/evaluate/explain.ts";
import type { Alert } from "../../core/model/alert.ts";
import { describeInhibition } from "../../core/notify/inhibit.ts";
import { routingLabels } from "../../core/notify/route.ts";
import { type ShownSilence, shownSilence } from "../../core/notify/silence.ts";
import type { Clock } from "../../ports/clock.ts";
import type { DeliveryStore } from "../../ports/delivery.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Notifications } from "../../ports/notifications.ts";
import type { AlertStore, LoggedTransition } from "../../ports/store.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { visibleConsumers } from "../base/consumer-names.ts";
import { notFound } from "../base/problem.ts";
import { alertSchema, alertView, transitionSchema, transitionView } from "../rows/alert-view.ts";
import type { Containers } from "../rows/containers.ts";
import { alertname, answers, list, milliseconds, severity, time } from "../schemas/fields.ts";

export interface ExplainDeps {
  readonly live: LiveState;
  readonly store: Pick<AlertStore, "alerts" | "transitions"> & {
    readonly deliveries: Pick<DeliveryStore, "consumers" | "confirmedDeliveries">;
  };
  readonly containers: Containers;
  readonly notifications: Pick<Notifications, "explain" | "inhibitionOf" | "silences">;
  readonly clock: Clock;
}

const HISTORY = 200;

const verdictSchema = z
  .object({
    alertname,
    severity,
    container: z.string().optional(),
    verdict: z.enum(["disabled", "ok", "suppressed", "pending", "firing", "keep_firing"]),
    reason: z.string(),
    metric: z.string().optional(),
    value: z.union([z.string(), z.number()]).optional(),
    threshold: z.union([z.string(), z.number()]).optional(),
    forMs: milliseconds,
    keepFiringForMs: milliseconds,
    deadline: time
      .optional()
      .meta({ description: "The next time at which the result may change without an observation." }),
    fingerprint: z.string().optional().meta({ description: "Of the alert that it raised." }),
  })
  .meta({ id: "Verdict" });

const decisionSchema = z
  .object({
    fingerprint: z.string(),
    alertname,
    receiver: z.string(),
    kind: z.enum(["push", "pull"]),
    notified: z.boolean(),
    reason: z.string().meta({ description: "Why the last notification was sent, or what suppresses it." }),
    at: time.optional().meta({ description: "When it was delivered." }),
    nextAt: time.optional().meta({ description: "When the decision is made again, if nothing changes before." }),
  })
  .meta({ id: "Decision" });

export const explanation = z.object({
  namespace: z.string(),
  pod: z.string(),
  container: z.string().optional(),
  present: z.boolean().meta({ description: "Whether the pod exists; a deleted pod only has a history." }),
  verdicts: list(verdictSchema),
  alerts: list(alertSchema),
  decisions: list(decisionSchema),
  history: list(transitionSchema),
});

const query = z.strictObject({
  namespace: z.string().max(63),
  pod: z.string().max(253),
  container: z.string().max(63).optional(),
});

/** GET /api/v1/explain: why an alert fired or did not, and why a receiver was notified or was not. */
export function explainApi(deps: ExplainDeps) {
  return function explainRoute(plain: FastifyInstance): void {
    withApiTypes(plain).get(
      "/explain",
      {
        schema: {
          summary: "Why did I (not) get an alert?",
          description: "Each detector with its inputs, threshold and result, and what suppressed a notification.",
          tags: ["alerts"],
          querystring: query,
          response: answers(explanation),
        },
      },
      (request) => explanationOf(deps, request, request.query),
    );
  };
}

async function explanationOf(
  deps: ExplainDeps,
  request: FastifyRequest,
  { namespace, pod: name, container }: z.output<typeof query>,
) {
  const { live, store, containers, clock } = deps;
  if (!callerOf(request).sees(namespace)) throw notFound(`Pod ${namespace}/${name}`);
  const isAsked = (given: string | undefined) => container === undefined || given === undefined || given === container;
  const pod = live.source.pod(namespace, name);
  const labelled = await store.transitions({ namespace, pod: name, limit: HISTORY });
  const own = pod === undefined ? [] : live.alertsOf(pod.uid);
  const logged = labelled.map(({ fingerprint }) => live.alert(fingerprint)).filter((alert) => alert !== undefined);
  const shared = await sharedAlertsOf(deps, namespace, name);
  const known = new Map([...own, ...logged, ...shared].map((alert) => [episodeKey(alert), alert]));
  const alerts = [...known.values()].filter(({ labels }) => isAsked(labels.container));
  const history = [...labelled, ...(await transitionsOf(deps, alerts))]
    .filter(({ labels }) => isAsked(labels.container))
    .sort((a, b) => b.id - a.id)
    .slice(0, HISTORY);
  if (pod === undefined && labelled.length === 0 && shared.length === 0) throw notFound(`Pod ${namespace}/${name}`);

  const newest = alerts.filter((alert) => live.alert(alert.fingerprint)?.episode === alert.episode);
  const explanations = pod === undefined ? [] : explain(live.priorState(pod), pod, containers.policy(pod), clock.now());
  return {
    namespace,
    pod: name,
    container,
    present: pod !== undefined,
    verdicts: explanations.filter((one) => isAsked(one.container)).map(verdictView),
    alerts: alerts.map(alertView),
    decisions: [
      ...newest.flatMap((alert) => pushDecisions(deps, alert, callerOf(request))),
      ...(await pullDecisions(deps, newest, callerOf(request))),
    ],
    history: history.map(transitionView),
  };
}

/** Alerts that several pods share have no pod label, such as those of a Job: their episodes with this pod as subject. */
async function sharedAlertsOf({ live, store }: ExplainDeps, namespace: string, pod: string): Promise<Alert[]> {
  const found: Alert[] = [];
  for (const alert of live.alerts()) {
    if (alert.labels.namespace !== namespace || alert.labels.pod !== undefined) continue;
    if (alert.subject.pod === pod) found.push(alert);
    if (alert.episode === 1) continue;
    const episodes = await store.alerts({ fingerprint: alert.fingerprint, limit: HISTORY });
    found.push(...episodes.filter(({ episode, subject }) => episode !== alert.episode && subject.pod === pod));
  }
  return found;
}

/** Transitions of these episodes that the log does not find by the name of the pod. */
async function transitionsOf({ store }: ExplainDeps, alerts: readonly Alert[]): Promise<LoggedTransition[]> {
  const shared = alerts.filter(({ labels }) => labels.pod === undefined);
  const episodes = new Set(shared.map(episodeKey));
  const found: LoggedTransition[] = [];
  for (const fingerprint of new Set(shared.map((alert) => alert.fingerprint))) {
    const transitions = await store.transitions({ fingerprint, limit: HISTORY });
    found.push(...transitions.filter((transition) => episodes.has(episodeKey(transition))));
  }
  return found;
}

function episodeKey({ fingerprint, episode }: Pick<Alert, "fingerprint" | "episode">): string {
  return `${fingerprint}.${episode}`;
}

function verdictView({
  for: lasting,
  keepFiringFor,
  deadline,
  alert,
  ...rest
}: Explanation): z.output<typeof verdictSchema> {
  return {
    ...rest,
    forMs: lasting,
    keepFiringForMs: keepFiringFor,
    ...(deadline === undefined ? {} : { deadline }),
    ...(alert === undefined ? {} : { fingerprint: alert.fingerprint }),
  };
}

function pushDecisions(
  { notifications }: ExplainDeps,
  alert: Alert,
  caller: Caller,
): z.output<typeof decisionSchema>[] {
  const silence = notifications.silences.silenceOf(
    routingLabels(alert) as unknown as Parameters<Notifications["silences"]["silenceOf"]>[0],
  );
  const inhibition = notifications.inhibitionOf(alert);
  const suppressed =
    silence !== undefined
      ? describeSilence(shownSilence(silence))
      : inhibition && describeInhibition(inhibition, caller.sees);
  return notifications.explain(alert).map(({ receiver, notified, reason, nextAt }) => ({
    fingerprint: alert.fingerprint,
    alertname: alert.labels.alertname,
    receiver,
    kind: "push",
    notified,
    reason: suppressed === undefined || notified ? reason : `${reason} (${suppressed})`,
    ...(nextAt === undefined ? {} : { nextAt }),
  }));
}

function describeSilence({ id, by, reason }: ShownSilence): string {
  return id === undefined ? reason : `${id}, by ${by}: ${reason}`;
}

async function pullDecisions({ store, containers }: ExplainDeps, alerts: readonly Alert[], caller: Caller) {
  const consumers = visibleConsumers(await store.deliveries.consumers(), caller);
  const decisions: z.output<typeof decisionSchema>[] = [];
  for (const { name } of consumers) {
    const confirmedDeliveries = new Map(
      (await store.deliveries.confirmedDeliveries(name)).map((one) => [one.fingerprint, one]),
    );
    for (const alert of alerts) {
      const last = confirmedDeliveries.get(alert.fingerprint);
      const due = containers.isDue(alert, last);
      decisions.push({
        fingerprint: alert.fingerprint,
        alertname: alert.labels.alertname,
        receiver: name,
        kind: "pull",
        notified: last !== undefined && !due,
        reason: pullReason(alert, last !== undefined, due),
        ...(last === undefined ? {} : { at: last.at }),
      });
    }
  }
  return decisions;
}

function pullReason({ state }: Alert, wasNotified: boolean, due: boolean): string {
  if (state.name === "pending") return "it has not fired yet";
  if (!due) return "delivered in this episode";
  return wasNotified ? "it fired again or crossed the threshold again: due at the next claim" : "due at the next claim";
}
