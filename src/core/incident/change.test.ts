import { expect, it } from "vitest";
import { aContainer, aPod, running } from "../../../test/support/pods.ts";
import type { PodSnapshot } from "../model/pod.ts";
import { MINUTE } from "../model/time.ts";
import { describeRollout, type RolloutInput, revisionsOf, rolloutOf } from "./change.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const workload = { kind: "Deployment", name: "app" };

function pod(revision: string, createdAt: number, changes: Partial<PodSnapshot> = {}): PodSnapshot {
  const owner = { kind: "ReplicaSet", name: `app-${revision}`, uid: revision };
  const containers = [running("app", { image: `registry.example/app:${revision}` })];
  return aPod({
    name: `app-${revision}-x`,
    workload,
    owner,
    createdAt,
    containers,
    ...changes,
  } as Partial<PodSnapshot>);
}

const old = pod("v1", NOON - 60 * MINUTE);
const fresh = pod("v2", NOON - MINUTE);
const rollout = (changes: Partial<RolloutInput> = {}) =>
  rolloutOf({
    workload,
    pods: [old, fresh],
    failing: new Set([fresh.name]),
    since: NOON,
    join: 30 * MINUTE,
    ...changes,
  });

it("names the revision that alone fails, and the previous one", () => {
  expect(rollout()).toEqual({
    kind: "rollout",
    at: NOON - MINUTE,
    revision: "v2",
    image: "registry.example/app:v2",
    previousRevision: "v1",
    previousImage: "registry.example/app:v1",
    effect: "only-new-fails",
    healthy: [{ revision: "v1", image: "registry.example/app:v1" }],
  });
  expect(describeRollout(rollout()!)).toBe(
    "Revision v2 (app:v2), rolled out 2026-11-22 11:59:00 UTC. Only this revision fails. Previously: revision v1 (app:v1).",
  );
});

it("says when no pod of the revision has ever started", () => {
  const waiting = [
    aContainer({ image: "app:v2", state: { name: "waiting", reason: "ImagePullBackOff", message: "" } }),
  ];
  const found = rollout({ pods: [old, { ...fresh, containers: waiting }] });
  expect(found?.effect).toBe("never-started");
  expect(describeRollout(found!)).toMatch(/No pod of it has ever started\. Previously: revision v1 \(app:v1\)\.$/);
});

it("says nothing about the effect when older revisions fail too", () => {
  const found = rollout({ failing: new Set([fresh.name, old.name]) });
  expect(found).not.toMatchObject({ effect: expect.anything() });
  expect(found).not.toMatchObject({ healthy: expect.anything() });
  expect(describeRollout(found!)).toBe(
    "Revision v2 (app:v2), rolled out 2026-11-22 11:59:00 UTC. Previously: revision v1 (app:v1).",
  );
});

it("knows no image of pods without a main container", () => {
  const found = rollout({ pods: [old, fresh].map((one) => ({ ...one, containers: [] })) });
  expect(found?.healthy).toEqual([{ revision: "v1" }]);
  expect(describeRollout(found!)).toMatch(/^Revision v2, rolled out .* Previously: revision v1\.$/);
});

it.each<[string, Partial<RolloutInput>]>([
  ["the pods are runs of a Job", { workload: { kind: "Job", name: "app" } }],
  ["there is one revision", { pods: [fresh] }],
  ["there are no pods", { pods: [] }],
  ["it began long before", { since: NOON + 60 * MINUTE }],
  ["only older revisions fail", { failing: new Set([old.name]) }],
])("there is none when %s", (_, changes) => expect(rollout(changes)).toBeUndefined());

it("does not need to know the workload", () => expect(rollout({ workload: undefined })).toBeDefined());

it("names a revision as the suffix of its ReplicaSet, or its controller, or its pod", () => {
  const other = { ...old, name: "other", owner: { ...old.owner!, kind: "StatefulSet", name: "app" } };
  const bare = aPod({ name: "web-0", createdAt: 0 });
  expect(revisionsOf([bare, old, other, fresh]).map(({ revision }) => revision)).toEqual(["v2", "v1", "app", "web-0"]);
});
