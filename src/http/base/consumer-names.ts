import pLimit from "p-limit";
import { type Duration, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Consumer, DeliveryStore } from "../../ports/delivery.ts";
import { type Caller, callerKey } from "./caller.ts";
import { HttpProblem } from "./problem.ts";

/** The consumer of requests without `consumer`. Its deliveries make the status of a container `Sent`. */
export const DEFAULT_CONSUMER = "default";

/** Other consumers and their progress are visible to callers who see all namespaces; `default` is visible to all. */
export function visibleConsumers<One extends Pick<Consumer, "name">>(consumers: readonly One[], caller: Caller) {
  return caller.seesAll ? consumers : consumers.filter(({ name }) => name === DEFAULT_CONSUMER);
}

/** By then an admitted name is in the store. */
const ADMITTED_TTL: Duration = MINUTE;
/** A caller without write access to all namespaces may create this fraction (1/n) of the consumers. */
const CALLER_FRACTION = 5;

/**
 * Limits the number of consumers: each is stored, listed and measured, and any caller with read access can create one.
 */
export function createConsumerNames(deliveries: Pick<DeliveryStore, "consumers">, clock: Clock, max: number) {
  const known = new Set<string>([DEFAULT_CONSUMER]);
  const admitted = new Map<string, Duration>();
  const madeBy = new Map<string, Set<string>>();
  const limit = pLimit(1);

  return async function admit(name: string, caller: Caller): Promise<void> {
    if (known.has(name)) return;
    await limit(async () => {
      const stored = (await deliveries.consumers()).map((consumer) => consumer.name);
      for (const [one, until] of admitted) if (until <= clock.monotonic()) admitted.delete(one);
      known.clear();
      for (const one of [DEFAULT_CONSUMER, ...stored, ...admitted.keys()]) known.add(one);
      if (known.has(name)) return;
      if (known.size >= max) {
        throw new HttpProblem(
          409,
          `The limit of ${max} consumers is reached: use an existing one, or raise http.max_consumers.`,
        );
      }
      await countFor(name, caller);
      known.add(name);
      admitted.set(name, clock.monotonic() + ADMITTED_TTL);
    });
  };

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
}
