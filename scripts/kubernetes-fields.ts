/**
 * `node scripts/kubernetes-fields.ts https://SERVER TOKEN`: writes the fields of the kinds that deploy/ has, as an API server
 * describes them (OpenAPI v3), to test/fixtures/deploy/kubernetes-fields.json, which a test compares with
 * the manifests. Run it by hand for a newer Kubernetes; NODE_EXTRA_CA_CERTS names its authority.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const GROUPS = [
  "api/v1",
  "apis/apps/v1",
  "apis/networking.k8s.io/v1",
  "apis/policy/v1",
  "apis/rbac.authorization.k8s.io/v1",
];
const KINDS = [
  "ConfigMap",
  "Deployment",
  "Ingress",
  "NetworkPolicy",
  "PersistentVolumeClaim",
  "PodDisruptionBudget",
  "Role",
  "RoleBinding",
  "Secret",
  "Service",
  "ServiceAccount",
];

interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: string;
  readonly format?: string;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
}

const [server, token] = process.argv.slice(2);
const get = async <Body>(path: string) =>
  (await (await fetch(`${server}/${path}`, { headers: { authorization: `Bearer ${token}` } })).json()) as Body;

const schemas: Record<string, Schema> = {};
for (const group of GROUPS) {
  const { components } = await get<{ components: { schemas: typeof schemas } }>(`openapi/v3/${group}`);
  Object.assign(schemas, components.schemas);
}

/** `string`, `[]Container`, `{}string`, or the name of another type. Metadata and similar types are not checked. */
function typeOf(schema: Schema): string {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference !== undefined) return visit(reference.replace("#/components/schemas/", ""));
  if (schema.items !== undefined) return `[]${typeOf(schema.items)}`;
  if (typeof schema.additionalProperties === "object") return `{}${typeOf(schema.additionalProperties)}`;
  if (schema.enum !== undefined) return schema.enum.map((value) => `'${value}'`).join("|");
  return schema.type ?? "any";
}

const types: Record<string, { fields: Record<string, string>; required?: readonly string[] }> = {};

function visit(name: string): string {
  const schema = schemas[name]!;
  const short = name.split(".").at(-1)!;
  if (short === "IntOrString" || short === "Quantity") return "string|number";
  if (schema.properties === undefined) return schema.type ?? "any";
  if (types[short] === undefined) {
    types[short] = { fields: {}, ...(schema.required && { required: schema.required }) };
    for (const [field, inner] of Object.entries(schema.properties)) {
      if (field !== "status") types[short].fields[field] = typeOf(inner);
    }
  }
  return short;
}

const kinds: Record<string, string> = {};
for (const [name, schema] of Object.entries(schemas)) {
  const [identity] = schema["x-kubernetes-group-version-kind"] ?? [];
  if (identity === undefined || !KINDS.includes(identity.kind)) continue;
  const { group, version, kind } = identity;
  kinds[`${group === "" ? "" : `${group}/`}${version} ${kind}`] = visit(name);
}
const { gitVersion } = await get<{ gitVersion: string }>("version");
const target = join(import.meta.dirname, "../test/fixtures/deploy/kubernetes-fields.json");
const lines = Object.entries(types)
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, type]) => `${JSON.stringify(name)}:${JSON.stringify(type)}`);
writeFileSync(
  target,
  `{"kubernetes":${JSON.stringify(gitVersion)},\n"kinds":${JSON.stringify(kinds)},\n"types":{\n${lines.join(",\n")}\n}}\n`,
);
