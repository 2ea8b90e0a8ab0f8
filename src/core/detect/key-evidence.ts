import type { Alertname, KeyEvent, KeyEvidence } from "../model/alert.ts";
import { eventTime } from "../model/event-time.ts";
import type { ContainerSnapshot, Termination } from "../model/pod.ts";
import { type Duration, MINUTE } from "../model/time.ts";
import { crashHint, type Hint } from "../text/hints.ts";
import { plainText } from "../text/plain.ts";
import { describeLastRun, formatInstant, quoted } from "../text/text.ts";
import type { DetectInput } from "./detector.ts";

/** The events that say why a pod or a container fails, by the kubelet, the scheduler and the controllers. */
const KEY_REASONS: ReadonlySet<string> = new Set([
  "FailedAttachVolume",
  "FailedCreatePodSandBox",
  "FailedKillPod",
  "FailedMapVolume",
  "FailedMount",
  "FailedPostStartHook",
  "FailedScheduling",
  "NetworkNotReady",
  "NodeNotReady",
  "Pulled",
  "Pulling",
  "Unhealthy",
]);

const MAX_EVENTS = 10;
const MAX_MESSAGE = 1_000;

/**
 * The key events among those of a namespace or a pod, newest first. An event of another object, or of an earlier pod with
 * the same name, is not one of them. Understands core/v1 and events.k8s.io, single events and series.
 */
export function keyEvents(events: readonly Readonly<Record<string, unknown>>[], podUid: string): readonly KeyEvent[] {
  return events
    .flatMap((event) => keyEvent(event, podUid) ?? [])
    .sort((a, b) => b.at - a.at)
    .slice(0, MAX_EVENTS);
}

function keyEvent(event: Readonly<Record<string, unknown>>, podUid: string): KeyEvent | undefined {
  const about = fieldsOf(event.involvedObject ?? event.regarding);
  const { reason } = event;
  if (about.uid !== podUid || typeof reason !== "string" || !KEY_REASONS.has(reason)) return undefined;
  const message = event.message ?? event.note;
  const counts = [event.count, event.deprecatedCount, fieldsOf(event.series).count];
  const container = /^spec\.\w*[cC]ontainers\{(.+)\}$/.exec(String(about.fieldPath ?? ""))?.[1];
  return {
    reason,
    message: typeof message === "string" ? plainText(message).slice(0, MAX_MESSAGE) : "",
    count: Math.max(1, ...counts.filter((count) => typeof count === "number")),
    at: eventTime(event) ?? 0,
    ...(container !== undefined && { container }),
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** The evidence of the open alert of this name, if it is about this pod. */
export function evidenceOf(input: DetectInput, name: Alertname, container?: string): KeyEvidence | undefined {
  const evidence = input.open(name, container)?.evidence;
  return evidence?.podUid === input.pod.uid ? evidence : undefined;
}

/** The newest event with one of these reasons: of the pod, or of one of these containers. */
export function latestEvent(
  evidence: KeyEvidence | undefined,
  reasons: ReadonlySet<string>,
  containers: readonly Pick<ContainerSnapshot, "name">[] = [],
): KeyEvent | undefined {
  return evidence?.events.find(
    ({ reason, container }) =>
      reasons.has(reason) && (container === undefined || containers.some(({ name }) => name === container)),
  );
}

/** `Event FailedMount (12 times, last at 2026-11-22 11:41:56 UTC): “…”.` */
export function describeEvent({ reason, message, count, at }: KeyEvent): string {
  const last = `${count > 1 ? `${count} times, last ` : ""}at ${formatInstant(at)}`;
  return `Event ${reason} (${last})${message === "" ? "" : `: ${quoted(message)}`}.`;
}

/** A failed probe, from an Unhealthy event of the kubelet (prober.go). */
interface FailedProbe {
  readonly kind: "readiness" | "liveness" | "startup";
  readonly event: KeyEvent;
  /** Such as `readiness probe of app fails: “HTTP 503”`. */
  readonly what: string;
}

const UNHEALTHY: ReadonlySet<string> = new Set(["Unhealthy"]);

export function failedProbe(
  evidence: KeyEvidence | undefined,
  container: Pick<ContainerSnapshot, "name">,
  kinds: readonly FailedProbe["kind"][],
): FailedProbe | undefined {
  for (const event of evidence?.events ?? []) {
    if (!UNHEALTHY.has(event.reason) || event.container !== container.name) continue;
    const [, named = "", answer = ""] = /^(\w+) probe (?:failed|errored)[^:]*:?\s*([\s\S]*)$/.exec(event.message) ?? [];
    const kind = kinds.find((one) => one === named.toLowerCase());
    if (kind === undefined) continue;
    const said =
      answer.trim() === "" ? "" : `: ${quoted(answer.replace(/^HTTP probe failed with statuscode: /, "HTTP "))}`;
    return { kind, event, what: `${kind} probe of ${container.name} fails${said}` };
  }
  return undefined;
}

/** The kubelet stops a container with SIGTERM, and kills it at the end of the grace period. */
const STOPPED: ReadonlySet<number> = new Set([0, 137, 143]);
/** Between the last failure of a probe and the end of the container. */
const MAX_STOP_TIME: Duration = 2 * MINUTE;

/** The liveness or startup probe because of which the kubelet ended the run that the evidence is about. */
function fatalProbe(
  evidence: KeyEvidence | undefined,
  container: Pick<ContainerSnapshot, "name">,
  last: Termination | undefined,
): FailedProbe | undefined {
  const run = evidence?.run;
  if (run?.finishedAt === undefined || last?.exitCode !== run.exitCode || last.reason === "OOMKilled") return undefined;
  const probe = STOPPED.has(run.exitCode) ? failedProbe(evidence, container, ["liveness", "startup"]) : undefined;
  return probe !== undefined && Math.abs(probe.event.at - run.finishedAt) <= MAX_STOP_TIME ? probe : undefined;
}

/**
 * The message with which a container ended: the termination message, otherwise the end of its log. The log counts while
 * the container ends with the same exit code.
 */
function finalMessage(evidence: KeyEvidence | undefined, last: Termination | undefined): string | undefined {
  if (last === undefined || last.message !== undefined) return last?.message;
  const { run, log = [] } = evidence ?? {};
  return log.length > 0 && run?.exitCode === last.exitCode ? log.join("\n") : undefined;
}

/** As `describeLastRun`, with the end of the log where there is no termination message. */
export function describeEnd(evidence: KeyEvidence | undefined, last: Termination): string {
  const description = describeLastRun(last);
  const message = last.message === undefined ? finalMessage(evidence, last) : undefined;
  if (message === undefined) return description;
  const at = evidence?.run?.finishedAt;
  const which =
    at === undefined || at === last.finishedAt ? "Its log" : `The log of the run until ${formatInstant(at)}`;
  return `${description} ${which} ends with: ${quoted(message)}.`;
}

/** The usual meaning of what a container said at the end, or the probe that ended it. */
export function endHint(
  evidence: KeyEvidence | undefined,
  container: Pick<ContainerSnapshot, "name">,
  last: Termination | undefined,
): Hint | undefined {
  const probe = fatalProbe(evidence, container, last);
  if (probe !== undefined) {
    return {
      explanation: `its ${probe.kind} probe fails`,
      remedy: `${describeEvent(probe.event)} Check why the container does not answer, and whether the probe allows enough time.`,
    };
  }
  const message = finalMessage(evidence, last);
  return message === undefined ? undefined : crashHint(message);
}
