import { type Duration, HOUR, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NamespaceHealth, PodSource, Problem } from "../../ports/pods.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { createRateLimiter, type RateLimit } from "../../util/rate-limiter.ts";
import { repeat } from "../../util/repeat.ts";

export interface PermissionsOptions {
  readonly source: PodSource;
  /** Checks with Kubernetes what our own token lacks in a namespace. Rejects when Kubernetes does not answer. */
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
  /** The same pods, with missing permissions in the health of their namespace. */
  readonly source: PodSource;
}

/** Namespaces appear some seconds after the start. Missing permissions should be known before the first alert. */
const FIRST_CHECK: Duration = 3 * SECOND;
/** For new namespaces, and for those that lack a permission, which may be granted meanwhile. */
const CHECK_INTERVAL: Duration = MINUTE;
/** For all namespaces: permissions can be revoked. */
const RECHECK_INTERVAL: Duration = HOUR;
/** Namespaces. One check is a few requests to the API server. */
const CHECKS: RateLimit = { perSecond: 10, burst: 20 };

/** The watch has not been refused yet, but may be at its next request. */
const UNDECIDED: ReadonlySet<NamespaceHealth["state"]> = new Set(["starting", "syncing", "stale"]);

interface CheckResult {
  readonly checkedAt: Duration;
  readonly problem: Problem | undefined;
}

/**
 * Checks what our token may do in each namespace (SelfSubjectAccessReview): at the start, after the watch was refused or
 * accepted again, and hourly. Without logs or events an alert still fires, with less evidence; operators should be able
 * to fix that before they need it. A namespace whose pods cannot be listed is `forbidden` even before its watch is refused.
 */
export function watchPermissions({ source, missingIn, clock, logger }: PermissionsOptions): Permissions {
  const results = new Map<string, CheckResult>();
  const limiter = createRateLimiter(clock, CHECKS);
  const stopping = new AbortController();
  const forbidden = new Set<string>();
  const queue = createCheckQueue();
  let isChecking = false;
  /** The namespace being checked; undefined when its result is obsolete already. */
  let current: string | undefined;
  let publish: ((health: NamespaceHealth) => void) | undefined;

  const rounds = repeat(clock, { first: FIRST_CHECK, every: CHECK_INTERVAL }, async () => {
    const watched = new Set(source.namespaces());
    for (const namespace of results.keys()) if (!watched.has(namespace)) results.delete(namespace);
    for (const namespace of watched) {
      const last = results.get(namespace);
      const isDue =
        last === undefined || last.problem !== undefined || clock.monotonic() - last.checkedAt >= RECHECK_INTERVAL;
      if (isDue) queue.add(namespace);
    }
    await checkDue();
  });

  /** One namespace at a time: a change often concerns all of them, and the API server is shared. */
  async function checkDue(): Promise<void> {
    if (isChecking) return;
    isChecking = true;
    while (!queue.isEmpty() && !stopping.signal.aborted) {
      await limiter.admitted(stopping.signal);
      const namespace = stopping.signal.aborted ? undefined : queue.takeNext();
      if (namespace !== undefined) await check(namespace);
    }
    isChecking = false;
  }

  async function check(namespace: string): Promise<void> {
    try {
      current = namespace;
      const { missing, commands } = await missingIn(namespace);
      if (current !== namespace) return;
      const before = results.get(namespace)?.problem;
      const problem =
        missing.length === 0
          ? undefined
          : { ...problemOf(namespace, missing, commands), since: before?.since ?? clock.now() };
      results.set(namespace, { checkedAt: clock.monotonic(), problem });
      if (problem?.message === before?.message) return;
      if (problem !== undefined) {
        logger.warn({ event: "permissions_missing", namespace, missing, remedy: commands }, "Permissions are missing.");
      }
      const health = source.healthOf(namespace);
      if (health !== undefined) publish?.(withProblem(health, problem));
    } catch (error) {
      logger.debug({ namespace, err: error }, "Permissions could not be checked.");
    }
  }

  function withMissing(health: NamespaceHealth): NamespaceHealth {
    return withProblem(health, results.get(health.namespace)?.problem);
  }

  /** The start and the end of a refusal show that permissions have changed: a result from before is obsolete. */
  function observe({ namespace, state }: NamespaceHealth): void {
    const isForbidden = state === "forbidden" || state === "polling";
    if (isForbidden === forbidden.has(namespace)) return;
    if (isForbidden) forbidden.add(namespace);
    else forbidden.delete(namespace);
    queue.addUrgent(namespace);
    if (current === namespace) current = undefined;
    void checkDue();
  }

  function forget(namespace: string): void {
    results.delete(namespace);
    forbidden.delete(namespace);
    queue.delete(namespace);
    if (current === namespace) current = undefined;
  }

  return {
    source: {
      ...source,
      health: () => source.health().map(withMissing),
      healthOf: (namespace) => {
        const health = source.healthOf(namespace);
        return health && withMissing(health);
      },
      start(sink) {
        publish = sink.healthChanged;
        source.start({
          ...sink,
          healthChanged(health) {
            observe(health);
            sink.healthChanged(withMissing(health));
          },
          unwatched(namespace) {
            forget(namespace);
            sink.unwatched(namespace);
          },
        });
      },
    },
    [Symbol.dispose]: () => {
      stopping.abort();
      current = undefined;
      void rounds[Symbol.asyncDispose]();
    },
  };
}

/** Namespaces to check, urgent ones first. */
function createCheckQueue() {
  const urgent = new Set<string>();
  const due = new Set<string>();
  /** The position in `due`: the first element of a set is slow to find after many were deleted. */
  let rest = due.values();

  function nextDue(): string | undefined {
    const { value } = rest.next();
    if (value !== undefined || due.size === 0) return value;
    rest = due.values();
    return rest.next().value;
  }

  function remove(namespace: string): void {
    urgent.delete(namespace);
    due.delete(namespace);
  }

  return {
    isEmpty: () => urgent.size + due.size === 0,
    add: (namespace: string) => void due.add(namespace),
    addUrgent: (namespace: string) => void urgent.add(namespace),
    delete: remove,
    takeNext(): string | undefined {
      const [namespace = nextDue()] = urgent;
      if (namespace !== undefined) remove(namespace);
      return namespace;
    },
  };
}

function problemOf(namespace: string, missing: readonly string[], remedy: string | undefined): Omit<Problem, "since"> {
  return { message: `In namespace ${namespace}, our token may not ${missing.join(", nor ")}.`, remedy, missing };
}

function withProblem(health: NamespaceHealth, problem: Problem | undefined): NamespaceHealth {
  if (problem === undefined) return health;
  const isRefused = UNDECIDED.has(health.state) && problem.missing.includes("list pods");
  const state = isRefused ? "forbidden" : health.state;
  if (health.problem === undefined) return { ...health, state, problem };
  const missing = [...new Set([...health.problem.missing, ...problem.missing])];
  const remedy = health.problem.remedy ?? problem.remedy;
  return { ...health, state, problem: { ...health.problem, missing, remedy } };
}
