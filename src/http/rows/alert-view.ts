import { z } from "zod";
import type { Acknowledgement, Alert, AlertState, ContainerFacts } from "../../core/model/alert.ts";
import type { Restart } from "../../core/model/history.ts";
import type { Instant } from "../../core/model/time.ts";
import type { LoggedTransition } from "../../ports/store.ts";
import { alertname, labels, list, severity, stateName, time } from "../base/field-schemas.ts";
import { rfc3339 } from "../base/time-text.ts";
import { kubernetesState, kubernetesTermination } from "./legacy-status.ts";

const restart = z.object({
  at: time,
  reason: z.string().optional(),
  exitCode: z.int().optional(),
  inferred: z.boolean().meta({ description: "The time is not from a record of Kubernetes." }),
});

const kubernetesValue = z.record(z.string(), z.unknown());

const containerFacts = z.object({
  name: z.string(),
  type: z.enum(["main", "init", "sidecar", "ephemeral"]),
  image: z.string(),
  imageID: z.string().optional(),
  restartCount: z.int(),
  restarts: list(restart).meta({ description: "Those within the window, oldest first." }),
  state: kubernetesValue.meta({ description: "As `state` of a core/v1 ContainerStatus." }),
  lastTerminated: kubernetesValue.optional(),
});

export const alertSchema = z
  .object({
    fingerprint: z.string(),
    episode: z.int().meta({ description: "How often this alert has begun anew after having been resolved, from 1." }),
    labels,
    severity,
    state: z.object({
      name: stateName,
      activeAt: time,
      firedAt: time.optional(),
      lastSeenAt: time.optional(),
      resolvedAt: time.optional(),
    }),
    annotations: z.record(z.string(), z.string()),
    sources: list(z.string()),
    subject: z.object({
      workload: z.object({ kind: z.string(), name: z.string() }).optional(),
      pod: z
        .string()
        .optional()
        .meta({ description: "The pod it tells of, also where the alert is named after its workload." }),
      podUid: z.string().optional(),
      node: z.string().optional(),
      podStartedAt: time.optional(),
      container: containerFacts.optional(),
    }),
    acknowledgement: z
      .object({ by: z.string(), at: time, note: z.string(), notifyOnWorsening: z.boolean() })
      .optional()
      .meta({ description: "Who took it: no reminders until it recovers or, with `notifyOnWorsening`, gets worse." }),
  })
  .meta({ id: "Alert" });
export type AlertView = z.input<typeof alertSchema>;

export const transitionSchema = z
  .object({
    id: z.int(),
    at: time,
    fingerprint: z.string(),
    episode: z.int(),
    alertname,
    namespace: z.string(),
    workload: z.string().optional(),
    pod: z.string().optional(),
    container: z.string().optional(),
    from: z.enum(["inactive", "pending", "firing", "resolved"]),
    to: z.enum(["inactive", "pending", "firing", "resolved"]),
    reason: z.string(),
  })
  .meta({ id: "Transition" });

/** An alert with its times in words of RFC 3339, and Kubernetes' own shapes for what Kubernetes said. */
export function alertView(alert: Alert): AlertView {
  const { fingerprint, episode, labels, severity, annotations, sources, subject, acknowledgement } = alert;
  return {
    fingerprint,
    episode,
    labels,
    severity,
    state: stateView(alert.state),
    annotations: Object.fromEntries(
      Object.entries(annotations).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    sources,
    subject: {
      ...subject,
      podStartedAt: optionalTime(subject.podStartedAt),
      container: subject.container === undefined ? undefined : factsView(subject.container),
    },
    acknowledgement: acknowledgement === undefined ? undefined : acknowledgementView(acknowledgement),
  };
}

export function transitionView({ labels, at, ...transition }: LoggedTransition): z.input<typeof transitionSchema> {
  return { ...labels, ...transition, at: rfc3339(at) };
}

function stateView(state: AlertState): AlertView["state"] {
  return {
    name: state.name,
    activeAt: rfc3339(state.activeAt),
    ...(state.name === "pending" ? {} : { firedAt: rfc3339(state.firedAt) }),
    ...(state.name === "resolved"
      ? { resolvedAt: rfc3339(state.resolvedAt) }
      : { lastSeenAt: rfc3339(state.lastSeenAt) }),
  };
}

function factsView(facts: ContainerFacts): z.input<typeof containerFacts> {
  return {
    ...facts,
    restarts: facts.restarts.map(restartView),
    state: kubernetesState(facts.state),
    lastTerminated: facts.lastTerminated === undefined ? undefined : kubernetesTermination(facts.lastTerminated),
  };
}

function restartView({ at, reason, exitCode, inferred }: Restart): z.input<typeof restart> {
  return { at: rfc3339(at), reason, exitCode, inferred };
}

function acknowledgementView({ at, ...rest }: Acknowledgement): AlertView["acknowledgement"] {
  return { ...rest, at: rfc3339(at) };
}

function optionalTime(moment: Instant | undefined): string | undefined {
  return moment === undefined ? undefined : rfc3339(moment);
}
