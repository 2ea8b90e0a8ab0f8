import { SECOND } from "../../core/model/time.ts";
import type { ApiRequest } from "./api-request.ts";

/**
 * Controllers that say how many pods they want, and that the role `view` can read. A map, because pods and
 * events may name any kind, such as `constructor`.
 */
const PATHS: ReadonlyMap<string, readonly [api: string, resource: string]> = new Map([
  ["DaemonSet", ["/apis/apps/v1", "daemonsets"]],
  ["Deployment", ["/apis/apps/v1", "deployments"]],
  ["DeploymentConfig", ["/apis/apps.openshift.io/v1", "deploymentconfigs"]],
  ["ReplicaSet", ["/apis/apps/v1", "replicasets"]],
  ["ReplicationController", ["/api/v1", "replicationcontrollers"]],
  ["StatefulSet", ["/apis/apps/v1", "statefulsets"]],
]);

/** `spec.replicas`, or `status.desiredNumberScheduled` of a DaemonSet; undefined where that cannot be read. */
export async function wantedPods(
  request: ApiRequest,
  namespace: string,
  kind: string,
  name: string,
): Promise<number | undefined> {
  const [api, resource] = PATHS.get(kind) ?? [];
  if (api === undefined) return undefined;
  const path = `${api}/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`;
  try {
    const { status, body } = await request({ method: "GET", path, deadline: 5 * SECOND });
    if (status !== 200) return undefined;
    const answer = JSON.parse(body.toString("utf8")) as Answer;
    const wanted = kind === "DaemonSet" ? answer.status?.desiredNumberScheduled : answer.spec?.replicas;
    return typeof wanted === "number" && Number.isSafeInteger(wanted) && wanted >= 0 ? wanted : undefined;
  } catch {
    return undefined;
  }
}

interface Answer {
  readonly spec?: { readonly replicas?: unknown } | null;
  readonly status?: { readonly desiredNumberScheduled?: unknown } | null;
}
