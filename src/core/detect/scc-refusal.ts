/**
 * The refusal of a pod by the SCC admission of OpenShift. Its message has one entry per SCC and refused setting. Most are
 * about SCCs that the account may not use, which says nothing about the pod.
 */
import { sentences } from "../text/text.ts";

export interface SccRefusal {
  readonly explanation: string;
  /** The same in a few words: `SCC restricted-v2 refuses runAsUser 1001`. */
  readonly short: string;
  /** `restricted-v2: .containers[0].runAsUser: 1001: must be in the ranges: [1000660000, 1000669999]`, most useful first. */
  readonly reasons: readonly string[];
  readonly remedy: string;
}

const START = /unable to validate against any security context constraint: (.*)/s;
/** Entries are separated by a comma, in older versions of OpenShift by a space. The ranges contain commas too. */
const SEPARATOR = /(?<!:),? (?=provider |\.?spec\.|pod\.metadata\.)/;
/** The summary is one line. */
const MAX_REASON = 200;
/** OpenShift sets these from the range of the project when the pod does not. */
const RANGE_FIELDS = ["runAsUser", "fsGroup", "supplementalGroups"];

/** Undefined for a message that is not such a refusal. */
export function sccRefusal(message: string, namespace: string): SccRefusal | undefined {
  const list = START.exec(message)?.[1];
  if (list === undefined) return undefined;
  const reasons = reasonsOf(list);
  const [first] = reasons;
  return {
    explanation: first ?? NO_SCC,
    short: first === undefined ? NO_SCC : shortReason(first),
    reasons,
    remedy: remedyFor(reasons, namespace),
  };
}

function reasonsOf(list: string): readonly string[] {
  const inner = list.trim().replace(/^\[(.*)\]$/s, "$1");
  const entries = inner.split(SEPARATOR).filter((entry) => !/^provider "/.test(entry) && !NOT_USABLE.test(entry));
  // The SCC restricted refuses the seccomp annotations that another SCC has set; they are not in the pod template.
  const isAnnotation = (entry: string) => entry.startsWith("pod.metadata.annotations[");
  const ordered = [...entries.filter((entry) => !isAnnotation(entry)), ...entries.filter(isAnnotation)];
  return [...new Set(ordered.map(readable))];
}

const NO_SCC = "its service account may use no security context constraint (SCC)";

/** `restricted-v2: .containers[0].runAsUser: 1001: must be …`: the SCC, the path of the field and the value. */
const REASON = /^(?:([\w.-]+): )?([^\s:]+): (?:(\d+|"[^"]*"))?/;

function shortReason(reason: string): string {
  const [, scc, path, value] = REASON.exec(reason) ?? [];
  if (path === undefined) return reason;
  const field = path.slice(path.lastIndexOf(".") + 1);
  return `${scc === undefined ? "no SCC allows" : `SCC ${scc} refuses`} ${field}${value === undefined ? "" : ` ${value}`}`;
}

const NOT_USABLE = /Forbidden: not usable by user or serviceaccount/;

function readable(entry: string): string {
  const line = entry
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^provider /, "")
    .replace(/Invalid value: (\[\]int64\{[^}]*\}: )?/, "");
  const characters = [...line];
  return characters.length <= MAX_REASON ? line : `${characters.slice(0, MAX_REASON).join("")}…`;
}

function remedyFor(reasons: readonly string[], namespace: string): string {
  const fields = RANGE_FIELDS.filter((field) => reasons.some((reason) => reason.includes(`.${field}`)));
  const remove =
    fields.length > 0
      ? `Remove ${fields.join(" and ")} from the pod template, so that the range of the project applies.`
      : "Remove the refused settings from the pod template.";
  const grant = `oc adm policy add-scc-to-user SCC -z ACCOUNT -n ${namespace}`;
  if (reasons.length === 0) return `Ask a cluster administrator to grant one: ${grant}.`;
  return sentences(remove, `Or ask a cluster administrator to grant an SCC that allows it: ${grant}.`);
}
