import { expect, it } from "vitest";
import { createFakeClock } from "../../../../test/support/fake-clock.ts";
import { createCluster } from "../cluster/cluster.ts";
import { seededRandom } from "../model/clocks.ts";
import { DEMO_NAMESPACES, DEMO_SPEED, playDemo } from "./scenario.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function play(seed: number) {
  const clock = createFakeClock({ now: Date.UTC(2026, 10, 22), random: seededRandom(seed) });
  const cluster = createCluster({
    clock,
    speed: DEMO_SPEED,
    nodes: { "worker-1": {}, "worker-2": {}, "worker-3": {} },
  });
  const scenario = playDemo(cluster);
  const reasons = new Map<string, number>();
  cluster.storage.pods.subscribe(({ entry: { object } }) => {
    for (const status of [...(object.status.initContainerStatuses ?? []), ...(object.status.containerStatuses ?? [])]) {
      const reason = status.state.waiting?.reason ?? status.state.terminated?.reason;
      if (reason !== undefined && !reasons.has(reason)) reasons.set(reason, clock.monotonic());
    }
  });
  return { clock, cluster, scenario, reasons };
}

it("shows a crash loop within 15 s of the start, and every kind of failure within three minutes", async () => {
  const { clock, cluster, reasons } = play(1);
  await clock.advance(15 * SECOND);
  expect(reasons.get("CrashLoopBackOff")).toBeLessThan(15 * SECOND);
  await clock.advance(165 * SECOND);
  expect([...reasons.keys()]).toEqual(
    expect.arrayContaining([
      "CrashLoopBackOff",
      "ImagePullBackOff",
      "CreateContainerConfigError",
      "OOMKilled",
      "Error",
      "Completed",
    ]),
  );
  expect(cluster.namespaces()).toEqual(DEMO_NAMESPACES);
});

it("runs for hours without growing, and workloads recover", async () => {
  const { clock, cluster, scenario } = play(2);
  await clock.advance(10 * MINUTE);
  const early = cluster.storage.pods.size;
  const restarts = () =>
    cluster
      .pods("checkout")
      .map(({ status }) => status.containerStatuses?.find(({ name }) => name === "checkout")?.state);
  let healthy = 0;
  for (let minute = 0; minute < 12; minute++) {
    await clock.advance(MINUTE);
    if (restarts().every((state) => state?.running !== undefined)) healthy++;
  }
  expect(healthy).toBeGreaterThan(1);
  expect(healthy).toBeLessThan(12);
  expect(Math.abs(cluster.storage.pods.size - early)).toBeLessThan(10);
  expect(cluster.storage.events.size).toBeLessThan(2_000);
  scenario[Symbol.dispose]();
  cluster[Symbol.dispose]();
});

it("is deterministic for a seed", async () => {
  const [a, b, c] = [play(5), play(5), play(6)];
  for (const { clock } of [a, b, c]) await clock.advance(20 * SECOND);
  const names = ({ cluster }: typeof a) =>
    cluster.storage.pods.entries().map(({ name, object }) => `${name} ${object.status.phase}`);
  expect(names(a)).toEqual(names(b));
  expect(names(a)).not.toEqual(names(c));
});
