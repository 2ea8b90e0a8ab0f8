import type { ControllerEvent } from "../../core/detect/cannot-create-pods.ts";
import { isImageMissing } from "../../core/detect/missing-image.ts";
import { eventTime } from "../../core/model/event-time.ts";
import { SECOND } from "../../core/model/time.ts";
import { maskSecrets } from "../../core/text/mask.ts";
import type { ControllerEvents, KubernetesObject } from "../../ports/evidence.ts";
import { type ApiRequest, checkAnswer, jsonOf } from "./api-request.ts";
import { type ControllerFacts, lookUpController } from "./controller-lookup.ts";
import { lookUpImport } from "./image-stream.ts";

/** Events repeat, and Kubernetes merges those of one controller into one with a count. */
const MOST = 500;
/** One request per controller and minute; beyond this limit, controllers are not checked. */
const MAX_CONTROLLERS = 20;

/** The fieldSelector `reason` limits the response to the relevant events (kubernetes-watch.md 4.5). */
export function createControllerEvents(request: ApiRequest): ControllerEvents {
  async function list(namespace: string, reason: string): Promise<ControllerEvent[]> {
    const query = new URLSearchParams({ fieldSelector: `reason=${reason}`, limit: String(MOST) });
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events?${query}`;
    const what = `list events in ${namespace}`;
    const answer = await request({ method: "GET", path, deadline: 10 * SECOND });
    checkAnswer(answer, what);
    const { items = [] } = jsonOf(answer, what) as { readonly items?: readonly KubernetesObject[] };
    return items.flatMap((event) => controllerEvent(namespace, event) ?? []);
  }

  return {
    list: async (namespace) => {
      const failures = await list(namespace, "FailedCreate");
      if (failures.length === 0) return [];
      const successes = await list(namespace, "SuccessfulCreate");
      const facts = await controllerFacts(namespace, failures);
      return [...failures, ...successes].flatMap((event) => {
        const { wantsPods = true, imageTag } = facts.get(controllerOf(event)) ?? {};
        if (!wantsPods) return [];
        return imageTag === undefined ? event : { ...event, imageTag };
      });
    },
  };

  /** Events outlive their cause by an hour, so deleted workloads and those scaled to 0 are skipped. */
  async function controllerFacts(
    namespace: string,
    failures: readonly ControllerEvent[],
  ): Promise<ReadonlyMap<string, ControllerFacts>> {
    const controllers = new Map(failures.map((event) => [controllerOf(event), event]));
    const facts = new Map<string, ControllerFacts>();
    for (const [controller, { kind, name }] of [...controllers].slice(0, MAX_CONTROLLERS)) {
      const found = await lookUpController(request, namespace, kind, name);
      const lacksImage = failures.some((event) => controllerOf(event) === controller && isImageMissing(event.message));
      const imageTag = found.imageTag && lacksImage ? await lookUpImport(request, found.imageTag) : found.imageTag;
      facts.set(controller, imageTag === undefined ? found : { ...found, imageTag });
    }
    return facts;
  }
}

function controllerOf({ kind, name }: ControllerEvent): string {
  return `${kind}/${name}`;
}

function controllerEvent(namespace: string, event: KubernetesObject): ControllerEvent | undefined {
  const about = event.involvedObject as { readonly kind?: unknown; readonly name?: unknown } | null | undefined;
  if (typeof about?.kind !== "string" || typeof about.name !== "string") return undefined;
  const series = event.series as { readonly count?: unknown } | null | undefined;
  const at = eventTime(event) ?? 0;
  const first = typeof event.firstTimestamp === "string" ? Date.parse(event.firstTimestamp) : Number.NaN;
  return {
    namespace,
    kind: about.kind,
    name: about.name,
    reason: typeof event.reason === "string" ? event.reason : "",
    message: typeof event.message === "string" ? maskSecrets(event.message) : "",
    at,
    firstAt: first > 0 ? first : at,
    count: Number(series?.count ?? event.count ?? 1) || 1,
  };
}
