import { type Duration, HOUR, MINUTE, SECOND } from "./core/time.ts";
import type { Clock, NamespaceHealth, PodSource, Problem, Timer } from "./ports.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface PermissionsOptions {
  readonly source: Pick<PodSource, "health">;
  /** Asks Kubernetes what our own token lacks in a namespace. Rejects when it does not answer. */
  readonly missingIn: (namespace: string) => Promise<{
    /** As `verb resource`. */
    readonly missing: readonly string[];
    /** The command that grants them. */
    readonly commands: string | undefined;
  }>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Permissions extends Disposable {
  /** The health of a namespace with what we may not do in it, where the watch itself has nothing worse to say. */
  withMissing(health: NamespaceHealth): NamespaceHealth;
}

/** Namespaces come a few seconds after the start; what one lacks is worth knowing before the first alert needs it. */
const FIRST: Duration = 3 * SECOND;
/** A namespace that is new is asked about soon, and every one once an hour, for roles are given and taken. */
const LOOK: Duration = MINUTE;
const AGAIN: Duration = HOUR;

/**
 * Knows what our token lacks in each namespace (SelfSubjectAccessReview at the start and hourly): without logs or events
 * an alert still comes, with less to go by, and somebody should know how to mend it before it matters.
 */
export function watchPermissions({ source, missingIn, clock, logger }: PermissionsOptions): Permissions {
  const known = new Map<string, { readonly askedAt: Duration; readonly problem: Problem | undefined }>();
  let timer: Timer = clock.after(FIRST, round);
  let isStopped = false;

  function round(): void {
    askAll()
      .catch((error: unknown) =>
        logger.error({ event: "permissions_failed", err: error }, "Permissions were not asked for."),
      )
      .finally(() => {
        if (!isStopped) timer = clock.after(LOOK, round);
      });
  }

  async function askAll(): Promise<void> {
    const namespaces = source.health().map(({ namespace }) => namespace);
    for (const namespace of known.keys()) if (!namespaces.includes(namespace)) known.delete(namespace);
    for (const { namespace, state } of source.health()) {
      const before = known.get(namespace);
      if (isStopped) return;
      // After a 403 every minute counts: somebody may just be granting what is missing.
      if (before !== undefined && state !== "forbidden" && clock.monotonic() - before.askedAt < AGAIN) continue;
      try {
        const { missing, commands } = await missingIn(namespace);
        const problem = missing.length === 0 ? undefined : problemOf(namespace, missing, commands, before?.problem);
        known.set(namespace, { askedAt: clock.monotonic(), problem });
        if (problem !== undefined && problem.message !== before?.problem?.message) {
          logger.warn(
            { event: "permissions_missing", namespace, missing, remedy: commands },
            "Permissions are missing.",
          );
        }
      } catch (error) {
        logger.debug({ namespace, err: error }, "Permissions could not be asked for.");
      }
    }
  }

  function problemOf(
    namespace: string,
    missing: readonly string[],
    remedy: string | undefined,
    before: Problem | undefined,
  ): Problem {
    return {
      since: before?.since ?? clock.now(),
      message: `In namespace ${namespace} our token may not ${missing.join(", nor ")}.`,
      remedy,
      missing,
    };
  }

  return {
    withMissing: (health) => {
      const problem = known.get(health.namespace)?.problem;
      if (problem === undefined) return health;
      if (health.problem === undefined) return { ...health, problem };
      const missing = [...new Set([...health.problem.missing, ...problem.missing])];
      return { ...health, problem: { ...health.problem, missing, remedy: health.problem.remedy ?? problem.remedy } };
    },
    [Symbol.dispose]: () => {
      isStopped = true;
      timer.cancel();
    },
  };
}
