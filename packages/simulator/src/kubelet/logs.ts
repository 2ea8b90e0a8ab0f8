/** Container logs: what `GET …/pods/NAME/log` reads. */
import type { ContainerStatus, Pod, Status } from "../model/objects.ts";
import { badRequest } from "../model/status.ts";

export interface LogLine {
  readonly at: string;
  readonly text: string;
}

export interface LogSource {
  /**
   * The requested text, or the Status that explains why there is none, with the messages of API server and kubelet.
   * Undefined for a pod that is not on a node.
   */
  read(pod: Pod, query: URLSearchParams): string | Status | undefined;
}

export interface Logs extends LogSource {
  /** Appends lines to the log of the run that has this container ID. */
  write(containerID: string, lines: readonly LogLine[]): void;
  /** The kubelet keeps the current container and the previous one, and removes older ones. */
  forget(containerID: string): void;
}

export function createLogs(): Logs {
  const byContainer = new Map<string, LogLine[]>();
  return {
    write: (containerID, lines) => {
      const own = byContainer.get(containerID) ?? [];
      own.push(...lines);
      byContainer.set(containerID, own);
    },
    forget: (containerID) => void byContainer.delete(containerID),
    read: (pod, query) => {
      const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ name }) => name);
      const container = query.get("container") ?? (containers.length === 1 ? containers[0] : undefined);
      const pods = pod.metadata.name;
      if (container === undefined) {
        return badRequest(
          `a container name must be specified for pod ${pods}, choose one of: [${containers.join(" ")}]`,
        );
      }
      if (!containers.includes(container)) return badRequest(`container ${container} is not valid for pod ${pods}`);
      if (!pod.spec.nodeName) return undefined;
      const previous = query.get("previous") === "true";
      const status = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])].find(
        ({ name }) => name === container,
      );
      const id = status === undefined ? undefined : runOf(status, previous);
      if (id === undefined) return noLog(pod, container, status, previous);
      return render(byContainer.get(id) ?? [], query);
    },
  };
}

function runOf(status: ContainerStatus, previous: boolean): string | undefined {
  if (previous) return status.lastState.terminated?.containerID;
  return status.containerID;
}

function noLog(pod: Pod, container: string, status: ContainerStatus | undefined, previous: boolean): Status {
  if (previous) {
    return badRequest(`previous terminated container "${container}" in pod "${pod.metadata.name}" not found`);
  }
  const reason = status?.state.waiting?.reason ?? "ContainerCreating";
  const text = reason.includes("Image") ? "trying and failing to pull image" : reason;
  return badRequest(`container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${text}`);
}

function render(lines: readonly LogLine[], query: URLSearchParams): string {
  const tail = query.get("tailLines");
  const chosen = tail === null ? lines : lines.slice(Math.max(0, lines.length - Number(tail)));
  const stamped = query.get("timestamps") === "true";
  const text = chosen.map(({ at, text: line }) => `${stamped ? `${at} ` : ""}${line}\n`).join("");
  const limit = query.get("limitBytes");
  return limit === null ? text : Buffer.from(text).subarray(0, Number(limit)).toString();
}
