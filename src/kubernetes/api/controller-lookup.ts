import { SECOND } from "../../core/model/time.ts";
import type { ApiRequest } from "./api-request.ts";

/** Controllers that the role `view` can read. */
const PATHS: Readonly<Record<string, readonly [api: string, resource: string]>> = {
  CronJob: ["/apis/batch/v1", "cronjobs"],
  DaemonSet: ["/apis/apps/v1", "daemonsets"],
  Job: ["/apis/batch/v1", "jobs"],
  ReplicaSet: ["/apis/apps/v1", "replicasets"],
  ReplicationController: ["/api/v1", "replicationcontrollers"],
  StatefulSet: ["/apis/apps/v1", "statefulsets"],
};

/**
 * Whether a controller still wants pods: false when it is deleted, scaled to 0 or suspended. True when it cannot be read,
 * because a role smaller than `view` may include only pods and events.
 */
export async function asksForPods(
  request: ApiRequest,
  namespace: string,
  kind: string,
  name: string,
): Promise<boolean> {
  const [api, resource] = PATHS[kind] ?? [];
  if (api === undefined) return true;
  const path = `${api}/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`;
  try {
    const { status, body } = await request({ method: "GET", path, deadline: 5 * SECOND });
    const answer = JSON.parse(body.toString("utf8")) as Answer;
    // A server or proxy without this path also answers 404, but without naming the object.
    if (status === 404) return !(answer.reason === "NotFound" && answer.details?.name === name);
    if (status !== 200) return true;
    const { replicas, parallelism, suspend } = answer.spec ?? {};
    return replicas !== 0 && parallelism !== 0 && suspend !== true;
  } catch {
    return true;
  }
}

/** A controller, or the Status of a 404. */
interface Answer {
  readonly reason?: unknown;
  readonly details?: { readonly name?: unknown } | null;
  readonly spec?: { readonly replicas?: unknown; readonly parallelism?: unknown; readonly suspend?: unknown } | null;
}
