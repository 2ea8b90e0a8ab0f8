import { maskSecrets } from "../../core/text/mask.ts";
import type { KubernetesObject } from "../../ports/evidence.ts";

/**
 * A Pod or an Event for display: without managedFields, without the manifest that `kubectl apply` stores in an annotation,
 * and without the values of environment variables and HTTP headers. Secrets in command lines, annotations and messages
 * are masked. Names of variables and references are kept.
 */
export function redactObject(object: KubernetesObject): KubernetesObject {
  return redacted(object, "") as KubernetesObject;
}

const LEFT_OUT = new Set([
  "managedFields",
  "kubectl.kubernetes.io/last-applied-configuration",
  "openshift.io/encoded-deployment-config",
]);

/** Lists of `{ name, value }` whose values are nobody's business: environment variables, headers of probes. */
const NAMED_VALUES = new Set(["env", "httpHeaders"]);

/** Where free text stands. All other strings are names, addresses and the like, which the API restricts. */
const FREE_TEXT = new Set(["annotations", "message", "note", "options", "volumeAttributes"]);

const COMMAND_LINES = new Set(["command", "args"]);

function redacted(value: unknown, key: string): unknown {
  if (typeof value === "string") return FREE_TEXT.has(key) ? maskSecrets(value) : value;
  if (Array.isArray(value)) {
    if (COMMAND_LINES.has(key)) return maskedWords(value);
    return value.map((item: unknown) => redacted(NAMED_VALUES.has(key) ? withoutValue(item) : item, key));
  }
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !LEFT_OUT.has(name));
  return Object.fromEntries(
    kept.map(([name, item]) => [name, redacted(item, FREE_TEXT.has(key) && typeof item === "string" ? key : name)]),
  );
}

function withoutValue(item: unknown): unknown {
  if (typeof item !== "object" || item === null) return item;
  const { value: _hidden, ...rest } = item as Readonly<Record<string, unknown>>;
  return rest;
}

/** As one line, since `--password` and the password are two words. */
function maskedWords(words: readonly unknown[]): readonly unknown[] {
  const between = "\u2028";
  const masked = maskSecrets(words.join(between)).split(between);
  return masked.length === words.length ? masked : words.map((word) => maskSecrets(String(word)));
}
