import { SECOND } from "../../core/model/time.ts";
import type { ApiRequest } from "./api-request.ts";

/** Where the role `view` lets us read the controllers that make pods. */
const PATHS: Readonly<Record<string, readonly [api: string, resource: string]>> = {
  CronJob: ["/apis/batch/v1", "cronjobs"],
  DaemonSet: ["/apis/apps/v1", "daemonsets"],
  Job: ["/apis/batch/v1", "jobs"],
  ReplicaSet: ["/apis/apps/v1", "replicasets"],
  ReplicationController: ["/api/v1", "replicationcontrollers"],
  StatefulSet: ["/apis/apps/v1", "statefulsets"],
};

/**
 * Whether a controller still asks for pods: not when it is gone, asks for none, or is suspended. True as well where it
 * cannot be known: a role smaller than `view` may read pods and events alone.
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
    // A server or proxy that does not know the path says 404 as well, but not of which object.
    if (status === 404) return !(answer.reason === "NotFound" && answer.details?.name === name);
    if (status !== 200) return true;
    const { replicas, parallelism, suspend } = answer.spec ?? {};
    return replicas !== 0 && parallelism !== 0 && suspend !== true;
  } catch {
    return true;
  }
}

/** Of a controller, or of the Status that says why there is none. */
interface Answer {
  readonly reason?: unknown;
  readonly details?: { readonly name?: unknown } | null;
  readonly spec?: { readonly replicas?: unknown; readonly parallelism?: unknown; readonly suspend?: unknown } | null;
}
