/** SIGKILL at every step between the commit of an alert and the stored outcome of its notification. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../support/fake-clock.ts";
import { type HttpSink, startHttpSink } from "../support/http-sink.ts";
import { openQuietly } from "../support/store-engines.ts";
import { isThorough } from "../support/thorough.ts";

const CHILD = fileURLToPath(new URL("../support/notifications-child.ts", import.meta.url));

/** An alert without its notification, and a notification that was sent but not recorded: the two ways to go wrong. */
const STEPS = !isThorough
  ? ["after commit", "after send"]
  : [
      "before commit",
      "after commit",
      "before enqueue",
      "after enqueue",
      "before claim",
      "after claim",
      "before send",
      "after send",
      "before settle",
      "after settle",
    ];

let folder: string;
let sink: HttpSink;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pod-watcher-crash-notifications-"));
  sink = await startHttpSink();
  return async () => {
    await sink[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
});

/** Runs until the process exits; returns the signal that ended it. */
async function run(step?: string): Promise<NodeJS.Signals | null> {
  const args = [CHILD, folder, `${sink.origin}/hook`, ...(step === undefined ? [] : [step])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once("exit", (...end) => resolve(end)),
  );
  if (signal === null) expect(code).toBe(0);
  return signal;
}

/** The pods in the notifications, by idempotency key. */
function notifiedPods(): Map<string, string> {
  const byKey = new Map<string, string>();
  for (const { headers, body } of sink.requests) {
    const { alerts } = JSON.parse(body) as { alerts: { labels: { pod: string } }[] };
    const key = String(headers["idempotency-key"]);
    const pods = alerts.map((alert) => alert.labels.pod).join();
    expect(byKey.get(key) ?? pods).toBe(pods);
    byKey.set(key, pods);
  }
  return byKey;
}

describe("a process killed", () => {
  it.each(STEPS)("%s: every notification arrives, each under one key", async (step) => {
    expect(await run(step)).toBe("SIGKILL");
    expect(await run()).toBeNull();
    expect([...notifiedPods().values()].toSorted()).toEqual(["a", "b", "c"]);
    await using store = await openQuietly({ kind: "sqlite", folder }, createFakeClock());
    const messages = await store.outbox.messages({});
    expect(messages.map(({ state }) => state)).toEqual(["delivered", "delivered", "delivered"]);
  });

  it("before the receiver responds: the notification is sent again under its key", {
    timeout: 120_000,
  }, async () => {
    sink.answer = "silence";
    const child = spawn(process.execPath, [CHILD, folder, `${sink.origin}/hook`, "never"], { stdio: "ignore" });
    const gone = new Promise((resolve) => child.once("exit", resolve));
    while (sink.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill("SIGKILL");
    await gone;
    sink.answer = { status: 200 };
    expect(await run()).toBeNull();
    expect([...notifiedPods().values()].toSorted()).toEqual(["a", "b", "c"]);
    expect(sink.requests).toHaveLength(6);
    // Another start sends nothing more.
    expect(await run()).toBeNull();
    expect(sink.requests).toHaveLength(6);
  });
});
