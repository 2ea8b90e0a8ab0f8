import type { Instant } from "../../core/model/time.ts";
import type { NamespaceHealth } from "../../ports/pods.ts";
import type { Caller } from "../base/caller.ts";
import type { Health, NamespaceView, ReceiverProblem } from "../schemas/health.ts";

/** A problem that concerns more than one namespace. */
export type SystemProblem = Health["problems"][number];

export interface HealthSource {
  readonly namespaces: () => readonly NamespaceHealth[];
  readonly receiverProblems: (caller: Caller) => Promise<readonly ReceiverProblem[]>;
  readonly problems: () => readonly SystemProblem[];
  /** Start of the program: a namespace that was never synced is unknown since then. */
  readonly startedAt: Instant;
}

/** The health of the namespaces that the caller sees, and of receivers. */
export async function healthOf(source: HealthSource, caller: Caller): Promise<Health> {
  return {
    namespaces: source
      .namespaces()
      .filter(({ namespace }) => caller.sees(namespace))
      .map((health) => namespaceView(health, source.startedAt)),
    receivers: await source.receiverProblems(caller),
    problems: caller.seesAll ? source.problems() : source.problems().map(withoutDetails),
  };
}

/** The text after the colon may name files and namespaces. */
function withoutDetails({ since, message }: SystemProblem): SystemProblem {
  const [what = message, rest] = message.split(/:\s/, 2);
  return { since, message: rest === undefined ? message : `${what}.` };
}

export function namespaceView(health: NamespaceHealth, startedAt: Instant): NamespaceView {
  const { namespace, state, pods, syncedSince, lastSyncedAt, problem, lastEventAt } = health;
  return {
    namespace,
    state,
    pods,
    ...(syncedSince === undefined ? { staleSince: lastSyncedAt ?? problem?.since ?? startedAt } : {}),
    ...(problem === undefined ? {} : { message: problem.message, missing: problem.missing }),
    ...(problem?.remedy === undefined ? {} : { remedy: problem.remedy }),
    ...(lastEventAt === undefined ? {} : { lastEventAt }),
  };
}
