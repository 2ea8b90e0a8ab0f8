/**
 * 10,000 alerts fire in one burst: time until a webhook has received the last one, number of messages, and cost.
 * `npm run bench -- notify [ALERTS] [PODS_PER_WORKLOAD]`. The peer is the simplest possible implementation: one message
 * per alert, sent straight from memory, with nothing stored.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRouter } from "../src/core/notify/route.ts";
import { createDispatcher } from "../src/notify/dispatcher.ts";
import { createOutboxSender } from "../src/notify/outbox-sender.ts";
import { createHttpPoster } from "../src/notify/receivers/http-post.ts";
import { createWebhook } from "../src/notify/receivers/webhook.ts";
import { systemClock as clock } from "../src/ports/system-clock.ts";
import { openStore } from "../src/store/open-store.ts";
import { createLogger } from "../src/telemetry/logger.ts";
import { createRegistry } from "../src/telemetry/metrics.ts";
import { createNotifyEvents } from "../src/telemetry/notify-events.ts";
import { makeAlert, makeBatch, makeTransition } from "../test/support/batches.ts";
import { createFakeLiveState } from "../test/support/fake-live-state.ts";
import { makeNotification } from "../test/support/notifications.ts";

const [alertCount = 10_000, podsPerWorkload = 50] = process.argv.slice(2).map(Number);

interface Received {
  messages: number;
  alerts: number;
}

const received: Received = { messages: 0, alerts: 0 };
const sink = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const body = JSON.parse(Buffer.concat(parts).toString("utf8")) as { alerts: unknown[]; truncatedAlerts: number };
    received.messages += 1;
    received.alerts += body.alerts.length + body.truncatedAlerts;
    response.end();
  });
});
await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/hook`;

const poster = createHttpPoster({ now: clock.now });
const webhook = createWebhook({ name: "hook", url: async () => url, message: { cli: "oc" }, poster, clock });
const firedAt = clock.now();
const alerts = Array.from({ length: alertCount }, (_, index) =>
  makeAlert({ pod: `pod-${index}`, workload: `Deployment/w${Math.floor(index / podsPerWorkload)}`, firedAt }),
);

/** The whole path, as in the program, without the rate limit. */
async function sendThroughOutbox(): Promise<{ readonly seconds: number; readonly committed: number }> {
  const folder = await mkdtemp(join(tmpdir(), "pod-watcher-bench-"));
  const logger = createLogger("silent");
  const store = await openStore({ kind: "sqlite", folder }, { clock, logger });
  const state = createFakeLiveState();
  const events = createNotifyEvents(logger, createRegistry());
  const limits = { perMinute: 1_000_000, burst: 1_000, concurrency: 8 };
  const sender = createOutboxSender({
    clock,
    outbox: store.outbox,
    events,
    receivers: [{ receiver: webhook, kind: "webhook", limits }],
  });
  const dispatcher = createDispatcher({
    clock,
    state,
    store,
    events,
    route: createRouter({ receiver: "hook", groupWait: 0 }),
    inhibitions: { update: () => [] },
    suppressed: () => undefined,
    maxAlerts: 50,
    enqueued: (receivers) => sender.wake(receivers),
  });
  await dispatcher.start();
  await sender.start();
  const started = performance.now();
  await store.commit(
    makeBatch({ at: firedAt, alerts, transitions: alerts.map((alert) => makeTransition(alert, firedAt)) }),
  );
  const committed = (performance.now() - started) / 1_000;
  state.commit(...alerts);
  while (received.alerts < alertCount) await new Promise((resolve) => setTimeout(resolve, 5));
  const seconds = (performance.now() - started) / 1_000;
  await sender.idle();
  for (const part of [dispatcher, sender, store]) await part[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  return { seconds, committed };
}

/** The peer. */
async function sendStraight(): Promise<number> {
  const started = performance.now();
  const left = [...alerts];
  const never = new AbortController().signal;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let alert = left.pop(); alert !== undefined; alert = left.pop()) {
        await webhook.send(makeNotification({ alerts: [alert] }), never);
      }
    }),
  );
  return (performance.now() - started) / 1_000;
}

const before = process.resourceUsage();
const { seconds, committed } = await sendThroughOutbox();
const after = process.resourceUsage();
const { messages } = received;
const cpu = (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1e6;
const straight = await sendStraight();

console.log(`${alertCount} alerts of ${Math.ceil(alertCount / podsPerWorkload)} workloads, one burst`);
console.log(`  committed after          ${committed.toFixed(2)} s`);
console.log(`  all delivered after      ${seconds.toFixed(2)} s in ${messages} messages (CPU ${cpu.toFixed(2)} s)`);
console.log(`  peak memory              ${Math.round(after.maxRSS / 1024)} MB`);
console.log(`  one message per alert    ${straight.toFixed(2)} s in ${alertCount} messages`);
console.log(
  `  ratio                    ${(straight / seconds).toFixed(2)} × as fast, ${Math.round(alertCount / messages)} × fewer messages`,
);

await poster[Symbol.asyncDispose]();
sink.close();
