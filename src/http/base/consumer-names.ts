import pLimit from "p-limit";
import { type Duration, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Consumer, DeliveryScope, DeliveryStore } from "../../ports/delivery.ts";
import { type Caller, callerKey, requireNamespace, visibleNamespaces } from "./caller.ts";
import { OPERATOR_FRACTION } from "./connection-limit.ts";
import { HttpProblem } from "./problem.ts";

/** The consumer of requests without `consumer`. Its deliveries make the status of a container `Sent`. */
export const DEFAULT_CONSUMER = "default";

export type VisibleConsumer = Pick<Consumer, "name" | "createdAt" | "createdBy" | "lastSeenAt"> &
  Partial<Pick<Consumer, "lastSequence" | "leased">>;

/**
 * Callers who see all namespaces see all consumers and their progress, others their own and `default`, without its owner
 * and the number of its deliveries, which are those of all namespaces.
 */
export function visibleConsumers(consumers: readonly Consumer[], caller: Caller): readonly VisibleConsumer[] {
  if (caller.seesAll) return consumers;
  return consumers.flatMap((consumer): readonly VisibleConsumer[] => {
    const { name, createdAt, createdBy, lastSeenAt } = consumer;
    if (name === DEFAULT_CONSUMER) return [{ name, createdAt, lastSeenAt }];
    return createdBy !== undefined && createdBy === caller.user ? [consumer] : [];
  });
}

/**
 * Consumers belong to the caller who created them. Their number is limited: each is stored, listed and measured, and any
 * caller with read access can create one.
 */
export interface ConsumerNames {
  /** Rejects a new name when there are too many consumers, and a caller who sees no namespace. */
  admit(name: string, caller: Caller): Promise<void>;
  /**
   * The namespaces whose alerts the caller may claim for this consumer; undefined for all. For a consumer of another
   * caller they are those with write access; rejects when there are none. Every caller may claim for `default`, because
   * the pollers of `/pod-restart-alerts` share it.
   */
  claimable(name: string, caller: Caller): Promise<readonly string[] | undefined>;
  /**
   * The deliveries of this consumer that the caller may confirm and release, as scopes to try in turn: first the ones that
   * they claimed, then those of other callers. For `default`, the latter are in namespaces with write access only.
   */
  settleable(name: string, caller: Caller): Promise<readonly DeliveryScope[]>;
}

/** By then an admitted name is in the store. */
const ADMITTED_TTL: Duration = MINUTE;
/** A caller without write access to all namespaces may create this fraction (1/n) of the consumers. */
const CALLER_FRACTION = 5;

interface Admitted {
  readonly by: string | undefined;
  readonly until: Duration;
}

export function createConsumerNames(
  deliveries: Pick<DeliveryStore, "consumers">,
  clock: Clock,
  max: number,
  namespaces: () => readonly string[],
): ConsumerNames {
  const known = new Set<string>([DEFAULT_CONSUMER]);
  const admitted = new Map<string, Admitted>();
  const madeBy = new Map<string, Set<string>>();
  const limit = pLimit(1);

  async function admit(name: string, caller: Caller): Promise<void> {
    requireNamespace(caller, namespaces());
    if (known.has(name)) return;
    await limit(async () => {
      const stored = (await deliveries.consumers()).map((consumer) => consumer.name);
      forgetOld();
      known.clear();
      for (const one of [DEFAULT_CONSUMER, ...stored, ...admitted.keys()]) known.add(one);
      if (known.has(name)) return;
      const isFull = known.size >= max - Math.floor(max / OPERATOR_FRACTION);
      if (known.size >= max || (isFull && !(await caller.mayWriteEverywhere()))) {
        throw new HttpProblem(
          409,
          `The limit of ${max} consumers is reached: use an existing one, or raise http.max_consumers.`,
        );
      }
      await countFor(name, caller);
      known.add(name);
      admitted.set(name, { by: caller.user, until: clock.monotonic() + ADMITTED_TTL });
    });
  }

  async function claimable(name: string, caller: Caller): Promise<readonly string[] | undefined> {
    requireNamespace(caller, namespaces());
    if (name === DEFAULT_CONSUMER || caller.user === undefined || (await belongsTo(name, caller.user))) {
      return visibleNamespaces(caller, namespaces());
    }
    const writable = await writableNamespaces(caller);
    if (writable === undefined || writable.length > 0) return writable;
    throw new HttpProblem(
      403,
      `The consumer ${name} belongs to another caller: use another name, or get write access to a namespace.`,
    );
  }

  async function settleable(name: string, caller: Caller): Promise<readonly DeliveryScope[]> {
    const claimed = await claimable(name, caller);
    if (caller.user === undefined) return [{ namespaces: claimed }];
    const others = name === DEFAULT_CONSUMER ? await writableNamespaces(caller) : claimed;
    return [{ namespaces: claimed, claimedBy: caller.user }, { namespaces: others }];
  }

  /** Undefined for all namespaces. */
  async function writableNamespaces(caller: Caller): Promise<readonly string[] | undefined> {
    if (caller.seesUnwatched && (await caller.mayWriteEverywhere())) return undefined;
    const writable: string[] = [];
    for (const namespace of namespaces()) {
      if (caller.sees(namespace) && (await caller.mayWrite(namespace))) writable.push(namespace);
    }
    return writable;
  }

  async function belongsTo(name: string, user: string): Promise<boolean> {
    const stored = (await deliveries.consumers()).find((consumer) => consumer.name === name);
    if (stored?.createdBy !== undefined) return stored.createdBy === user;
    forgetOld();
    const { by } = admitted.get(name) ?? { by: user };
    // It belongs to nobody yet, and the caller's claim makes it theirs.
    if (stored !== undefined && !admitted.has(name))
      admitted.set(name, { by, until: clock.monotonic() + ADMITTED_TTL });
    return by === user;
  }

  function forgetOld(): void {
    for (const [one, { until }] of admitted) if (until <= clock.monotonic()) admitted.delete(one);
  }

  async function countFor(name: string, caller: Caller): Promise<void> {
    const key = callerKey(caller);
    if (key === undefined || (await caller.mayWriteEverywhere())) return;
    const own = madeBy.get(key) ?? new Set();
    const maxPerCaller = Math.max(1, Math.floor(max / CALLER_FRACTION));
    for (const one of own) if (!known.has(one)) own.delete(one);
    if (own.size >= maxPerCaller) {
      throw new HttpProblem(409, `You have created ${maxPerCaller} consumers, which is the limit: use one of them.`);
    }
    own.add(name);
    madeBy.set(key, own);
  }

  return { admit, claimable, settleable };
}
