import type { Row, State } from "../../../src/http/base/api-types.ts";

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

export function consoleNamespace(namespace: string, consoleUrl: string | undefined): string | undefined {
  return consoleUrl === undefined ? undefined : `${consoleUrl}/k8s/cluster/projects/${namespace}`;
}
