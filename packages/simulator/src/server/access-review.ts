/** SelfSubjectAccessReview: the permissions of the caller. */

import { jsonEncoding } from "../encode/json.ts";
import type { Exchange } from "../http/exchange.ts";
import { badRequest, failure } from "../model/status.ts";
import type { Access, AccessAttempt, Subject } from "./access.ts";
import { respond, sendJson } from "./responses.ts";

interface ReviewSpec {
  readonly resourceAttributes?: Partial<Record<"namespace" | "verb" | "group" | "resource" | "subresource", string>>;
}

export async function accessReview(exchange: Exchange, access: Access, subject: Subject): Promise<void> {
  let spec: ReviewSpec;
  try {
    spec = (JSON.parse((await exchange.body()).toString()) as { spec?: ReviewSpec }).spec ?? {};
  } catch {
    return respond(exchange, jsonEncoding, badRequest("the object provided is unrecognized: the body is not JSON"));
  }
  if (spec.resourceAttributes === undefined) {
    const message = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified";
    const status = failure(422, "Invalid", `.authorization.k8s.io "" is invalid: spec: ${message}`, {
      group: "authorization.k8s.io",
      causes: [{ reason: "FieldValueInvalid", message, field: "spec" }],
    });
    return respond(exchange, jsonEncoding, status);
  }
  const { namespace = "", verb = "", group = "", resource = "", subresource = "" } = spec.resourceAttributes;
  const attempt: AccessAttempt = {
    verb,
    group,
    resource: subresource === "" ? resource : `${resource}/${subresource}`,
    namespace,
  };
  const allowed = access.allowed(subject, attempt);
  const reason = allowed ? `RBAC: allowed by RoleBinding "simulated/${namespace}"` : "";
  sendJson(exchange, 201, {
    kind: "SelfSubjectAccessReview",
    apiVersion: "authorization.k8s.io/v1",
    metadata: { creationTimestamp: null },
    spec,
    status: { allowed, ...(reason === "" ? {} : { reason }) },
  });
}
