import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Fields {
  readonly kubernetes: string;
  /** By `apiVersion kind`, the type's name. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, Type>>;
}

interface Type {
  readonly fields: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
}

const made = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/deploy/kubernetes-fields.json"), "utf8"),
) as Fields;

/** The types outside Kubernetes that we use, from the API references of OpenShift and the Prometheus operator. */
const OTHERS: Readonly<Record<string, Type>> = {
  Route: { fields: { ...object("RouteSpec") }, required: ["spec"] },
  RouteSpec: {
    fields: {
      host: "string",
      path: "string",
      to: "RouteTarget",
      port: "RoutePort",
      tls: "RouteTls",
      wildcardPolicy: "'None'|'Subdomain'",
    },
    required: ["to"],
  },
  RouteTarget: { fields: { kind: "'Service'", name: "string", weight: "integer" }, required: ["kind", "name"] },
  RoutePort: { fields: { targetPort: "string|number" }, required: ["targetPort"] },
  RouteTls: {
    fields: {
      termination: "'edge'|'passthrough'|'reencrypt'",
      insecureEdgeTerminationPolicy: "'None'|'Allow'|'Redirect'",
      destinationCACertificate: "string",
    },
    required: ["termination"],
  },
  ServiceMonitor: { fields: { ...object("ServiceMonitorSpec") }, required: ["spec"] },
  ServiceMonitorSpec: {
    fields: { selector: "LabelSelector", endpoints: "[]Endpoint", namespaceSelector: "object" },
    required: ["selector", "endpoints"],
  },
  Endpoint: {
    fields: {
      port: "string",
      path: "string",
      interval: "string",
      scheme: "'http'|'https'",
      honorLabels: "boolean",
      tlsConfig: "EndpointTls",
      authorization: "EndpointAuthorization",
    },
  },
  EndpointTls: { fields: { serverName: "string", ca: "SecretOrConfigMap", insecureSkipVerify: "boolean" } },
  SecretOrConfigMap: { fields: { configMap: "ConfigMapKeySelector", secret: "SecretKeySelector" } },
  EndpointAuthorization: { fields: { type: "string", credentials: "SecretKeySelector" } },
  PrometheusRule: { fields: { ...object("PrometheusRuleSpec") }, required: ["spec"] },
  PrometheusRuleSpec: { fields: { groups: "[]RuleGroup" } },
  RuleGroup: { fields: { name: "string", interval: "string", rules: "[]Rule" }, required: ["name"] },
  Rule: {
    fields: { alert: "string", expr: "string", for: "string", labels: "{}string", annotations: "{}string" },
    required: ["expr"],
  },
};

const KINDS: Readonly<Record<string, string>> = {
  ...made.kinds,
  "route.openshift.io/v1 Route": "Route",
  "monitoring.coreos.com/v1 ServiceMonitor": "ServiceMonitor",
  "monitoring.coreos.com/v1 PrometheusRule": "PrometheusRule",
};
const TYPES: Readonly<Record<string, Type>> = { ...made.types, ...OTHERS };

function object(spec: string) {
  return { apiVersion: "string", kind: "string", metadata: "ObjectMeta", spec };
}

/** Fields and types of a manifest that an API server would reject, each with its path; empty if it is valid. */
export function misfits(manifest: Readonly<Record<string, unknown>>): readonly string[] {
  const kind = `${manifest.apiVersion} ${manifest.kind}`;
  const type = KINDS[kind];
  return type === undefined ? [`${kind}: is not a known kind`] : check(manifest, type, String(manifest.kind));
}

function check(value: unknown, type: string, where: string): readonly string[] {
  if (type === "any") return [];
  if (type.startsWith("[]")) {
    if (!Array.isArray(value)) return [`${where}: is not a list`];
    return value.flatMap((item, index) => check(item, type.slice(2), `${where}[${index}]`));
  }
  if (type.startsWith("{}")) {
    if (!isObject(value)) return [`${where}: is not a map`];
    return Object.entries(value).flatMap(([key, item]) => check(item, type.slice(2), `${where}.${key}`));
  }
  const known = TYPES[type];
  if (known === undefined) {
    return type.split("|").some((simple) => isSimple(value, simple)) ? [] : [`${where}: is not ${type}`];
  }
  if (!isObject(value)) return [`${where}: is not a ${type}`];
  const missing = (known.required ?? []).filter((field) => value[field] === undefined || value[field] === null);
  return [
    ...missing.map((field) => `${where}.${field}: is missing`),
    ...Object.entries(value).flatMap(([field, inner]) => {
      const fieldType = known.fields[field];
      if (fieldType === undefined) return [`${where}.${field}: is not a field of ${type}`];
      return check(inner, fieldType, `${where}.${field}`);
    }),
  ];
}

function isSimple(value: unknown, type: string): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "object") return isObject(value);
  return type.startsWith("'") ? value === type.slice(1, -1) : typeof value === type;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
