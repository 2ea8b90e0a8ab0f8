import type { Resource, Stored } from "./encode.ts";
import { jsonBytes } from "./encode-json.ts";
import { protobufBytes } from "./encode-protobuf.ts";
import type { ApiObject } from "./objects.ts";

/** One object in one version, each of its encodings made when first asked for. */
export function storedObject<T extends ApiObject>(resource: Resource, revision: number, object: T): Stored<T> {
  let json: Buffer | undefined;
  let protobuf: Buffer | undefined;
  return {
    namespace: object.metadata.namespace,
    name: object.metadata.name,
    revision,
    object,
    json: () => {
      json ??= jsonBytes(object).subarray(1);
      return json;
    },
    protobuf: () => {
      protobuf ??= protobufBytes(resource, object);
      return protobuf;
    },
  };
}
