import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recordedObservations } from "../../src/cli/recorded-observations.ts";
import { createReplayEvaluator, type ReplayedTransition, replay } from "../../src/core/evaluate/replay.ts";
import { defaultPolicy } from "../../src/core/model/policy.ts";
import { MINUTE } from "../../src/core/model/time.ts";

/**
 * Twenty minutes of a real cluster, compared with a table written by hand from scenarios.yaml and the stream: which alerts
 * fire, when, with which cause, and which resolve. No other alerts may fire.
 */
const RECORDING = join(import.meta.dirname, "../fixtures/recordings/pods.watch.ndjson.gz");
const { observations } = await recordedObservations(RECORDING, undefined);
const transitions = [...replay(observations, defaultPolicy)];

const NEVER = undefined;

/** Alert, subject, time of firing, cause, exit code, time of resolution. */
const TABLE: readonly (readonly [string, string, string, string, string | undefined, string | undefined])[] = [
  // At the first CrashLoopBackOff of each container.
  ["PodCrashLooping", "init-crash/migrate", "11:38:41", "Error", "3", NEVER],
  ["PodCrashLooping", "exit-zero/app", "11:38:41", "Completed", "0", NEVER],
  ["PodCrashLooping", "oom/app", "11:38:43", "OOMKilled", "137", NEVER],
  ["PodCrashLooping", "second-container-crash/metrics", "11:38:44", "Error", "2", NEVER],
  ["PodCrashLooping", "run-error/app", "11:38:51", "StartError", "128", NEVER],
  ["PodCrashLooping", "checkout-65f56cb97f-8p8z2/app", "11:38:56", "Error", "1", NEVER],
  ["PodCrashLooping", "checkout-65f56cb97f-hfm7g/app", "11:38:56", "Error", "1", NEVER],
  ["PodCrashLooping", "sidecar-crash/proxy", "11:39:01", "Error", "7", NEVER],
  ["PodCrashLooping", "liveness-fail/app", "11:39:03", "Error", "137", NEVER],
  ["PodCrashLooping", "db-0/db", "11:39:04", "Error", "137", NEVER],
  // Runs from 11:40:13 on.
  ["PodCrashLooping", "recovers/app", "11:39:35", "Error", "1", "11:50:13"],
  ["PodCrashLooping", "priv/bad", "11:39:52", "Error", "9", NEVER],
  ["PodCrashLooping", "flapping/app", "11:41:15", "Error", "1", NEVER],
  // At the fifth restart.
  ["PodRestartingTooOften", "liveness-fail/app", "11:40:11", "Error", "137", NEVER],
  ["PodRestartingTooOften", "init-crash/migrate", "11:41:34", "Error", "3", NEVER],
  ["PodRestartingTooOften", "run-error/app", "11:41:38", "StartError", "128", NEVER],
  ["PodRestartingTooOften", "second-container-crash/metrics", "11:41:40", "Error", "2", NEVER],
  ["PodRestartingTooOften", "exit-zero/app", "11:41:44", "Completed", "0", NEVER],
  ["PodRestartingTooOften", "oom/app", "11:41:49", "OOMKilled", "137", NEVER],
  ["PodRestartingTooOften", "checkout-65f56cb97f-hfm7g/app", "11:41:51", "Error", "1", NEVER],
  ["PodRestartingTooOften", "checkout-65f56cb97f-8p8z2/app", "11:41:55", "Error", "1", NEVER],
  ["PodRestartingTooOften", "sidecar-crash/proxy", "11:41:59", "Error", "7", NEVER],
  ["PodRestartingTooOften", "db-0/db", "11:42:00", "Error", "137", NEVER],
  ["PodRestartingTooOften", "priv/bad", "11:42:44", "Error", "9", NEVER],
  ["PodRestartingTooOften", "flapping/app", "11:46:01", "Error", "1", NEVER],
  ["PodImagePullFailing", "invalid-image-name/app", "11:38:35", "InvalidImageName", undefined, NEVER],
  ["PodImagePullFailing", "never-pull/app", "11:38:36", "ErrImageNeverPull", undefined, NEVER],
  ["PodImagePullFailing", "bad-image/app", "11:38:37", "ErrImagePull", undefined, NEVER],
  // The bad rollout, and its repair.
  ["PodImagePullFailing", "web-b8f496d79-8kd7j/web", "11:40:10", "ErrImageNeverPull", undefined, "11:41:00"],
  ["ContainerCannotStart", "config-error/app", "11:38:36", "CreateContainerConfigError", undefined, NEVER],
  ["ContainerCannotStart", "run-error/app", "11:38:38", "StartError", "128", NEVER],
  ["ContainerOOMKilled", "oom/app", "11:38:40", "OOMKilled", "137", NEVER],
  ["PodFailed", "Job/import", "11:38:41", "Error", "4", NEVER],
  ["PodFailed", "deadline", "11:39:15", "DeadlineExceeded", "137", NEVER],
  ["PodFailed", "CronJob/nightly", "11:40:07", "Error", "1", NEVER],
  // Ten minutes after 11:38:34, and fifteen.
  ["PodUnschedulable", "unschedulable", "11:48:34", "Unschedulable", undefined, NEVER],
  ["PodNotReady", "never-ready", "11:53:34", "ContainersNotReady", undefined, NEVER],
];

const clock = (at: number) => new Date(at).toISOString().slice(11, 19);

function whose({ labels }: ReplayedTransition["transition"]): string {
  const { workload, pod, container } = labels;
  return [pod ?? workload, container].filter((part) => part !== undefined).join("/");
}

