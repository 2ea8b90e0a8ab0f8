import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { createScriptedPodSource, healthOf } from "../../../test/support/scripted-pod-source.ts";
import { HOUR, MINUTE, SECOND } from "../../core/model/time.ts";
import type { NamespaceHealth } from "../../ports/pods.ts";
import { createLogger } from "../../telemetry/logger.ts";
import { watchPermissions } from "./permissions.ts";

type Missing = (namespace: string) => Promise<{ missing: string[]; commands: string | undefined }>;

function checking(missingIn: Missing) {
  const clock = createFakeClock();
  const pods = createScriptedPodSource();
  const checked: string[] = [];
  const permissions = watchPermissions({
    source: pods,
    missingIn: (namespace) => {
      checked.push(namespace);
      return missingIn(namespace);
    },
    clock,
    logger: createLogger("silent"),
  });
  const published: NamespaceHealth[] = [];
  permissions.source.start({
    changed() {},
    synced() {},
    unwatched() {},
    healthChanged: (health) => void published.push(health),
  });
  const setHealth = (namespace: string, changes: Partial<NamespaceHealth>) =>
    pods.setHealth(healthOf(namespace, changes));
  const health = (namespace: string) =>
    permissions.source.health().find((one) => one.namespace === namespace) ?? expect.unreachable();
  return { clock, pods, setHealth, checked, published, health, permissions };
}

const grant = "oc policy add-role-to-user view system:serviceaccount:pw:pod-watcher -n batch";

it("shows missing permissions and how to grant them, until at most a minute after they are granted", async () => {
  let missing = ["get pods/log", "list events"];
  const { clock, setHealth, health } = checking(async (namespace) =>
    namespace === "batch" && missing.length > 0 ? { missing, commands: grant } : { missing: [], commands: undefined },
  );
  setHealth("shop", { state: "live" });
  setHealth("batch", { state: "live" });
  await clock.advance(MINUTE);
  expect(health("shop").problem).toBeUndefined();
  expect(health("batch")).toMatchObject({
    state: "live",
    problem: {
      message: "In namespace batch, our token may not get pods/log, nor list events.",
      remedy: grant,
      missing: ["get pods/log", "list events"],
    },
  });
  missing = [];
  await clock.advance(MINUTE);
  expect(health("batch").problem).toBeUndefined();
});

it("adds missing permissions to the problem of the watch", async () => {
  const { clock, setHealth, health } = checking(async () => ({ missing: ["watch pods"], commands: grant }));
  const problem = { since: 1, message: "403", remedy: undefined, missing: [] };
  setHealth("shop", { state: "polling", problem });
  await clock.advance(MINUTE);
  expect(health("shop")).toMatchObject({
    state: "polling",
    problem: { since: 1, message: "403", remedy: grant, missing: ["watch pods"] },
  });
});

it("checks and publishes immediately when a namespace becomes forbidden and when it no longer is", async () => {
  let missing = ["list pods", "watch pods"];
  const { clock, setHealth, checked, published } = checking(async () => ({ missing, commands: grant }));
  setHealth("shop", { state: "live" });
  await clock.advance(0);
  expect(checked).toEqual([]);
  setHealth("shop", { state: "forbidden" });
  setHealth("shop", { state: "forbidden" });
  await clock.advance(0);
  expect(checked).toEqual(["shop"]);
  expect(published.at(-1)?.problem?.missing).toEqual(missing);
  missing = [];
  setHealth("shop", { state: "live" });
  await clock.advance(0);
  expect(checked).toEqual(["shop", "shop"]);
  expect(published.at(-1)).toMatchObject({ state: "live", problem: undefined });
});

it("checks one namespace at a time, refused ones first", async () => {
  const open: (() => void)[] = [];
  const { clock, setHealth, checked } = checking(
    (_namespace) => new Promise((resolve) => open.push(() => resolve({ missing: [], commands: undefined }))),
  );
  const answer = async () => {
    open.shift()!();
    await clock.settle();
  };
  for (const namespace of ["a", "b", "c", "d"]) setHealth(namespace, { state: "live" });
  await clock.advance(3 * SECOND);
  for (const namespace of ["c", "d"]) setHealth(namespace, { state: "forbidden" });
  await clock.settle();
  expect(checked).toEqual(["a"]);
  await answer();
  expect(checked).toEqual(["a", "c"]);
  await answer();
  await answer();
  await answer();
  expect(checked).toEqual(["a", "c", "d", "b"]);
  expect(open).toEqual([]);
});

