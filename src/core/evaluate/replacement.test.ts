import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination } from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import type { ContainerSnapshot, PodSnapshot, Workload } from "../model/pod.ts";
import { HOUR, MINUTE, SECOND } from "../model/time.ts";

const exited = (exitCode: number, finishedAt: number, changes: Partial<ContainerSnapshot> = {}) =>
  aContainer({ ready: false, state: { name: "terminated", ...aTermination({ exitCode, finishedAt }) }, ...changes });

interface Changes extends Partial<Omit<PodSnapshot, "owner" | "workload">> {
  readonly owner: string;
  readonly workload?: string;
  readonly isOrphan?: boolean;
}

function parse(text: string): Workload {
  const [kind = "", name = ""] = text.split("/");
  return { kind, name };
}

function owned({ owner, workload = owner, isOrphan = false, ...changes }: Changes): PodSnapshot {
  const owners = { owner: isOrphan ? undefined : parse(owner), workload: parse(workload) };
  return aPod({ restartPolicy: "Never", ...owners, ...changes });
}

const END = NOON - HOUR;

/** Failed at `END`. */
const failed = (changes: Changes) =>
  owned({ name: "failed", createdAt: END - MINUTE, phase: "Failed", containers: [exited(1, END)], ...changes });

/** Created a minute after the failure. */
const succeeded = (changes: Changes) =>
  owned({
    name: "other",
    createdAt: END + MINUTE,
    phase: "Succeeded",
    containers: [exited(0, END + 2 * MINUTE)],
    ...changes,
  });

const condition = (status: "True" | "False", since = END + 2 * MINUTE) => ({
  status,
  since,
  reason: undefined,
  message: undefined,
});
const ready = (changes: Changes) =>
  owned({
    name: "other",
    createdAt: END + MINUTE,
    restartPolicy: "Always",
    conditions: { ...aPod().conditions, ready: condition("True") },
    ...changes,
  });
const evicted = (changes: Changes) =>
  failed({
    restartPolicy: "Always",
    reason: "Evicted",
    containers: [],
    conditions: { ...aPod().conditions, disruption: condition("True", END) },
    ...changes,
  });

const job = "Job/import";
const cronJob = "CronJob/report";
const run = (minute: number): Changes => ({ owner: `Job/report-${minute}`, workload: cronJob });
const replica: Changes = { owner: "ReplicaSet/web-7f", workload: "Deployment/web" };
const set = "StatefulSet/db";
const daemon = "DaemonSet/agent";
const build = (number: number): Changes => ({ owner: `Build/web-${number}`, workload: "BuildConfig/web" });
const rc = (number: number): Changes => ({
  owner: `ReplicationController/web-${number}`,
  workload: "DeploymentConfig/web",
});

