import type { Incident, Row, State } from "../../../src/http/base/api-types.ts";

/** The command that shows the cause: the log of the previous run after a restart, otherwise a description. */
export function commandFor(row: Row, cli: State["cli"]): string {
  const start = `${cli} -n ${row.namespace}`;
  if (row.pod === undefined) {
    const [kind, name] = row.owner?.split("/") ?? [];
    return kind === undefined || name === undefined
      ? `${start} get events --sort-by=.lastTimestamp`
      : `${start} describe ${kind.toLowerCase()} ${name}`;
  }
  if (row.container === undefined || row.lastRestart === undefined) return `${start} describe pod ${row.pod}`;
  return `${start} logs ${row.pod} -c ${row.container} --previous`;
}

/** The command for an incident: the log of its worst container, or a description of the workload. */
export function commandForIncident(incident: Incident, cli: State["cli"]): string {
  const { namespace = "", workload, row, lastLine } = incident;
  const [, pod, container] = (row ?? "").split("/");
  const start = `${cli} -n ${namespace}`;
  if (pod !== undefined && container !== undefined && !/^[A-Z]/.test(pod)) {
    const previous = lastLine?.from === "kubernetes" ? "" : " --previous";
    return previous === "" ? `${start} describe pod ${pod}` : `${start} logs ${pod} -c ${container}${previous}`;
  }
  const [kind, name] = workload?.split("/") ?? [];
  return kind === undefined || name === undefined
    ? `${start} get events --sort-by=.lastTimestamp`
    : `${start} describe ${kind.toLowerCase()} ${name}`;
}

const PLURALS: Readonly<Record<string, string>> = {
  Deployment: "deployments",
  StatefulSet: "statefulsets",
  DaemonSet: "daemonsets",
  DeploymentConfig: "deploymentconfigs",
  CronJob: "cronjobs",
  Job: "jobs",
  Pod: "pods",
};

/** The workload in the OpenShift console; its namespace where the console has no page for the kind. */
export function consoleOf({ namespace, workload }: Incident, consoleUrl: string | undefined): string | undefined {
  if (consoleUrl === undefined || namespace === undefined) return undefined;
  const [kind = "", name] = workload?.split("/") ?? [];
  const resource = PLURALS[kind];
  return resource === undefined || name === undefined
    ? `${consoleUrl}/k8s/cluster/projects/${namespace}`
    : `${consoleUrl}/k8s/ns/${namespace}/${resource}/${name}`;
}

export interface ConsoleLinks {
  readonly pod: string;
  readonly logs: string;
  readonly events: string;
}

/** Links to the pod of a row in the OpenShift console. */
export function consoleLinks(row: Row, consoleUrl: string | undefined): ConsoleLinks | undefined {
  if (consoleUrl === undefined || row.pod === undefined) return undefined;
  const pod = `${consoleUrl}/k8s/ns/${row.namespace}/pods/${row.pod}`;
  const container = row.container === undefined ? "" : `?container=${encodeURIComponent(row.container)}`;
  return { pod, logs: `${pod}/logs${container}`, events: `${pod}/events` };
}
