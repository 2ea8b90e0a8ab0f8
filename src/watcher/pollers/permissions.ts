import { type Duration, HOUR, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { NamespaceHealth, PodSource, Problem } from "../../ports/pods.ts";
import type { Logger } from "../../telemetry/logger.ts";

export interface PermissionsOptions {
  readonly source: PodSource;
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
  /** The same pods, and with the health of a namespace what we may not do in it. */
  readonly source: PodSource;
}

/** Namespaces come a few seconds after the start; what one lacks is worth knowing before the first alert needs it. */
const FIRST: Duration = 3 * SECOND;
/** A namespace that is new is asked about soon, one that lacks something again, for somebody may just be granting it. */
const LOOK: Duration = MINUTE;
/** And every one once an hour, for roles are taken, too. */
const AGAIN: Duration = HOUR;

/** What the API server is going to refuse when it is next asked, if it has been asked at all. */
const UNDECIDED: ReadonlySet<NamespaceHealth["state"]> = new Set(["starting", "syncing", "stale"]);

interface Verdict {
  readonly askedAt: Duration;
  readonly problem: Problem | undefined;
}

/**
 * Knows what our token lacks in each namespace (SelfSubjectAccessReview at the start, after a refusal, and hourly):
 * without logs or events an alert still comes, with less to go by, and somebody should know how to mend it before it
 * matters. A namespace whose pods may not be listed is forbidden, also where the watch has not come to be told so; it
 * is one alert whoever finds out first.
 */
export function watchPermissions({ source, missingIn, clock, logger }: PermissionsOptions): Permissions {
  const known = new Map<string, Verdict>();
  const forbidden = new Set<string>();
  /** To be asked about, in this order: of which something was noted, and whose turn has come. */
  const noted = new Set<string>();
  const due = new Set<string>();
  let isAsking = false;
  /** Whose answer is still worth having: nothing was noted of it since it was asked about, and it is watched. */
  let awaited: string | undefined;
  let timer: Timer = clock.after(FIRST, round);
  let isStopped = false;
  let tell: ((health: NamespaceHealth) => void) | undefined;

  function round(): void {
    const namespaces = source.health().map(({ namespace }) => namespace);
    for (const namespace of known.keys()) if (!namespaces.includes(namespace)) known.delete(namespace);
    for (const namespace of namespaces) {
      const before = known.get(namespace);
      const isDue = before === undefined || before.problem !== undefined || clock.monotonic() - before.askedAt >= AGAIN;
      if (isDue) due.add(namespace);
    }
    void askDue().finally(() => {
      if (!isStopped) timer = clock.after(LOOK, round);
    });
  }

  /** One question at a time: what has changed for one has often changed for all, whose API server is ours, too. */
  async function askDue(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    for (let namespace = next(); namespace !== undefined; namespace = next()) await ask(namespace);
    isAsking = false;
  }

  function next(): string | undefined {
    if (isStopped) return undefined;
    const [namespace] = noted.size > 0 ? noted : due;
    if (namespace === undefined) return undefined;
    noted.delete(namespace);
    due.delete(namespace);
    return namespace;
  }

  async function ask(namespace: string): Promise<void> {
    try {
      awaited = namespace;
      const { missing, commands } = await missingIn(namespace);
      if (awaited !== namespace) return;
      const before = known.get(namespace)?.problem;
      const problem = missing.length === 0 ? undefined : problemOf(namespace, missing, commands, before);
      known.set(namespace, { askedAt: clock.monotonic(), problem });
      if (problem?.message === before?.message) return;
      if (problem !== undefined) {
        logger.warn({ event: "permissions_missing", namespace, missing, remedy: commands }, "Permissions are missing.");
      }
      const health = source.health().find((one) => one.namespace === namespace);
      if (health !== undefined) tell?.(withMissing(health));
    } catch (error) {
      logger.debug({ namespace, err: error }, "Permissions could not be asked for.");
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

  function withMissing(health: NamespaceHealth): NamespaceHealth {
    const problem = known.get(health.namespace)?.problem;
    if (problem === undefined) return health;
    const isRefused = UNDECIDED.has(health.state) && problem.missing.includes("list pods");
    const state = isRefused ? "forbidden" : health.state;
    if (health.problem === undefined) return { ...health, state, problem };
    const missing = [...new Set([...health.problem.missing, ...problem.missing])];
    const remedy = health.problem.remedy ?? problem.remedy;
    return { ...health, state, problem: { ...health.problem, missing, remedy } };
  }

  /** A refusal says that something has changed, and so does its end. */
  function note({ namespace, state }: NamespaceHealth): void {
    const isForbidden = state === "forbidden" || state === "polling";
    if (isForbidden === forbidden.has(namespace)) return;
    if (isForbidden) forbidden.add(namespace);
    else forbidden.delete(namespace);
    noted.add(namespace);
    if (awaited === namespace) awaited = undefined;
    void askDue();
  }

  return {
    source: {
      ...source,
      health: () => source.health().map(withMissing),
      start(sink) {
        tell = (health) => sink.healthChanged(health);
        source.start({
          changed: (change) => sink.changed(change),
          synced: (namespace) => sink.synced(namespace),
          healthChanged(health) {
            note(health);
            sink.healthChanged(withMissing(health));
          },
          unwatched(namespace) {
            known.delete(namespace);
            forbidden.delete(namespace);
            noted.delete(namespace);
            due.delete(namespace);
            if (awaited === namespace) awaited = undefined;
            sink.unwatched(namespace);
          },
        });
      },
    },
    [Symbol.dispose]: () => {
      isStopped = true;
      awaited = undefined;
      timer.cancel();
    },
  };
}
