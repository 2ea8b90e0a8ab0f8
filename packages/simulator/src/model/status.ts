/**
 * The errors of an API server with the exact messages of Kubernetes, because clients and users match on them.
 * From apimachinery `pkg/api/errors`, apiserver `storage/errors.go` and `meta/internalversion/validation`.
 */
import type { Status, StatusDetails } from "./objects.ts";

export function failure(code: number, reason: string, message: string, details?: StatusDetails): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  };
}

export function unauthorized(): Status {
  return failure(401, "Unauthorized", "Unauthorized");
}

/** `resource` may have a subresource (`pods/log`); `namespace` is empty for the whole cluster. */
export function forbidden(
  user: string,
  verb: string,
  resource: string,
  group: string,
  namespace: string,
  name = "",
): Status {
  const [kind = resource] = resource.split("/");
  const qualified = group === "" ? kind : `${kind}.${group}`;
  const object = name === "" ? `${qualified} is` : `${qualified} "${name}" is`;
  const scope = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return failure(
    403,
    "Forbidden",
    `${object} forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${scope}`,
    { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }), kind },
  );
}

export function forbiddenPath(user: string, verb: string, path: string): Status {
  return failure(403, "Forbidden", `forbidden: User "${user}" cannot ${verb} path "${path}"`, {});
}

export function notFound(resource: string, name: string, group = ""): Status {
  const kind = group === "" ? resource : `${resource}.${group}`;
  return failure(404, "NotFound", `${kind} "${name}" not found`, {
    name,
    ...(group === "" ? {} : { group }),
    kind: resource,
  });
}

export function alreadyExists(resource: string, name: string): Status {
  return failure(409, "AlreadyExists", `${resource} "${name}" already exists`, { name, kind: resource });
}

/** For an object without a field that must be given. */
export function missingField(kind: string, field: string, message: string): Status {
  const text = `Required value: ${message}`;
  return failure(422, "Invalid", `${kind} "" is invalid: ${field}: ${text}`, {
    kind,
    causes: [{ reason: "FieldValueRequired", message: text, field }],
  });
}

/** The error of Go's `strconv.ParseUint` for a resourceVersion. */
export function invalidResourceVersion(text: string): string {
  return `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
}

export function badRequest(message: string): Status {
  return failure(400, "BadRequest", message);
}

export function methodNotAllowed(): Status {
  return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

/** For a watch or list of a resourceVersion that is no longer in the watch cache. */
export function tooOld(requested: string, oldest: string): Status {
  return failure(410, "Expired", `too old resource version: ${requested} (${oldest})`);
}

/** For a continue token whose list has been compacted; `token` continues with the current state (etcd3 `errors.go`). */
export function continueTooOld(token = ""): Status {
  const message =
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without " +
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. " +
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or " +
    "deleted between the time the first chunk was returned and now may show up in the list.";
  return { ...failure(410, "Expired", message), metadata: { continue: token } };
}

export function tooLargeResourceVersion(requested: string, current: string): Status {
  return failure(504, "Timeout", `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}

export function tooManyRequests(message: string, retryAfterSeconds: number): Status {
  return failure(429, "TooManyRequests", message, { retryAfterSeconds });
}

/** The response while a watch cache is being initialized, since 1.34 (KEP-4568). */
export function storageInitializing(): Status {
  return tooManyRequests("storage is (re)initializing", 1);
}

export function internalError(message: string): Status {
  return failure(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ reason: "", message }] });
}

export interface FieldError {
  readonly field: string;
  readonly reason: "FieldValueForbidden" | "FieldValueNotSupported" | "FieldValueInvalid";
  readonly message: string;
}

/** For contradictory list or watch parameters. */
export function invalidListOptions(errors: readonly FieldError[]): Status {
  const texts = errors.map((error) => `${error.field}: ${error.message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  return failure(422, "Invalid", `ListOptions.meta.k8s.io "" is invalid: ${text}`, {
    group: "meta.k8s.io",
    kind: "ListOptions",
    causes: errors.map(({ field, reason, message }) => ({ reason, message, field })),
  });
}
