import type { Instant } from "../../../src/core/model/time.ts";
import type { Health, NamespaceView } from "../../../src/http/base/api-types.ts";

/** Which of the watched namespaces cannot be seen now. */
export interface Coverage {
  readonly unknown: readonly NamespaceView[];
  readonly watched: number;
  /** Nothing at all can be seen, or nothing is configured. */
  readonly isTotal: boolean;
}

export function coverageOf({ namespaces }: Pick<Health, "namespaces">): Coverage {
  const unknown = namespaces.filter(({ staleSince }) => staleSince !== undefined);
  return { unknown, watched: namespaces.length, isTotal: unknown.length === namespaces.length };
}

/** Namespaces that are unknown for one reason. */
export interface UnknownCause {
  readonly namespaces: readonly string[];
  readonly since: Instant;
  /** What is wrong, for people. */
  readonly message: string;
  /** Commands that fix it, one for each namespace. */
  readonly commands: readonly string[];
  /** How to fix it where no command does. */
  readonly remedies: readonly string[];
}

/** Groups the unknown namespaces by reason: what is wrong in three namespaces is said once. */
export function unknownCauses(unknown: readonly NamespaceView[]): UnknownCause[] {
  const causes = new Map<string, NamespaceView[]>();
  for (const view of unknown) {
    const key = `${view.state} ${messageOf(view).replaceAll(view.namespace, "…")}`;
    const same = causes.get(key);
    if (same === undefined) causes.set(key, [view]);
    else same.push(view);
  }
  return [...causes.values()].map((views) => {
    const remedies = [...new Set(views.flatMap(({ remedy }) => remedy ?? []))];
    return {
      namespaces: views.map(({ namespace }) => namespace),
      since: Math.min(...views.map(({ staleSince = 0 }) => staleSince)),
      message: views[0] === undefined ? "" : messageOf(views[0]),
      commands: remedies.filter(isCommand).flatMap((remedy) => remedy.split("\n")),
      remedies: remedies.filter((remedy) => !isCommand(remedy)),
    };
  });
}

function messageOf({ message, missing = [] }: NamespaceView): string {
  const text = message ?? "There is no connection to the API server.";
  return missing.length === 0 ? text : `${text} Missing: ${missing.join(", ")}.`;
}

/** A remedy is either a command to copy or advice for people. */
export function isCommand(remedy: string): boolean {
  return /^(oc|kubectl)\s/.test(remedy);
}
