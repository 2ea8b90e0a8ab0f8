import { lastEndOf, quotedIn } from "../../core/incident/why.ts";
import { crashHint, startHint } from "../../core/text/hints.ts";
import { imageHint } from "../../core/text/image-hints.ts";
import type { IncidentDetails, Mention } from "../schemas/incident-details.ts";
import type { Incident } from "../schemas/incidents.ts";
import { type IncidentFacts, workloadOf } from "./incident-facts.ts";

type Step = IncidentDetails["steps"][number];

const MAX_STEPS = 4;

/** The remedy in steps: a sentence each, and a command where there is one. Kubernetes names need no quotes in a shell. */
export function stepsOf(
  { causes, namespace, line }: IncidentFacts,
  { workload, change, lastLine }: Incident,
  mentions: readonly Mention[],
  cli: "oc" | "kubectl",
): readonly Step[] {
  const alert = causes[0]?.alerts[0];
  if (alert === undefined) return [];
  const steps: Step[] = [];
  const { labels, subject } = alert;
  const at = `-n ${namespace}`;
  const [mention] = mentions;
  if (mention !== undefined) {
    steps.push({
      text: `Check ${mention.name}, which the last line names: ${mention.kind}, ${mention.ready} of ${mention.wanted} ready.`,
      command: `${cli} get service,endpoints,${mention.kind.toLowerCase()} ${mention.name} ${at}`,
    });
  }
  const waiting = subject.container?.state.name === "waiting" ? (subject.container.state.message ?? "") : "";
  const hint =
    labels.alertname === "PodImagePullFailing"
      ? imageHint(waiting)
      : labels.alertname === "ContainerCannotStart"
        ? startHint(waiting)
        : (crashHint(lastEndOf(alert)?.message ?? "") ??
          (lastLine === undefined ? undefined : crashHint(line?.text ?? "")));
  // The description of a container also describes its status.
  const remedy = hint?.remedy ?? (labels.container ? undefined : quotedIn(alert.annotations.description).remedy);
  if (remedy !== undefined) steps.push({ text: remedy });
  if (change?.effect !== undefined && change.healthy !== undefined && workload?.startsWith("Deployment/") === true) {
    steps.push({
      text: `Go back to revision ${change.healthy[0]?.revision}, which is healthy.`,
      command: `${cli} rollout undo ${nameOf(workload)} ${at}`,
    });
  }
  const pod = labels.pod ?? subject.pod;
  if (pod !== undefined && labels.container !== undefined && subject.container?.lastTerminated !== undefined) {
    steps.push({
      text: "Read the whole log of the previous run.",
      command: `${cli} logs ${pod} ${at} -c ${labels.container} --previous`,
    });
  }
  if (pod !== undefined) {
    steps.push({ text: "Read the state and the events of the pod.", command: `${cli} describe pod ${pod} ${at}` });
  } else if (workload !== undefined) {
    steps.push({
      text: "Read the state and the events of the workload.",
      command: `${cli} describe ${nameOf(workload)} ${at}`,
    });
  } else {
    steps.push({ text: alert.annotations.description });
  }
  return steps.slice(0, MAX_STEPS);
}

function nameOf(workload: string): string {
  const { kind, name } = workloadOf(workload);
  return `${kind.toLowerCase()}/${name}`;
}
