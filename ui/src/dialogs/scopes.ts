import type { Row, SilenceScope } from "../../../src/http/base/api-types.ts";
import { plural } from "../format/text.ts";
import type { SilenceSubject } from "../state/dialog.ts";
import { conditionText } from "./conditions.ts";

export interface ScopeChoice {
  readonly key: string;
  readonly label: string;
  readonly scopes: readonly SilenceScope[];
}

/** The choices for a subject; the first is the default. */
export function scopeChoices(subject: SilenceSubject): ScopeChoice[] {
  switch (subject.kind) {
    case "row":
      return [...rowChoices(subject.row), everything()];
    case "rows":
      return rowsChoices(subject.rows);
    case "namespace":
      return [namespaceChoice(subject.namespace), everything()];
    case "conditions":
      return [{ key: "conditions", label: "Alerts for which all conditions hold", scopes: [] }, everything()];
    case "again":
      return [{ key: "again", label: describeScope(subject.scope), scopes: [subject.scope] }];
  }
}

/** The workload first: its silence also covers the pods of the next rollout. */
function rowChoices(row: Row): ScopeChoice[] {
  const choices: ScopeChoice[] = [];
  const { namespace, owner } = row;
  if (owner !== undefined) {
    choices.push({
      key: "workload",
      label: `Workload ${owner} in ${namespace} (includes new pods)`,
      scopes: [{ kind: "workload", namespace, workload: owner }],
    });
  }
  const own = ownScope(row);
  if (own?.kind === "container") {
    choices.push({ key: "container", label: `This container (${own.container} in ${own.pod})`, scopes: [own] });
  } else if (own?.kind === "pod") {
    choices.push({ key: "pod", label: `This pod (${own.pod})`, scopes: [own] });
  }
  choices.push(namespaceChoice(namespace));
  return choices;
}

function rowsChoices(rows: readonly Row[]): ScopeChoice[] {
  const workloads = distinct(rows.map(workloadScope));
  const own = distinct(rows.map((row) => ownScope(row) ?? workloadScope(row)));
  const namespaces = distinct(rows.map(({ namespace }): SilenceScope => ({ kind: "namespace", namespace })));
  return [
    { key: "workloads", label: `Their ${plural(workloads.length, "workload")} (includes new pods)`, scopes: workloads },
    { key: "containers", label: `These ${plural(own.length, "container")}`, scopes: own },
    { key: "namespaces", label: `Their ${plural(namespaces.length, "namespace")}`, scopes: namespaces },
  ];
}

function ownScope({ namespace, pod, container }: Row): SilenceScope | undefined {
  if (pod === undefined) return undefined;
  return container === undefined ? { kind: "pod", namespace, pod } : { kind: "container", namespace, pod, container };
}

function workloadScope(row: Row): SilenceScope {
  const { namespace, owner } = row;
  if (owner !== undefined) return { kind: "workload", namespace, workload: owner };
  return ownScope(row) ?? { kind: "namespace", namespace };
}

function namespaceChoice(namespace: string): ScopeChoice {
  return { key: "namespace", label: `Namespace ${namespace}`, scopes: [{ kind: "namespace", namespace }] };
}

function everything(): ScopeChoice {
  return { key: "everything", label: "Everything, in all namespaces", scopes: [{ kind: "everything" }] };
}

function distinct(scopes: readonly SilenceScope[]): SilenceScope[] {
  return [...new Map(scopes.map((scope) => [JSON.stringify(scope), scope])).values()];
}

export function describeScope(scope: SilenceScope): string {
  switch (scope.kind) {
    case "everything":
      return "Everything, in all namespaces";
    case "namespace":
      return `Namespace ${scope.namespace}`;
    case "workload":
      return `${scope.workload} in ${scope.namespace}`;
    case "pod":
      return `Pod ${scope.pod} in ${scope.namespace}`;
    case "container":
      return `Container ${scope.container} of ${scope.pod} in ${scope.namespace}`;
    case "matchers":
      return scope.matchers.map(conditionText).join(", ");
  }
}
