/**
 * A process that tells a webhook of three alerts and dies where it is told to:
 * `node telling-child.ts FOLDER URL STEP`. Without a step it tells everything and ends by itself.
 *
 * Its clock is some minutes ahead when it has no step, so that the leases of the one before it have ended.
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

/** Dies here, as if the power had gone. */
function dieAt(here: string): void {
  if (step === here) kill(pid, "SIGKILL");
}

/** Around each way into the outbox a place to die at. */
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
const dispatcher = createOutboxSender({
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
const notifier = createDispatcher({
  clock,
  state,
  store,
  events,
  route: createRouter({ receiver: "hook", groupWait: 0 }),
  suppressed: () => undefined,
  maxAlerts: () => 50,
  enqueued: (receivers) => dispatcher.wake(receivers),
});

const remembered = await store.load();
state.commit(...remembered.alerts);
await notifier.start();
await dispatcher.start();
if (remembered.alerts.length === 0) {
  const firedAt = clock.now();
  const alerts = ["a", "b", "c"].map((pod) => makeAlert({ pod, workload: `Deployment/${pod}`, firedAt }));
  dieAt("before commit");
  await store.commit(makeBatch({ at: firedAt, alerts }));
  dieAt("after commit");
  state.commit(...alerts);
}
// All is told when nothing waits in the outbox and something has been delivered.
for (;;) {
  await notifier.settled();
  await dispatcher.idle();
  const messages = await store.outbox.messages({});
  if (messages.length > 0 && messages.every((message) => message.state === "delivered")) break;
  await new Promise((resolve) => setTimeout(resolve, 20));
}
await notifier[Symbol.asyncDispose]();
await dispatcher[Symbol.asyncDispose]();
await poster[Symbol.asyncDispose]();
