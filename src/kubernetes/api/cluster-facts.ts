import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import { type ApiRequest, checkAnswer, jsonOf } from "./api-request.ts";

/** What the cluster says of itself, for the people who look at how the watching goes. */
export interface ClusterFacts extends Disposable {
  /** Such as `v1.34.2`; undefined before the API server has answered. */
  version(): string | undefined;
  /** Our clock minus the API server's, in whole seconds; undefined when it is not known. */
  clockSkew(): Duration | undefined;
}

/** An upgrade takes longer, and clocks drift slowly. */
const AGAIN: Duration = 10 * MINUTE;
const AFTER_FAILURE: Duration = MINUTE;
/** After a longer wait it is not certain enough when the answer was written. */
const MAX_WAY: Duration = 2 * SECOND;

export function watchClusterFacts({ request, clock }: { request: ApiRequest; clock: Clock }): ClusterFacts {
  let version: string | undefined;
  let skew: Duration | undefined;
  let timer: Timer | undefined;
  let isStopped = false;

  async function ask(): Promise<void> {
    const askedAt = clock.monotonic();
    const answer = await request({ method: "GET", path: "/version" });
    const way = clock.monotonic() - askedAt;
    skew = way > MAX_WAY ? undefined : skewOf(answer.date, clock.now() - way / 2);
    checkAnswer(answer, "say which version it is");
    const { gitVersion } = jsonOf(answer, "say which version it is") as { readonly gitVersion?: unknown };
    version = typeof gitVersion === "string" ? gitVersion : undefined;
  }

  function round(): void {
    const again = (delay: Duration) => () => {
      if (!isStopped) timer = clock.after(delay, round);
    };
    // That the API server does not answer is told by everything else that asks it.
    void ask().then(again(AGAIN), again(AFTER_FAILURE));
  }

  round();
  return {
    version: () => version,
    clockSkew: () => skew,
    [Symbol.dispose]: () => {
      isStopped = true;
      timer?.cancel();
    },
  };
}

/** A Date header is cut to whole seconds (RFC 9110, 5.6.7): half of one is what it is late by on average. */
function skewOf(date: string | undefined, at: number): Duration | undefined {
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs)) return undefined;
  // Never -0, which JSON and people have no word for.
  return Math.round((at - theirs - SECOND / 2) / SECOND) * SECOND + 0;
}
