import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recordedObservations } from "../../src/cli/recorded-observations.ts";
import { type ReplayedTransition, replay } from "../../src/core/evaluate/replay.ts";
import { defaultPolicy } from "../../src/core/model/policy.ts";

/**
 * Small watch streams, each of a kind of fault that a pod watcher, a rule or a controller got wrong. Most are written by
 * hand after public reports; those that begin with `real-` were recorded. All names are invented.
 */
const CASES = join(import.meta.dirname, "../fixtures/cases");

/** `open`: firing at the end. `over`: fired, and not firing at the end. `quiet`: nothing is firing at the end. */
type Kind = "fires" | "once" | "never" | "open" | "over" | "quiet";

/** Recording, what must hold, alert, workload or pod or container, text that must be there, text that must not. */
type Row = readonly [
  recording: string,
  kind: Kind,
  alertname: string,
  subject?: string | undefined,
  text?: RegExp,
  unlike?: RegExp,
];

const TABLE: readonly Row[] = [
  // A container that is not restarted, next to an injected proxy that runs on.
  [
    "02-job-failed-proxy-runs-on",
    "fires",
    "Pod.*|Container.*",
    "report-.*",
    /exit(ed)?( with)?( code)? 1/i,
    /No container has crashed/i,
  ],
  // A scheduler that does not exist.
  [
    "05-no-such-scheduler",
    "fires",
    "PodUnschedulable|PodPendingTooLong",
    ".*",
    /batch-scheduler/,
    /Nothing has failed/i,
  ],
  // The image of an image volume.
  [
    "16-image-volume-not-found",
    "fires",
    "PodImagePullFailing",
    ".*",
    /models\/small-7b:v9/,
    /image[^.]*ml\/server:2\.3\.1[^.]*(does not exist|no such|cannot)/i,
  ],
  // A sidecar that is running and never starts.
  [
    "20a-native-sidecar-never-started",
    "fires",
    "PodPendingTooLong|PodNotReady",
    ".*",
    /mesh-proxy has not started.*startup probe/is,
    /volumes|network/i,
  ],
  // SIGTERM during a rollout, in a container with an earlier OOM kill of another process.
  ["09a-oomkilled-143-on-rollout", "never", "PodCrashLooping|ContainerOOMKilled"],
  // Resizes in place that restart the container.
  ["19b-three-resizes-by-hand", "never", "PodCrashLooping"],
  // A node whose clock is 45 minutes slow.
  ["14-node-clock-45-min-slow", "once", "PodCrashLooping"],
  // A node whose clock is eight hours fast.
  ["26-node-clock-8-h-fast", "once", "PodCrashLooping"],
  ["26-node-clock-8-h-fast", "over", "PodCrashLooping", "app", /since 2026-11-25 09:01 UTC/],
  // A container restarts all others of its pod again and again.
  ["27-all-containers-restarted", "fires", "PodRestartingTooOften", "watch", /exit 88/],
  ["27-all-containers-restarted", "never", ".*", "work"],
  // A waiting reason that only a provider of virtual nodes uses.
  ["28-state-of-a-provider", "open", "PodPendingTooLong", undefined, /ProviderFailed: “quota exceeded/],
  // A failing start is one episode.
  ["real-poststart", "once", "ContainerCannotStart", "app"],
  ["real-poststart", "open", "ContainerCannotStart", "app"],
  ["real-runtime-restart", "once", "ContainerCannotStart", "app"],
  ["real-runtime-restart", "never", "PodImagePullFailing"],
  // A container exits with 2. Its native sidecar is stopped in the same second and exits with 143.
  ["01-native-sidecar-same-second", "fires", "PodFailed", "Job/import", /exit 2/, /exit 143/],
  // An Indexed Job with backoffLimitPerIndex: index 0 fails for good, the others succeed.
  ["04-indexed-job-one-index-fails", "once", "PodFailed", "Job/render"],
  ["04-indexed-job-one-index-fails", "open", "PodFailed", "Job/render"],
  // An autoscaler scales 0-1-0 every five minutes.
  ["06-scale-to-zero", "never", "WorkloadChurning"],
  // A kubelet refuses every replica of one Deployment.
  ["08-runaway-refused-pods", "once", ".*", "Deployment/solver"],
  // An init container that was killed for its memory and exited with 0.
  ["09b-oomkilled-exit-0-init", "fires", "ContainerOOMKilled", "prepare", /exit 0/, /137/],
  // An image whose name only looks like a cause, and a registry whose certificate has expired.
  ["10a-image-named-certificate-not-found", "fires", "PodImagePullFailing", "app", /does not exist/, /trust|expired/],
  [
    "10b-registry-certificate-expired",
    "fires",
    "PodImagePullFailing",
    "app",
    /certificate has expired/,
    /trust|authority/,
  ],
  // PostgreSQL denies a permission, not the file system.
  ["11a-postgres-permission-denied-for-schema", "fires", "PodCrashLooping", "app", /database user/, /group 0|path/],
  // The end of a long termination message, and an error that looks like a password file.
  ["real-long-message", "fires", "PodCrashLooping", "app", /panic: index out of range \[3\] with length 3/],
  ["real-workdir-mask", "fires", "ContainerCannotStart", "app", /mkdir \/etc\/passwd: not a directory/, /\[masked\]/],
  // A container without a restart rule for its exit code, and one without any rules.
  ["13a-rule-for-42-but-exit-1", "fires", "PodRestartingTooOften"],
  ["13b-no-rules-exit-1", "fires", "PodRestartingTooOften"],
  // The retry of a TaskRun succeeds.
  ["17a-taskrun-retried-quickly", "over", "PodFailed"],
  // An old evicted pod comes before its ready replacement in the list.
  ["18-old-evicted-pod-first-in-the-list", "never", "PodFailed"],
  // One of three replicas is evicted, and the new one finds no node.
  ["24a-oldest-replica-evicted", "fires", "PodFailed", undefined, /evicted/i],
  // Build 7 failed yesterday, build 8 succeeded.
  ["25-build-failed-yesterday-next-one-went-through", "quiet", "PodFailed"],
  // Other indexes, parallel pods and older runs succeed.
  ["real-job-indexed-half", "open", "PodFailed", "Job/indexed-half"],
  ["real-job-parallel-relist", "open", "PodFailed", "Job/parallel-half"],
  ["real-cronjob-old-success", "open", "PodFailed", "CronJob/sometimes"],
  // One replica is replaced again and again. The old and the new pod overlap.
  ["real-churn-grace", "fires", "WorkloadChurning"],
];

