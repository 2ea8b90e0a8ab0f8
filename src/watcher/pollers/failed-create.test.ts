import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { healthOf } from "../../../test/support/scripted-pod-source.ts";
import type { ControllerEvent } from "../../core/detect/cannot-create-pods.ts";
import type { Finding } from "../../core/model/alert.ts";
import { MINUTE, SECOND } from "../../core/model/time.ts";
import type { NamespaceHealth } from "../../ports/pods.ts";
import { createLogger } from "../../telemetry/logger.ts";
import { pollFailedCreates } from "./failed-create.ts";

function polling(events: () => Promise<readonly ControllerEvent[]>) {
  const clock = createFakeClock();
  let health: readonly NamespaceHealth[] = [healthOf("shop", { syncedSince: clock.now() })];
  const reports: [string, readonly Finding[]][] = [];
  const poller = pollFailedCreates({
    events: { list: events },
    source: { health: () => health, pods: () => [] },
    watcher: { report: (source, _namespace, findings) => void reports.push([source, findings]) },
    clock,
    logger: createLogger("silent"),
  });
  const watch = (next: readonly NamespaceHealth[]) => {
    health = next;
  };
  return { clock, reports, poller, watch };
}

const refused = (at: number): ControllerEvent => ({
  namespace: "shop",
  kind: "ReplicaSet",
  name: "checkout-6bc9d46bf5",
  reason: "FailedCreate",
  message: 'pods "checkout-" is forbidden: exceeded quota: compute',
  at,
  firstAt: at,
  count: 1,
});

it("reports a workload whose pods are rejected, and its recovery", async () => {
  let failing = true;
  const { clock, reports } = polling(async () => (failing ? [refused(clock.now())] : []));
  await clock.advance(MINUTE);
  expect(reports.at(-1)?.[0]).toBe("controllers:shop");
  expect(reports.at(-1)?.[1].map(({ labels }) => labels)).toEqual([
    { alertname: "WorkloadCannotCreatePods", namespace: "shop", workload: "Deployment/checkout" },
  ]);
  failing = false;
  await clock.advance(2 * MINUTE);
  expect(reports.at(-1)).toEqual(["controllers:shop", []]);
});

it("skips a namespace whose events cannot be read", async () => {
  const { clock, reports, watch } = polling(async (...args: unknown[]) => {
    if (args[0] === "payroll") throw new Error("403");
    return [refused(clock.now())];
  });
  watch(["payroll", "shop"].map((namespace) => healthOf(namespace, { syncedSince: clock.now() })));
  await clock.advance(MINUTE);
  expect(reports.map(([source]) => source)).toEqual(["controllers:shop"]);
});

it("clears the findings of a namespace that is no longer watched, and skips one that is not synced", async () => {
  const { clock, reports, watch } = polling(async () => [refused(clock.now())]);
  await clock.advance(MINUTE);
  watch([healthOf("batch", { syncedSince: undefined })]);
  await clock.advance(2 * MINUTE);
  expect(reports.map(([source, { length }]) => `${source} ${length}`)).toEqual([
    "controllers:shop 1",
    "controllers:shop 0",
  ]);
});

it("reads at most ten namespaces a second after the first twenty, all in order", async () => {
  const asked: string[] = [];
  const { clock, watch } = polling(async (...args: unknown[]) => {
    asked.push(String(args[0]));
    return [];
  });
  const names = Array.from({ length: 700 }, (_, index) => `team-${index}`);
  watch(names.map((namespace) => healthOf(namespace, { syncedSince: clock.now() })));
  await clock.advance(5 * SECOND);
  expect(asked).toHaveLength(20);
  await clock.advance(10 * SECOND);
  expect(asked).toHaveLength(120);
  await clock.advance(3 * MINUTE);
  expect(asked.slice(0, 700)).toEqual(names);
  expect(asked.slice(700, 702)).toEqual(["team-0", "team-1"]);
});

it("reads the others while the events of a namespace take long", async () => {
  const asked: string[] = [];
  const { clock, watch } = polling((...args: unknown[]) => {
    asked.push(String(args[0]));
    return args[0] === "slow" ? new Promise(() => {}) : Promise.resolve([]);
  });
  watch(["slow", "shop", "batch"].map((namespace) => healthOf(namespace, { syncedSince: clock.now() })));
  await clock.advance(5 * SECOND);
  expect(asked).toEqual(["slow", "shop", "batch"]);
});

it("stops polling when disposed", async () => {
  const { clock, reports, poller } = polling(async () => []);
  poller[Symbol.dispose]();
  await clock.advance(10 * MINUTE);
  expect(reports).toEqual([]);
  expect(clock.timers).toBe(0);
});
