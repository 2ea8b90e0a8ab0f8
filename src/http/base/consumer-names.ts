import { type Duration, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Consumer, DeliveryStore } from "../../ports/delivery.ts";
import { type Caller, callerKey } from "./caller.ts";
import { HttpProblem } from "./problem.ts";
import { createTurns } from "./turns.ts";

/** The consumer that a caller is who names none, and whose hand-overs make a container's status `Sent`. */
export const DEFAULT_CONSUMER = "default";

/** Other people's pollers and how much they were handed are for who may see all; everybody knows the one without a name. */
export function visibleConsumers<One extends Pick<Consumer, "name">>(consumers: readonly One[], caller: Caller) {
  return caller.seesAll ? consumers : consumers.filter(({ name }) => name === DEFAULT_CONSUMER);
}

/** Long enough for a name that was let in to be in the store. */
const BEING_WRITTEN: Duration = MINUTE;
/** Names that one caller may make, who may not change things everywhere: this part of all. */
const PART_OF_ONE = 5;

/**
 * Lets a consumer's name in that is new only while there is room: each is kept, shown, measured and looked through, and
 * whoever may look may name one.
 */
export function createConsumerNames(deliveries: Pick<DeliveryStore, "consumers">, clock: Clock, most: number) {
  const known = new Set<string>([DEFAULT_CONSUMER]);
  const lately = new Map<string, Duration>();
  const madeBy = new Map<string, Set<string>>();
  const inTurn = createTurns(1);

  return async function admit(name: string, caller: Caller): Promise<void> {
    if (known.has(name)) return;
    await inTurn(async () => {
      const stored = (await deliveries.consumers()).map((consumer) => consumer.name);
      for (const [one, until] of lately) if (until <= clock.monotonic()) lately.delete(one);
      known.clear();
      for (const one of [DEFAULT_CONSUMER, ...stored, ...lately.keys()]) known.add(one);
      if (known.has(name)) return;
      if (known.size >= most) {
        throw new HttpProblem(
          409,
          `There are ${most} consumers already: use one of them, or raise http.max_consumers.`,
        );
      }
      await countFor(name, caller);
      known.add(name);
      lately.set(name, clock.monotonic() + BEING_WRITTEN);
    });
  };

  async function countFor(name: string, caller: Caller): Promise<void> {
    const key = callerKey(caller);
    if (key === undefined || (await caller.mayActEverywhere())) return;
    const own = madeBy.get(key) ?? new Set();
    const mostOfOne = Math.max(1, Math.floor(most / PART_OF_ONE));
    for (const one of own) if (!known.has(one)) own.delete(one);
    if (own.size >= mostOfOne) {
      throw new HttpProblem(409, `You have made ${mostOfOne} consumers already: use one of them.`);
    }
    own.add(name);
    madeBy.set(key, own);
  }
}
