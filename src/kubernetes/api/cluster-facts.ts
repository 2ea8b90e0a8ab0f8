import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Cli, ClusterFacts } from "../../ports/cluster.ts";
import { ApiRefusal, type ApiRequest, checkAnswer, jsonOf } from "./api-request.ts";

/** Upgrades take longer than this, and clocks drift slowly. */
const REFRESH_INTERVAL: Duration = 10 * MINUTE;
const RETRY_INTERVAL: Duration = MINUTE;
/** A slower response does not say precisely enough when its Date header was written. */
const MAX_ROUND_TRIP: Duration = 2 * SECOND;

/** Served by the API server itself, to every authenticated user (system:discovery). */
const OPENSHIFT_GROUP = "/apis/project.openshift.io";

/** Reads the facts at once and every 10 minutes, after a failure every minute, until it is disposed. */
export function watchClusterFacts({
  request,
  clock,
}: {
  request: ApiRequest;
  clock: Clock;
}): ClusterFacts & Disposable {
  let version: string | undefined;
  let skew: Duration | undefined;
  let cli: Cli = "kubectl";
  let timer: Timer | undefined;
  let isStopped = false;

  async function readVersion(): Promise<void> {
    const sentAt = clock.monotonic();
    const response = await request({ method: "GET", path: "/version" });
    const roundTrip = clock.monotonic() - sentAt;
    skew = roundTrip > MAX_ROUND_TRIP ? undefined : skewOf(response.date, clock.now() - roundTrip / 2);
    checkAnswer(response, "read its version");
    const { gitVersion } = jsonOf(response, "read its version") as { readonly gitVersion?: unknown };
    version = typeof gitVersion === "string" ? gitVersion : undefined;
  }

  async function readCli(): Promise<void> {
    cli = await suggestedCli(request);
  }

  function refresh(): void {
    const scheduleAfter = (delay: Duration) => () => {
      if (!isStopped) timer = clock.after(delay, refresh);
    };
    // Every other part reports an API server that does not answer.
    void Promise.all([readVersion(), readCli()]).then(scheduleAfter(REFRESH_INTERVAL), scheduleAfter(RETRY_INTERVAL));
  }

  refresh();
  return {
    version: () => version,
    clockSkew: () => skew,
    cli: () => cli,
    [Symbol.dispose]: () => {
      isStopped = true;
      timer?.cancel();
    },
  };
}

/** Rejects when the API server does not say whether it serves an OpenShift API group. */
export async function suggestedCli(request: ApiRequest): Promise<Cli> {
  const { status } = await request({ method: "GET", path: OPENSHIFT_GROUP });
  if (status === 200) return "oc";
  if (status === 404) return "kubectl";
  throw new ApiRefusal(status, `The API server did not say whether it serves ${OPENSHIFT_GROUP} (${status})`);
}

/** A Date header has whole seconds (RFC 9110, 5.6.7), so it is half a second early on average. */
function skewOf(date: string | undefined, at: number): Duration | undefined {
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs)) return undefined;
  // Adding 0 turns -0 into 0.
  return Math.round((at - theirs - SECOND / 2) / SECOND) * SECOND + 0;
}
