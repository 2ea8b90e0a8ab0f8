import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { createScriptedPodSource, healthOf } from "../../../test/support/scripted-pod-source.ts";
import { HOUR, MINUTE, SECOND } from "../../core/model/time.ts";
import type { NamespaceHealth } from "../../ports/pods.ts";
import { createLogger } from "../../telemetry/logger.ts";
import { watchPermissions } from "./permissions.ts";

type Missing = (namespace: string) => Promise<{ missing: string[]; commands: string | undefined }>;

function asking(missingIn: Missing) {
  const clock = createFakeClock();
  const pods = createScriptedPodSource();
  const asked: string[] = [];
  const permissions = watchPermissions({
    source: pods,
    missingIn: (namespace) => {
      asked.push(namespace);
      return missingIn(namespace);
    },
    clock,
    logger: createLogger("silent"),
  });
  const told: NamespaceHealth[] = [];
  permissions.source.start({
    changed() {},
    synced() {},
    unwatched() {},
    healthChanged: (health) => void told.push(health),
  });
  const be = (namespace: string, changes: Partial<NamespaceHealth>) => pods.setHealth(healthOf(namespace, changes));
  const health = (namespace: string) =>
    permissions.source.health().find((one) => one.namespace === namespace) ?? expect.unreachable();
  return { clock, pods, be, asked, told, health, permissions };
}

const grant = "oc policy add-role-to-user view system:serviceaccount:pw:pod-watcher -n batch";

it("says what is missing in a namespace and how to grant it, until a minute after it is granted", async () => {
  let missing = ["get pods/log", "list events"];
  const { clock, be, health } = asking(async (namespace) =>
    namespace === "batch" && missing.length > 0 ? { missing, commands: grant } : { missing: [], commands: undefined },
  );
  be("shop", { state: "live" });
  be("batch", { state: "live" });
  await clock.advance(MINUTE);
  expect(health("shop").problem).toBeUndefined();
  expect(health("batch")).toMatchObject({
    state: "live",
    problem: {
      message: "In namespace batch our token may not get pods/log, nor list events.",
      remedy: grant,
      missing: ["get pods/log", "list events"],
    },
  });
  missing = [];
  await clock.advance(MINUTE);
  expect(health("batch").problem).toBeUndefined();
});

it("lets the watch's own problem stand, and adds what is missing", async () => {
  const { clock, be, health } = asking(async () => ({ missing: ["watch pods"], commands: grant }));
  const problem = { since: 1, message: "403", remedy: undefined, missing: [] };
  be("shop", { state: "polling", problem });
  await clock.advance(MINUTE);
  expect(health("shop")).toMatchObject({
    state: "polling",
    problem: { since: 1, message: "403", remedy: grant, missing: ["watch pods"] },
  });
});

it("asks at once when a namespace becomes forbidden and when it no longer is, and tells what it heard", async () => {
  let missing = ["list pods", "watch pods"];
  const { clock, be, asked, told } = asking(async () => ({ missing, commands: grant }));
  be("shop", { state: "live" });
  await clock.advance(0);
  expect(asked).toEqual([]);
  be("shop", { state: "forbidden" });
  be("shop", { state: "forbidden" });
  await clock.advance(0);
  expect(asked).toEqual(["shop"]);
  expect(told.at(-1)?.problem?.missing).toEqual(missing);
  missing = [];
  be("shop", { state: "live" });
  await clock.advance(0);
  expect(asked).toEqual(["shop", "shop"]);
  expect(told.at(-1)).toMatchObject({ state: "live", problem: undefined });
});

it("asks one question at a time, however many namespaces are refused at once, and those before all others", async () => {
  const open: (() => void)[] = [];
  const { clock, be, asked } = asking(
    (_namespace) => new Promise((resolve) => open.push(() => resolve({ missing: [], commands: undefined }))),
  );
  const answer = async () => {
    open.shift()!();
    await clock.settle();
  };
  for (const namespace of ["a", "b", "c", "d"]) be(namespace, { state: "live" });
  await clock.advance(3 * SECOND);
  for (const namespace of ["c", "d"]) be(namespace, { state: "forbidden" });
  await clock.settle();
  expect(asked).toEqual(["a"]);
  await answer();
  expect(asked).toEqual(["a", "c"]);
  await answer();
  await answer();
  await answer();
  expect(asked).toEqual(["a", "c", "d", "b"]);
  expect(open).toEqual([]);
});

it("does not believe an answer that was asked for before the refusal came or ended", async () => {
  const answers: ((missing: string[]) => void)[] = [];
  const { clock, be, asked, health, told } = asking(
    (_namespace) => new Promise((resolve) => answers.push((missing) => resolve({ missing, commands: grant }))),
  );
  be("shop", { state: "forbidden" });
  await clock.settle();
  be("shop", { state: "live" });
  await clock.settle();
  answers[0]!(["list pods"]);
  await clock.settle();
  expect(asked).toEqual(["shop", "shop"]);
  expect(health("shop").problem).toBeUndefined();
  expect(told).toHaveLength(2);
  answers[1]!(["list events"]);
  await clock.settle();
  expect(health("shop").problem?.missing).toEqual(["list events"]);
});

it("forgets the answer about a namespace that was left while it was awaited", async () => {
  const answers: (() => void)[] = [];
  const { clock, be, pods, health } = asking(
    (_namespace) => new Promise((resolve) => answers.push(() => resolve({ missing: ["list pods"], commands: grant }))),
  );
  be("shop", { state: "forbidden" });
  await clock.settle();
  pods.unwatch("shop");
  answers[0]!();
  await clock.settle();
  be("shop", { state: "live" });
  expect(health("shop").problem).toBeUndefined();
});

it.each(["starting", "syncing", "stale"] as const)(
  "a namespace that is %s and whose pods may not be listed is forbidden, before the watch finds out",
  async (state) => {
    const { clock, be, told, health } = asking(async () => ({ missing: ["list pods"], commands: grant }));
    be("shop", { state });
    await clock.advance(4 * SECOND);
    expect(told.at(-1)).toMatchObject({ namespace: "shop", state: "forbidden", problem: { remedy: grant } });
    expect(health("shop").state).toBe("forbidden");
    be("shop", { state: "live" });
    expect(health("shop").state).toBe("live");
  },
);

it("asks again soon where Kubernetes did not answer, once an hour where it did, and not once it is stopped", async () => {
  const { clock, be, asked, permissions } = asking(async (namespace) => {
    if (namespace === "shop" && asked.length < 4) throw new Error("unreachable");
    return { missing: [], commands: undefined };
  });
  be("shop", { state: "live" });
  be("batch", { state: "live" });
  await clock.advance(10 * MINUTE);
  expect(asked).toEqual(["shop", "batch", "shop", "shop"]);
  await clock.advance(HOUR);
  expect(asked).toHaveLength(6);
  permissions[Symbol.dispose]();
  be("shop", { state: "forbidden" });
  await clock.advance(2 * HOUR);
  expect(asked).toHaveLength(6);
});

it("forgets what is not watched any more", async () => {
  const { clock, be, pods, health } = asking(async () => ({ missing: ["list events"], commands: grant }));
  be("shop", { state: "live" });
  await clock.advance(4 * SECOND);
  pods.unwatch("shop");
  be("shop", { state: "live" });
  expect(health("shop").problem).toBeUndefined();
});
