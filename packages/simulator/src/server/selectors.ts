/** Field and label selectors of list and watch requests. */
import type { Resource } from "../encode/types.ts";
import type { ApiObject, Event, Pod } from "../model/objects.ts";

export type Matches = (object: ApiObject) => boolean;

export class SelectorError extends Error {}

const POD_FIELDS: Readonly<Record<string, (pod: Pod) => string>> = {
  "metadata.name": (pod) => pod.metadata.name,
  "metadata.namespace": (pod) => pod.metadata.namespace,
  "spec.nodeName": (pod) => pod.spec.nodeName ?? "",
  "spec.restartPolicy": (pod) => pod.spec.restartPolicy,
  "spec.schedulerName": (pod) => pod.spec.schedulerName ?? "",
  "spec.serviceAccountName": (pod) => pod.spec.serviceAccountName ?? "",
  "status.phase": (pod) => pod.status.phase,
  "status.podIP": (pod) => pod.status.podIP ?? "",
};

const EVENT_FIELDS: Readonly<Record<string, (event: Event) => string>> = {
  "metadata.name": (event) => event.metadata.name,
  "metadata.namespace": (event) => event.metadata.namespace,
  "involvedObject.kind": (event) => event.involvedObject.kind,
  "involvedObject.namespace": (event) => event.involvedObject.namespace ?? "",
  "involvedObject.name": (event) => event.involvedObject.name,
  "involvedObject.uid": (event) => event.involvedObject.uid,
  "involvedObject.apiVersion": (event) => event.involvedObject.apiVersion ?? "",
  "involvedObject.resourceVersion": (event) => event.involvedObject.resourceVersion ?? "",
  "involvedObject.fieldPath": (event) => event.involvedObject.fieldPath ?? "",
  reason: (event) => event.reason,
  reportingComponent: (event) => event.reportingComponent,
  source: (event) => event.source.component ?? event.reportingComponent,
  type: (event) => event.type,
};

/** Throws a SelectorError with the message of the API server for an unsupported field. */
export function parseFieldSelector(resource: Resource, selector: string): Matches {
  const fields = (resource === "pods" ? POD_FIELDS : EVENT_FIELDS) as Record<string, (object: ApiObject) => string>;
  const terms = selector
    .split(",")
    .filter((term) => term !== "")
    .map((term) => {
      const [, field = "", operator = "", value = ""] = /^([^=!]+)(==|!=|=)(.*)$/.exec(term) ?? [];
      if (operator === "") throw new SelectorError(`invalid selector: '${term}'; can't understand '${term}'`);
      const read = Object.hasOwn(fields, field) ? fields[field] : undefined;
      if (read === undefined) throw new SelectorError(`field label not supported: ${field}`);
      return (object: ApiObject) => (read(object) === value) === (operator !== "!=");
    });
  return (object) => terms.every((matches) => matches(object));
}

/** Equality and set based, as in `app=web,tier!=test,zone in (a, b),!canary`. */
export function parseLabelSelector(selector: string): Matches {
  const terms = (selector.match(/[^,(]+(\([^)]*\))?/g) ?? []).map((text) => parseLabelTerm(text.trim()));
  return (object) => terms.every((matches) => matches(object.metadata.labels ?? {}));
}

function parseLabelTerm(term: string): (labels: Readonly<Record<string, string>>) => boolean {
  const [, key = "", not, list] = /^(\S+)\s+(not)?in\s+\(([^)]*)\)$/.exec(term) ?? [];
  if (list !== undefined) {
    const values = new Set(list.split(",").map((value) => value.trim()));
    return (labels) => values.has(labels[key] ?? "\0") === (not === undefined);
  }
  const [, name = "", operator, value] = /^([\w./-]+)\s*(==|!=|=)\s*([\w.-]*)$/.exec(term) ?? [];
  if (operator !== undefined) return (labels) => (labels[name] === value) === (operator !== "!=");
  const [, absent, label] = /^(!?)([\w./-]+)$/.exec(term) ?? [];
  if (label === undefined) throw new SelectorError(`unable to parse requirement: found '${term}'`);
  return (labels) => Object.hasOwn(labels, label) === (absent === "");
}
