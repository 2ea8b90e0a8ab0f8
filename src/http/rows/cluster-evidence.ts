import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { Alert } from "../../core/model/alert.ts";
import { eventTime } from "../../core/model/event-time.ts";
import { type Duration, type Instant, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Evidence, KubernetesObject } from "../../ports/evidence.ts";
import { errorMessage } from "../../util/error-message.ts";
import type { Caller } from "../base/caller.ts";
import { HttpProblem } from "../base/problem.ts";

/** Events and pods of the cluster, as the legacy endpoints return them. */
export interface ClusterEvidence {
  /** JSON of core/v1 Events, newest first, each with `localizedTime`. Throws a problem when Kubernetes does not give them. */
  events(namespace: string, pod?: { readonly name: string; readonly uid?: string }): Promise<Buffer>;
  pods(namespace: string, pod?: string): Promise<Buffer>;
  /** For each alert its events; never fails, and never takes longer than `EVENTS_DEADLINE`. */
  eventsOfAlerts(alerts: readonly Alert[], caller: Pick<Caller, "mayRead">): Promise<readonly Events[]>;
}

export interface Events {
  readonly Events: readonly KubernetesObject[];
  /** Why there may be more events than these. */
  readonly eventsUnavailable?: string;
}

/** Pollers must get their alerts even if the API server is slow, if necessary without events. */
const EVENTS_DEADLINE: Duration = 8 * SECOND;
/** Objects that are serialized at once. */
const PER_SLICE = 100;
/** Many alerts must not cause many concurrent requests. */
const CONCURRENCY = 8;

export function clusterEvidence(
  evidence: Pick<Evidence, "events" | "pods">,
  clock: Clock,
  localTime: (moment: Instant) => string,
): ClusterEvidence {
  const localized = (event: KubernetesObject): KubernetesObject => {
    const moment = eventTime(event);
    return { ...event, localizedTime: moment === undefined ? "" : localTime(moment) };
  };

  async function eventsOf({ labels, subject }: Alert, caller: Pick<Caller, "mayRead">): Promise<Events> {
    if (!(await caller.mayRead(labels.namespace, "events"))) return none(mayNotRead(labels.namespace, "events"));
    if (labels.pod !== undefined) {
      const uid = subject.podUid === undefined ? {} : { uid: subject.podUid };
      return { Events: (await evidence.events(labels.namespace, { name: labels.pod, ...uid })).map(localized) };
    }
    if (labels.workload === undefined) return { Events: [] };
    const all = await evidence.events(labels.namespace);
    return { Events: all.filter((event) => concernsWorkload(event, labels.workload!)).map(localized) };
  }

  return {
    events: async (namespace, pod) => {
      const events = await evidence.events(namespace, pod).catch(refused(`the events of ${namespace}`));
      return jsonOf(events, localized);
    },
    pods: async (namespace, pod) => {
      const pods = await evidence.pods(namespace, pod).catch(refused(`the pods of ${namespace}`));
      return jsonOf(pods, (object) => object);
    },
    eventsOfAlerts: async (alerts, caller) => {
      const found = new Map<Alert, Events>();
      const waiting = alerts.values();
      const work = Array.from({ length: Math.min(CONCURRENCY, alerts.length) }, async () => {
        for (const alert of waiting) {
          found.set(alert, await eventsOf(alert, caller).catch((error: unknown) => none(messageOf(error))));
        }
      });
      const deadline = Promise.withResolvers<void>();
      const timer = clock.after(EVENTS_DEADLINE, deadline.resolve);
      await Promise.race([Promise.all(work), deadline.promise]);
      timer.cancel();
      return alerts.map((alert) => found.get(alert) ?? none("Kubernetes did not respond in time."));
    },
  };
}

/**
 * Serialized in slices, with other work in between: all pods of a namespace may be 50 MB. As bytes they count against the
 * limits of what clients have not read; a stream would keep the objects for as long as a client reads slowly.
 */
async function jsonOf(
  objects: readonly KubernetesObject[],
  view: (object: KubernetesObject) => KubernetesObject,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < objects.length; at += PER_SLICE) {
    if (at > 0) await yieldToEventLoop();
    const slice = objects.slice(at, at + PER_SLICE).map((object) => JSON.stringify(view(object)));
    pieces.push(Buffer.from(`${at === 0 ? "" : ","}${slice.join(",")}`));
  }
  return Buffer.concat([Buffer.from("["), ...pieces, Buffer.from("]")]);
}

/** Events and logs are fetched with our own account, which must not extend the permissions of the caller. */
export function mayNotRead(namespace: string, what: "events" | "logs"): string {
  return `You have no permission to read the ${what} of ${namespace}.`;
}

function none(eventsUnavailable: string): Events {
  return { Events: [], eventsUnavailable };
}

function refused(what: string) {
  return (error: unknown): never => {
    throw new HttpProblem(502, `Kubernetes did not return ${what}: ${messageOf(error)}`);
  };
}

function messageOf(error: unknown): string {
  return errorMessage(error);
}

/** `workload` is `Kind/name`. A Deployment's pods are made by ReplicaSets named after it, and its events are theirs. */
export function concernsWorkload(event: KubernetesObject, workload: string): boolean {
  const about = event.involvedObject as { readonly kind?: unknown; readonly name?: unknown } | null | undefined;
  if (`${about?.kind}/${about?.name}` === workload) return true;
  const [kind, name] = workload.split("/");
  const made = String(about?.name);
  return (
    (kind === "Deployment" && about?.kind === "ReplicaSet" && made.slice(0, made.lastIndexOf("-")) === name) ||
    (kind === "CronJob" && about?.kind === "Job" && made.slice(0, made.lastIndexOf("-")) === name)
  );
}