const isWhole = (pattern: string, value: string | undefined) => new RegExp(`^(?:${pattern})$`).test(value ?? "");

async function transitionsOf(recording: string): Promise<readonly ReplayedTransition[]> {
  const { observations, problem } = await recordedObservations(join(CASES, `${recording}.ndjson`), undefined);
  expect(problem).toBeUndefined();
  return [...replay(observations, defaultPolicy)].filter(
    ({ transition: { to } }) => to === "firing" || to === "resolved",
  );
}

function textOf({ alert }: ReplayedTransition): string {
  return `${alert.annotations.summary}\n${alert.annotations.description}`;
}

describe.each([...Map.groupBy(TABLE, ([recording]) => recording)])("%s", (recording, rows) => {
  it.each(rows.map((row) => ({ name: row.slice(1).join(" "), row })))("$name", async ({ row }) => {
    const [, kind, alertname, subject, text, unlike] = row;
    const mine = (await transitionsOf(recording)).filter(({ transition: { labels } }) => {
      const { workload, pod, container } = labels;
      const isAbout = subject === undefined || [workload, pod, container].some((one) => isWhole(subject, one));
      return isWhole(alertname, labels.alertname) && isAbout;
    });
    const fired = mine.filter(({ transition }) => transition.to === "firing");
    const latest = new Map(mine.map((one) => [one.transition.fingerprint, one]));
    const open = [...latest.values()].filter(({ transition }) => transition.to === "firing");
    const line = ({ transition: { labels } }: ReplayedTransition) =>
      [labels.alertname, labels.workload, labels.pod, labels.container].filter(Boolean).join(" ");
    switch (kind) {
      case "fires":
        expect(fired.map(line)).not.toEqual([]);
        break;
      case "once":
        expect(fired.map(line)).toHaveLength(1);
        break;
      case "never":
        expect(fired.map(line)).toEqual([]);
        break;
      case "open":
        expect(open.map(line)).not.toEqual([]);
        break;
      case "over":
        expect([fired.length > 0, open.map(line)]).toEqual([true, []]);
        break;
      case "quiet":
        expect(open.map(line)).toEqual([]);
    }
    if (text !== undefined) expect(fired.map(textOf).join("\n")).toMatch(text);
    for (const one of fired) if (unlike !== undefined) expect(textOf(one)).not.toMatch(unlike);
  });
});