function line({ transition, alert }: ReplayedTransition): string {
  const { cause, exitCode } = alert.annotations;
  return `${clock(transition.at)} ${transition.labels.alertname} ${whose(transition)} ${cause} ${exitCode ?? "-"}`;
}

const fired = transitions.filter(({ transition }) => transition.to === "firing");
const resolved = transitions.filter(({ transition }) => transition.to === "resolved");

describe("twenty minutes of a real cluster", () => {
  it("fires exactly the alerts of the table, as early as possible and with the right cause", () => {
    const expected = TABLE.map(
      ([name, subject, at, cause, code]) => `${at} ${name} ${subject} ${cause} ${code ?? "-"}`,
    );
    expect(fired.map(line).toSorted()).toEqual(expected.toSorted());
  });

  it("resolves exactly the alerts that recover", () => {
    const expected = TABLE.flatMap(([name, subject, , , , end]) =>
      end === NEVER ? [] : [`${end} ${name} ${subject}`],
    );
    const ended = resolved.map(({ transition: one }) => `${clock(one.at)} ${one.labels.alertname} ${whose(one)}`);
    expect(ended.toSorted()).toEqual(expected.toSorted());
  });

  it.each(["healthy", "web-8586c4bd", "web-7f4cb4469d", "agent", "coredns"])("does not alert for %s", (name) => {
    expect(fired.filter(({ transition }) => transition.labels.pod?.startsWith(name))).toEqual([]);
  });

  it.each(["second-container-crash/web", "sidecar-crash/app", "priv/ok", "init-crash/app"])(
    "does not alert for %s when another container of its pod fails",
    (subject) => {
      expect(fired.filter(({ transition }) => whose(transition) === subject)).toEqual([]);
    },
  );

  it("has one alert for the CronJob, not one per minute", () => {
    const nightly = transitions.filter(({ transition }) => transition.labels.workload === "CronJob/nightly");
    expect(nightly.filter(({ transition }) => transition.to === "firing")).toHaveLength(1);
    expect(nightly.findLast(({ transition }) => transition.to === "firing")!.alert.episode).toBe(1);
  });

  const during = (from: string, to: string) =>
    transitions.filter(({ transition }) => clock(transition.at) >= from && clock(transition.at) < to);

  it("does not notify while the node is down at minute 11: pods that were healthy stay pending until it is back", () => {
    const whileDown = during("11:50:44", "11:57:20");
    expect(
      whileDown.filter(({ transition }) => transition.to === "firing").map(({ transition }) => whose(transition)),
    ).toEqual(["never-ready"]);
    const lost = whileDown.filter(({ alert }) => alert.annotations.cause === "NodeNotReady");
    expect(lost.map(({ transition }) => `${transition.to} ${whose(transition)}`).toSorted()).toEqual([
      "pending agent-jqwhx",
      "pending recovers",
      "pending web-7f4cb4469d-gfgsf",
    ]);
  });

  it("neither fires nor resolves alerts when the kubelet restarts", () => {
    const after = during("11:57:20", "12:02:00").map(({ transition }) => transition.to);
    expect(after.filter((state) => state === "firing" || state === "resolved")).toEqual([]);
  });

  it("keeps the alert of the flapping container firing through its runs of 45 seconds", () => {
    const flapping = transitions.filter(({ transition }) => whose(transition) === "flapping/app");
    expect(flapping.map(({ transition }) => transition.to)).toEqual(["firing", "firing"]);
  });

  it("counts the same restarts as Kubernetes", () => {
    const evaluator = createReplayEvaluator({ ...defaultPolicy, restartTimeframe: 24 * 60 * MINUTE });
    for (const { at, observation } of observations) {
      evaluator.advance(at);
      evaluator.evaluate(observation, at);
    }
    const last = new Map(
      observations
        .filter(({ observation }) => observation.type === "updated")
        .map(({ observation }) => [observation.pod.uid, observation.pod]),
    );
    let checked = 0;
    for (const [uid, history] of evaluator.histories) {
      for (const container of last.get(uid)!.containers) {
        const counted = history.containers[container.name]?.restarts.length ?? 0;
        expect([container.name, counted]).toEqual([container.name, container.restartCount]);
        checked += counted;
      }
    }
    expect(checked).toBeGreaterThan(100);
  });

  it("knows the time and reason of nearly every restart, although Kubernetes keeps only the last record", () => {
    const evaluator = createReplayEvaluator(defaultPolicy);
    for (const { at, observation } of observations) evaluator.evaluate(observation, at);
    const restarts = [...evaluator.histories.values()].flatMap(({ containers }) =>
      Object.values(containers).flatMap((container) => container.restarts),
    );
    const inferred = restarts.filter((restart) => restart.inferred);
    expect(restarts.length).toBeGreaterThan(100);
    expect(inferred.length).toBeLessThan(restarts.length / 20);
  });

  it("changes nothing when every pod is evaluated again", () => {
    const evaluator = createReplayEvaluator(defaultPolicy);
    for (const { at, observation } of observations) {
      evaluator.advance(at);
      evaluator.evaluate(observation, at);
    }
    const end = Math.max(...observations.map(({ at }) => at));
    const last = new Map(observations.map(({ observation }) => [observation.pod.uid, observation]));
    const before = [new Map(evaluator.alerts), new Map(evaluator.histories)];
    for (const observation of last.values()) {
      if (observation.type === "updated")
        evaluator.evaluate({ type: "updated", pod: observation.pod, previous: observation.pod }, end);
    }
    for (const [fingerprint, alert] of evaluator.alerts) expect(before[0]!.get(fingerprint)).toBe(alert);
    for (const [uid, history] of evaluator.histories) expect(before[1]!.get(uid)).toBe(history);
  });
});
