/**
 * A process that notifies a webhook of three alerts and kills itself at a step:
 * `node notifications-child.ts FOLDER URL STEP`. Without a step it sends all notifications and exits.
 *
 * Without a step, its clock is five minutes ahead, so that the leases of the killed process have ended.
 */
import { argv, kill, pid } from "node:process";
import { MINUTE } from "../../src/core/model/time.ts";
import { createRouter } from "../../src/core/notify/route.ts";
import { createDispatcher } from "../../src/notify/dispatcher.ts";
import { createOutboxSender } from "../../src/notify/outbox-sender.ts";
import { createHttpPoster } from "../../src/notify/receivers/http-post.ts";
import { createWebhook } from "../../src/notify/receivers/webhook.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { OutboxStore } from "../../src/ports/notifications.ts";
import { systemClock } from "../../src/ports/system-clock.ts";
import { openStore } from "../../src/store/open-store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createRegistry } from "../../src/telemetry/metrics.ts";
import { createNotifyEvents } from "../../src/telemetry/notify-events.ts";
import { makeAlert, makeBatch } from "./batches.ts";
import { createFakeLiveState } from "./fake-live-state.ts";

const [, , folder = "", url = "", step] = argv;
const clock: Clock = step === undefined ? { ...systemClock, now: () => Date.now() + 5 * MINUTE } : systemClock;

/** Kills the process here, as a power failure would. */
function dieAt(here: string): void {
  if (step === here) kill(pid, "SIGKILL");
}

/** Adds steps before and after each write to the outbox. */
function withSteps(outbox: OutboxStore): OutboxStore {
  const around =
    <Name extends "enqueue" | "claim" | "settle">(name: Name) =>
    async (...args: never[]) => {
      dieAt(`before ${name}`);
      const result = await (outbox[name] as (...given: never[]) => Promise<unknown>)(...args);
      dieAt(`after ${name}`);
      return result as never;
    };
  return { ...outbox, enqueue: around("enqueue"), claim: around("claim"), settle: around("settle") };
}

const logger = createLogger("silent");
await using opened = await openStore({ kind: "sqlite", folder }, { clock, logger });
const store = { ...opened, outbox: withSteps(opened.outbox) };
const events = createNotifyEvents(logger, createRegistry());
const state = createFakeLiveState();
const poster = createHttpPoster({ now: clock.now });
const webhook = createWebhook({ name: "hook", url: async () => url, message: { cli: "oc" }, poster, clock });
const sender = createOutboxSender({
  clock,
  outbox: store.outbox,
  events,
  receivers: [
    {
      receiver: {
        name: webhook.name,
        async send(notification, signal) {
          dieAt("before send");
          const result = await webhook.send(notification, signal);
          dieAt("after send");
          return result;
        },
      },
      kind: "webhook",
    },
  ],
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

const restored = await store.load();
state.commit(...restored.alerts);
await dispatcher.start();
await sender.start();
if (restored.alerts.length === 0) {
  const firedAt = clock.now();
  const alerts = ["a", "b", "c"].map((pod) => makeAlert({ pod, workload: `Deployment/${pod}`, firedAt }));
  dieAt("before commit");
  await store.commit(makeBatch({ at: firedAt, alerts }));
  dieAt("after commit");
  state.commit(...alerts);
}
// Done when all messages of the outbox are delivered.
for (;;) {
  await dispatcher.settled();
  await sender.idle();
  const messages = await store.outbox.messages({});
  if (messages.length > 0 && messages.every((message) => message.state === "delivered")) break;
  await new Promise((resolve) => setTimeout(resolve, 20));
}
await dispatcher[Symbol.asyncDispose]();
await sender[Symbol.asyncDispose]();
await poster[Symbol.asyncDispose]();