const CASES: readonly (readonly [string, PodSnapshot, PodSnapshot, boolean])[] = [
  ["a later pod of the Job succeeds", failed({ owner: job }), succeeded({ owner: job }), true],
  [
    "a parallel pod of the Job succeeds",
    failed({ owner: job }),
    succeeded({ owner: job, createdAt: END - MINUTE }),
    false,
  ],
  [
    "a later pod of the Job runs",
    failed({ owner: job }),
    owned({ owner: job, name: "other", createdAt: END + MINUTE }),
    false,
  ],
  ["the later pod is being deleted", failed({ owner: job }), succeeded({ owner: job, deletionAt: NOON }), false],
  ["the same index succeeds", failed({ owner: job, part: "0" }), succeeded({ owner: job, part: "0" }), true],
  ["another index succeeds", failed({ owner: job, part: "0" }), succeeded({ owner: job, part: "1" }), false],
  ["another Job succeeds", failed({ owner: job }), succeeded({ owner: "Job/other" }), false],
  ["another namespace succeeds", failed({ owner: job }), succeeded({ owner: job, namespace: "blog" }), false],
  ["a later run of the CronJob succeeds", failed(run(29400001)), succeeded(run(29400002)), true],
  [
    "a later run ended before the failure",
    failed(run(29400001)),
    succeeded({ ...run(29400002), containers: [exited(0, END - SECOND)] }),
    false,
  ],
  ["an earlier run ends later", failed(run(29400002)), succeeded(run(29400001)), false],
  ["a retry of the TaskRun succeeds", failed({ owner: "TaskRun/t" }), succeeded({ owner: "TaskRun/t" }), true],
  [
    "a sidecar pod of the TaskRun was there before",
    failed({ owner: "TaskRun/t" }),
    succeeded({ owner: "TaskRun/t", createdAt: 0 }),
    false,
  ],
  [
    "the next attempt of the node of a Workflow succeeds",
    failed({ owner: "Workflow/w", part: "w.test" }),
    succeeded({ owner: "Workflow/w", part: "w.test" }),
    true,
  ],
  [
    "another node of the Workflow succeeds",
    failed({ owner: "Workflow/w", part: "w.test" }),
    succeeded({ owner: "Workflow/w", part: "w.build" }),
    false,
  ],
  ["nodes of the Workflow are not known", failed({ owner: "Workflow/w" }), succeeded({ owner: "Workflow/w" }), false],
  ["a later build succeeds", failed(build(9)), succeeded(build(10)), true],
  ["an earlier build succeeds", failed(build(10)), succeeded(build(9)), false],
  ["a later build runs", failed(build(9)), owned({ ...build(10), name: "other" }), false],
  ["a build without a number", failed({ owner: "Build/web" }), succeeded({ owner: "Build/web" }), false],
  ["a new replica is ready", evicted(replica), ready(replica), true],
  [
    "a new replica of the next ReplicaSet is ready",
    evicted(replica),
    ready({ ...replica, owner: "ReplicaSet/web-8a" }),
    true,
  ],
  ["a replica was there before", evicted(replica), ready({ ...replica, createdAt: END - SECOND }), false],
  [
    "a new replica is not ready",
    evicted(replica),
    owned({ ...replica, name: "other", createdAt: END + MINUTE }),
    false,
  ],
  [
    "the pod with the same ordinal is ready",
    evicted({ owner: set, uid: "old", name: "db-0" }),
    ready({ owner: set, name: "db-0" }),
    true,
  ],
  ["another ordinal is ready", evicted({ owner: set, name: "db-0" }), ready({ owner: set, name: "db-1" }), false],
  [
    "a new pod of the DaemonSet on the node is ready",
    evicted({ owner: daemon, node: "a" }),
    ready({ owner: daemon, node: "a" }),
    true,
  ],
  [
    "a pod of the DaemonSet on another node is ready",
    evicted({ owner: daemon, node: "a" }),
    ready({ owner: daemon, node: "b" }),
    false,
  ],
  ["a new pod of the ReplicationController is ready", evicted(rc(3)), ready(rc(3)), true],
  [
    "the next deployment succeeds",
    failed({ ...rc(3), name: "web-3-deploy" }),
    succeeded({ ...rc(4), name: "web-4-deploy" }),
    true,
  ],
  [
    "a hook of the next deployment succeeds",
    failed({ ...rc(3), name: "web-3-deploy" }),
    succeeded({ ...rc(4), name: "web-4-hook-pre" }),
    false,
  ],
  [
    "the next deployment succeeds after a failed hook",
    failed({ ...rc(3), name: "web-3-hook-pre" }),
    succeeded({ ...rc(4), name: "web-4-deploy" }),
    true,
  ],
  [
    "another hook of the next deployment succeeds",
    failed({ ...rc(3), name: "web-3-hook-post" }),
    succeeded({ ...rc(4), name: "web-4-hook-pre" }),
    false,
  ],
  ["a deployment failed before its pods are ready", failed({ ...rc(3), name: "web-3-deploy" }), ready(rc(3)), false],
  ["a build whose owner is not known", failed(build(9)), succeeded({ ...build(10), isOrphan: true }), false],
  ["an unknown controller", evicted({ owner: "Cluster/pg" }), ready({ owner: "Cluster/pg" }), false],
];

describe("a failed pod is over when", () => {
  it.each(CASES.filter(([, , , isOver]) => isOver))("%s", (_what, before, after) => {
    const listed = aStory();
    listed.update(after, { listing: true });
    listed.update(before, { listing: true });
    expect(listed.evaluator.listed(NOON)).toEqual([]);
    const story = aStory();
    story.update(before);
    expect(story.firing()).toEqual(["PodFailed"]);
    story.update(after);
    story.wait(MINUTE);
    expect(story.firing()).toEqual([]);
    expect(story.transitions.at(-1)!.transition.reason).toMatch(
      after.phase === "Succeeded" ? `Pod ${after.name} succeeded instead.` : `Pod ${after.name} took its place.`,
    );
    // It stays over when that pod is gone.
    story.remove(after);
    story.update(before);
    story.wait(2 * MINUTE);
    expect(story.log).toHaveLength(2);
  });
});

describe("a failed pod is not over when", () => {
  it.each(CASES.filter(([, , , isOver]) => !isOver))("%s", (_what, before, after) => {
    const story = aStory();
    story.update(after);
    story.update(before);
    story.wait(2 * MINUTE);
    story.update(after);
    expect(story.firing()).toEqual(["PodFailed"]);
  });
});

