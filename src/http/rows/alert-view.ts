import { z } from "zod";
import type { Alert, AlertState, ContainerFacts } from "../../core/model/alert.ts";
import type { LoggedTransition } from "../../ports/store.ts";
import { alertname, labels, list, severity, stateName, time } from "../schemas/fields.ts";
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
  restarts: list(restart).meta({ description: "Restarts within the window, oldest first." }),
  state: kubernetesValue.meta({ description: "As `state` of a core/v1 ContainerStatus." }),
  lastTerminated: kubernetesValue.optional(),
});

export const alertSchema = z
  .object({
    fingerprint: z.string(),
    episode: z
      .int()
      .meta({ description: "Counts from 1: how often the alert has fired or been pending after it was resolved." }),
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
      pod: z.string().optional().meta({ description: "The pod, even if the labels only name its workload." }),
      podUid: z.string().optional(),
      node: z.string().optional(),
      podStartedAt: time.optional(),
      container: containerFacts.optional(),
    }),
    acknowledgement: z
      .object({
        by: z.string(),
        at: time,
        note: z.string(),
        notifyOnWorsening: z.boolean(),
        coversIncident: z
          .literal(true)
          .optional()
          .meta({ description: "It covers later alerts of the same workload and cause." }),
      })
      .optional()
      .meta({ description: "No more notifications until it recovers or, with `notifyOnWorsening`, gets worse." }),
  })
  .meta({ id: "Alert" });
export type AlertView = z.output<typeof alertSchema>;

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

/** An alert as the API shows it: states of containers have the form that Kubernetes gives them. */
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
    subject: { ...subject, container: subject.container === undefined ? undefined : factsView(subject.container) },
    acknowledgement,
  };
}

export function transitionView({ labels, ...transition }: LoggedTransition): z.output<typeof transitionSchema> {
  return { ...labels, ...transition };
}

function stateView(state: AlertState): AlertView["state"] {
  if (state.name !== "firing") return state;
  const { endsAt: _, ...shown } = state;
  return shown;
}

function factsView(facts: ContainerFacts): z.output<typeof containerFacts> {
  return {
    ...facts,
    restarts: facts.restarts.map(({ at, reason, exitCode, inferred }) => ({ at, reason, exitCode, inferred })),
    state: kubernetesState(facts.state),
    lastTerminated: facts.lastTerminated === undefined ? undefined : kubernetesTermination(facts.lastTerminated),
  };
}