it("checks at most ten namespaces a second after the first twenty, in order, refused ones first", async () => {
  const { clock, setHealth, checked } = checking(async () => ({ missing: [], commands: undefined }));
  const names = Array.from({ length: 100 }, (_, index) => `team-${index}`);
  for (const namespace of names) setHealth(namespace, { state: "live" });
  await clock.advance(4 * SECOND);
  expect(checked).toEqual(names.slice(0, 30));
  setHealth("team-90", { state: "forbidden" });
  await clock.advance(8 * SECOND);
  expect(checked).toEqual([...names.slice(0, 30), "team-90", ...names.slice(30, 90), ...names.slice(91)]);
});

it("ignores the result of a check that started before a refusal began or ended", async () => {
  const answers: ((missing: string[]) => void)[] = [];
  const { clock, setHealth, checked, health, published } = checking(
    (_namespace) => new Promise((resolve) => answers.push((missing) => resolve({ missing, commands: grant }))),
  );
  setHealth("shop", { state: "forbidden" });
  await clock.settle();
  setHealth("shop", { state: "live" });
  await clock.settle();
  answers[0]!(["list pods"]);
  await clock.settle();
  expect(checked).toEqual(["shop", "shop"]);
  expect(health("shop").problem).toBeUndefined();
  expect(published).toHaveLength(2);
  answers[1]!(["list events"]);
  await clock.settle();
  expect(health("shop").problem?.missing).toEqual(["list events"]);
});

it("ignores the result of a check of a namespace that is no longer watched", async () => {
  const answers: (() => void)[] = [];
  const { clock, setHealth, pods, health } = checking(
    (_namespace) => new Promise((resolve) => answers.push(() => resolve({ missing: ["list pods"], commands: grant }))),
  );
  setHealth("shop", { state: "forbidden" });
  await clock.settle();
  pods.unwatch("shop");
  answers[0]!();
  await clock.settle();
  setHealth("shop", { state: "live" });
  expect(health("shop").problem).toBeUndefined();
});

it.each(["starting", "syncing", "stale"] as const)(
  "a namespace that is %s and whose pods cannot be listed is forbidden before its watch is refused",
  async (state) => {
    const { clock, setHealth, published, health } = checking(async () => ({ missing: ["list pods"], commands: grant }));
    setHealth("shop", { state });
    await clock.advance(4 * SECOND);
    expect(published.at(-1)).toMatchObject({ namespace: "shop", state: "forbidden", problem: { remedy: grant } });
    expect(health("shop").state).toBe("forbidden");
    setHealth("shop", { state: "live" });
    expect(health("shop").state).toBe("live");
  },
);

it("repeats a failed check after a minute and a successful one after an hour, until it is disposed", async () => {
  const { clock, setHealth, checked, permissions } = checking(async (namespace) => {
    if (namespace === "shop" && checked.length < 4) throw new Error("unreachable");
    return { missing: [], commands: undefined };
  });
  setHealth("shop", { state: "live" });
  setHealth("batch", { state: "live" });
  await clock.advance(10 * MINUTE);
  expect(checked).toEqual(["shop", "batch", "shop", "shop"]);
  await clock.advance(HOUR);
  expect(checked).toHaveLength(6);
  permissions[Symbol.dispose]();
  setHealth("shop", { state: "forbidden" });
  await clock.advance(2 * HOUR);
  expect(checked).toHaveLength(6);
});

it("forgets a namespace that is no longer watched", async () => {
  const { clock, setHealth, pods, health } = checking(async () => ({ missing: ["list events"], commands: grant }));
  setHealth("shop", { state: "live" });
  await clock.advance(4 * SECOND);
  pods.unwatch("shop");
  setHealth("shop", { state: "live" });
  expect(health("shop").problem).toBeUndefined();
});