describe("a rollout of a DeploymentConfig", () => {
  const deployer = (changes: Partial<Changes> = {}) =>
    failed({
      ...rc(3),
      name: "web-3-deploy",
      containers: [exited(1, END + 2 * SECOND, { name: "deployment" })],
      ...changes,
    });
  const hook = (changes: Partial<Changes> = {}) =>
    failed({
      ...rc(3),
      name: "web-3-hook-pre",
      containers: [exited(4, END, { name: "lifecycle" })],
      ...changes,
    });

  it("that a person or a newer rollout cancelled raises no alert", () => {
    const story = aStory();
    const cancelled = { isCancelled: true, reason: "DeadlineExceeded" };
    story.update(deployer(cancelled));
    story.update(hook(cancelled));
    expect(story.log).toEqual([]);
    story.remove(hook());
    story.update(deployer({ reason: "DeadlineExceeded" }));
    expect(story.alert("PodFailed").annotations.summary).toMatch(
      /^The deployer pod of DeploymentConfig\/web failed: it ran longer than activeDeadlineSeconds/,
    );
  });

  it("that failed because of a hook has one alert, about the hook", () => {
    for (const pods of [
      [hook(), deployer()],
      [deployer(), hook(), deployer()],
    ]) {
      const story = aStory();
      for (const pod of pods) story.update(pod);
      story.wait(MINUTE);
      expect(story.alert("PodFailed").annotations.summary).toMatch(
        /^The pre hook of DeploymentConfig\/web failed: container lifecycle: exit 4/,
      );
    }
  });

  it("has an alert of its own when the hook failed in another rollout, long before, or is being deleted", () => {
    for (const other of [
      hook(rc(2)),
      hook({ containers: [exited(4, END - MINUTE)] }),
      hook({ containers: [exited(4, END + 9 * SECOND)] }),
      hook({ deletionAt: NOON }),
      succeeded({ ...rc(3), name: "web-3-hook-pre", createdAt: 0 }),
      ready({ ...rc(2), name: "web-2-8p8z2", createdAt: 0 }),
    ]) {
      const story = aStory();
      story.update(other);
      story.update(deployer());
      expect(story.alert("PodFailed").annotations.description).toContain("web-3-deploy");
    }
  });
});

describe("while the namespace is being listed", () => {
  it("a failed pod raises no alert, and an open alert stays", () => {
    const story = aStory();
    story.update(evicted(replica), { listing: true });
    expect(story.log).toEqual([]);
    expect(story.evaluator.listed(NOON).map(({ transition }) => transition.to)).toEqual(["firing"]);
    story.update(evicted(replica), { listing: true });
    expect(story.firing()).toEqual(["PodFailed"]);
    expect(story.evaluator.listed(NOON)).toEqual([]);
  });
});

describe("pods of one workload that fail", () => {
  const refused = (n: number) =>
    evicted({ ...replica, name: `web-${n}`, createdAt: NOON + n * SECOND, startedAt: NOON, reason: "OutOfcpu" });

  it("are one alert with their number and examples", () => {
    const story = aStory();
    for (let n = 1; n <= 5; n++) story.update(refused(n));
    expect(story.log).toEqual(["PodFailed: inactive → firing"]);
    expect(story.alert("PodFailed").annotations).toMatchObject({
      summary: expect.stringMatching(/^Deployment\/web: 5 pods failed: its node had too little CPU left \(OutOfcpu\)/),
      description: expect.stringContaining("5 pods failed: web-3, web-4, web-5 and 2 more."),
    });
    // A pod that started earlier, and one that is deleted: the number is right at once.
    story.update({ ...refused(6), startedAt: NOON - MINUTE });
    expect(story.alert("PodFailed").annotations.summary).toContain("6 pods failed");
    story.remove(refused(1));
    expect(story.alert("PodFailed").annotations.summary).toContain("5 pods failed");
    story.remove(refused(5));
    expect(story.alert("PodFailed").annotations.summary).toContain("4 pods failed");
    for (const n of [2, 3, 4, 6]) story.remove(refused(n));
    expect(story.firing()).toEqual([]);
  });
});

describe("the container that failed its pod", () => {
  const blamed = (...containers: ContainerSnapshot[]) => {
    const story = aStory();
    story.update(failed({ owner: job, containers }));
    return story.alert("PodFailed").subject.container?.name;
  };

  it("is the first to exit, not one that was stopped in the same second, and never a sidecar", () => {
    const app = exited(2, END, { name: "app" });
    expect(blamed(exited(143, END, { name: "proxy" }), app)).toBe("app");
    expect(blamed(app, exited(137, END, { name: "proxy" }))).toBe("app");
    expect(blamed(exited(3, END + SECOND, { name: "late" }), app)).toBe("app");
    expect(blamed(exited(1, END - SECOND, { name: "mesh", type: "sidecar" }), app)).toBe("app");
    expect(blamed(app, exited(3, END, { name: "second" }))).toBe("app");
  });
});
