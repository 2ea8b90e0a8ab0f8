import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { Duration } from "../../core/model/time.ts";
import { compileScope, type SilenceScope } from "../../core/notify/silence.ts";
import type { Clock } from "../../ports/clock.ts";
import { HttpProblem } from "../base/problem.ts";
import type { Row } from "../schemas/state.ts";

/** Rows by namespace, pod and workload, so that a silence of one pod does not scan all rows. */
export interface RowIndex {
  readonly all: readonly Row[];
  at(key: string): readonly Row[];
}

export function indexed(all: readonly Row[]): RowIndex {
  const byKey = new Map<string, Row[]>();
  for (const row of all) {
    const { namespace, pod, workload } = labelsOf(row);
    for (const key of new Set([namespace, `${namespace}/${pod}`, `${namespace}/${workload}`])) {
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, [row]);
      else known.push(row);
    }
  }
  return { all, at: (key) => byKey.get(key) ?? [] };
}

/** The rows that a scope may match. */
function candidates(scope: SilenceScope, rows: RowIndex): readonly Row[] {
  switch (scope.kind) {
    case "container":
    case "pod":
      return rows.at(`${scope.namespace}/${scope.pod}`);
    case "workload":
      return rows.at(`${scope.namespace}/${scope.workload}`);
    case "namespace":
      return rows.at(scope.namespace);
    case "everything":
    case "matchers":
      return rows.all;
  }
}

/** Compiling takes longer than comparing, and the scope of a silence never changes. */
const compiled = new WeakMap<SilenceScope, ReturnType<typeof compileScope>>();

function compiledScope(scope: SilenceScope): ReturnType<typeof compileScope> {
  const known = compiled.get(scope) ?? compileScope(scope);
  compiled.set(scope, known);
  return known;
}

/** The longest time without a yield to the event loop; other requests wait for it. */
const TURN: Duration = 10;

/**
 * A row matches when all of its firing alerts do; without an alert, its labels are matched. Throws a problem when that
 * takes longer than `budget`.
 */
export async function coveredRows(
  scopes: readonly SilenceScope[],
  rows: RowIndex,
  clock: Pick<Clock, "monotonic">,
  budget: Duration = Number.POSITIVE_INFINITY,
): Promise<readonly Row[]> {
  const covers = scopes.map(compiledScope);
  const possible = new Set(scopes.flatMap((scope) => candidates(scope, rows)));
  const covered: Row[] = [];
  let used = 0;
  let turnBegan = clock.monotonic();
  for (const row of possible) {
    const names = row.alerts?.map(({ name, severity }) => ({ alertname: name, severity })) ?? [{}];
    const isCovered = names.every((given) =>
      covers.some((one) => one({ ...given, ...labelsOf(row) } as Parameters<typeof one>[0])),
    );
    if (isCovered) covered.push(row);
    const took = clock.monotonic() - turnBegan;
    if (took < TURN) continue;
    used += took;
    if (used > budget)
      throw new HttpProblem(400, "These regular expressions take too long to evaluate: use simpler ones.");
    await yieldToEventLoop();
    turnBegan = clock.monotonic();
  }
  return covered;
}

function labelsOf({ namespace, pod, container, owner }: Row) {
  return { namespace, pod, container, workload: owner ?? (pod === undefined ? undefined : `Pod/${pod}`) };
}
