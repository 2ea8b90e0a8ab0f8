import type { ImageStreamTag } from "../../core/detect/missing-image.ts";
import { SECOND } from "../../core/model/time.ts";
import type { ApiRequest } from "./api-request.ts";

/**
 * Controllers that the role `view` can read. A map, because pods and
 * events may name any kind, such as `constructor`.
 */
const PATHS: ReadonlyMap<string, readonly [api: string, resource: string]> = new Map([
  ["CronJob", ["/apis/batch/v1", "cronjobs"]],
  ["DaemonSet", ["/apis/apps/v1", "daemonsets"]],
  ["Job", ["/apis/batch/v1", "jobs"]],
  ["ReplicaSet", ["/apis/apps/v1", "replicasets"]],
  ["ReplicationController", ["/api/v1", "replicationcontrollers"]],
  ["StatefulSet", ["/apis/apps/v1", "statefulsets"]],
]);

export interface ControllerFacts {
  readonly wantsPods: boolean;
  /** Of its image trigger. A ReplicaSet has the annotations of its Deployment. */
  readonly imageTag?: ImageStreamTag;
}

/**
 * Whether a controller still wants pods: false when it is deleted, scaled to 0 or suspended. True when it cannot be read,
 * because a role smaller than `view` may include only pods and events.
 */
export async function lookUpController(
  request: ApiRequest,
  namespace: string,
  kind: string,
  name: string,
): Promise<ControllerFacts> {
  const [api, resource] = PATHS.get(kind) ?? [];
  if (api === undefined) return { wantsPods: true };
  const path = `${api}/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`;
  try {
    const { status, body } = await request({ method: "GET", path, deadline: 5 * SECOND });
    const answer = JSON.parse(body.toString("utf8")) as Answer;
    // A server or proxy without this path also answers 404, but without naming the object.
    if (status === 404) return { wantsPods: !(answer.reason === "NotFound" && answer.details?.name === name) };
    if (status !== 200) return { wantsPods: true };
    const { replicas, parallelism, suspend } = answer.spec ?? {};
    const imageTag = imageTagOf(answer, namespace);
    return {
      wantsPods: replicas !== 0 && parallelism !== 0 && suspend !== true,
      ...(imageTag === undefined ? {} : { imageTag }),
    };
  } catch {
    return { wantsPods: true };
  }
}

/**
 * The first trigger: `[{"from":{"kind":"ImageStreamTag","name":"web:latest"},"fieldPath":"…"}]`. Undefined for a tag of
 * another namespace: anyone may name one in an annotation, and we may be allowed to read what they may not.
 */
function imageTagOf({ metadata }: Answer, own: string): ImageStreamTag | undefined {
  const triggers = metadata?.annotations?.["image.openshift.io/triggers"];
  if (typeof triggers !== "string") return undefined;
  try {
    const { name, namespace } = (JSON.parse(triggers) as readonly Trigger[])[0]?.from ?? {};
    if (typeof name !== "string" || (namespace !== undefined && namespace !== own)) return undefined;
    return { name, namespace: own };
  } catch {
    return undefined;
  }
}

interface Trigger {
  readonly from?: { readonly name?: unknown; readonly namespace?: unknown };
}

/** A controller, or the Status of a 404. */
interface Answer {
  readonly reason?: unknown;
  readonly details?: { readonly name?: unknown } | null;
  readonly metadata?: { readonly annotations?: Readonly<Record<string, unknown>> } | null;
  readonly spec?: { readonly replicas?: unknown; readonly parallelism?: unknown; readonly suspend?: unknown } | null;
}
