import { expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { MINUTE, SECOND } from "../core/model/time.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createRegistry } from "../telemetry/metrics.ts";
import { createWatcherEvents } from "../telemetry/watcher-events.ts";
import { createBatchWriter } from "./batch-writer.ts";

it("logs a failed commit at once, then once a minute without the stack, and the recovery", async () => {
  const clock = createFakeClock();
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger("info", { write: (line) => void lines.push(JSON.parse(line)) });
  const registry = createRegistry();
  let isFull = true;
  const store = {
    commit: async () => {
      if (isFull) throw new Error("the disk is full");
    },
  };
  const writer = createBatchWriter({ clock, store, logger, events: createWatcherEvents(logger, registry) });
  writer.pending.checkpoint("shop", clock.now());
  writer.schedule();
  await clock.advance(2 * MINUTE + 30 * SECOND);
  isFull = false;
  await clock.advance(2 * SECOND);
  expect(lines.map(({ event, reason }) => [event, reason])).toEqual([
    ["commit_failed", "the disk is full"],
    ["commit_failed", "the disk is full"],
    ["commit_failed", "the disk is full"],
    ["commit_recovered", undefined],
  ]);
  expect(lines.map(({ err }) => err !== undefined)).toEqual([true, false, false, false]);
  // Every attempt is counted, logged or not.
  expect(await registry.metrics()).toMatch(/^pod_watcher_store_commit_failures_total 1[45]\d$/m);
});

it("settles each caller only when its own changes are durable", async () => {
  const clock = createFakeClock();
  const logger = createLogger("silent");
  const written: PromiseWithResolvers<void>[] = [];
  const store = {
    commit: () => {
      const write = Promise.withResolvers<void>();
      written.push(write);
      return write.promise;
    },
  };
  const events = createWatcherEvents(logger, createRegistry());
  const writer = createBatchWriter({ clock, store, logger, events });
  const settled: string[] = [];
  const change = (name: string) => {
    writer.pending.checkpoint(name, clock.now());
    return writer.settled().then(() => settled.push(name));
  };
  const first = change("a");
  await clock.advance(0);
  const both = [change("b"), change("c")];
  written[0]!.resolve();
  await clock.advance(0);
  expect([settled, written.length]).toEqual([["a"], 2]);
  written[1]!.resolve();
  await Promise.all([first, ...both]);
  expect(settled.toSorted()).toEqual(["a", "b", "c"]);
});
