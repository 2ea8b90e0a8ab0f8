import type { ImageStreamTag } from "../../core/detect/missing-image.ts";
import { SECOND } from "../../core/model/time.ts";
import { maskSecrets } from "../../core/text/mask.ts";
import type { ApiRequest } from "./api-request.ts";

/**
 * The tag with the reason why its last import failed. Without it when the import succeeded, or when the image stream
 * cannot be read. The role `view` of OpenShift includes image streams.
 */
export async function lookUpImport(request: ApiRequest, tag: ImageStreamTag): Promise<ImageStreamTag> {
  const [stream = "", version] = tag.name.split(":");
  const path = `/apis/image.openshift.io/v1/namespaces/${encodeURIComponent(tag.namespace)}/imagestreams/${encodeURIComponent(stream)}`;
  try {
    const { status, body } = await request({ method: "GET", path, deadline: 5 * SECOND });
    if (status !== 200) return tag;
    const { tags } = (JSON.parse(body.toString("utf8")) as ImageStream).status ?? {};
    const conditions = tags?.find((one) => one.tag === (version ?? "latest"))?.conditions ?? [];
    const failed = conditions.find((one) => one.type === "ImportSuccess" && one.status === "False");
    return typeof failed?.message === "string" ? { ...tag, importFailure: maskSecrets(failed.message) } : tag;
  } catch {
    return tag;
  }
}

/** image.openshift.io/v1 ImageStream, NamedTagEventList and TagEventCondition. */
interface ImageStream {
  readonly status?: { readonly tags?: readonly TagEvents[] | null } | null;
}

interface TagEvents {
  readonly tag?: unknown;
  readonly conditions?:
    | readonly { readonly type?: unknown; readonly status?: unknown; readonly message?: unknown }[]
    | null;
}
