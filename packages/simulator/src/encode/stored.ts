import type { ApiObject } from "../model/objects.ts";
import { jsonBytes } from "./json.ts";
import { protobufBytes } from "./protobuf.ts";
import type { Resource, Stored } from "./types.ts";

/** One version of an object. Each encoding is created on first use. */
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
