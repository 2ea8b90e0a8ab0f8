import { describe, expect, it } from "vitest";
import { makeAlert } from "../../test/support/batches.ts";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { createFakeLiveState } from "../../test/support/fake-live-state.ts";
import { makeNotification } from "../../test/support/notifications.ts";
import type { Alert } from "../core/model/alert.ts";
import { SECOND } from "../core/model/time.ts";
import type { EvidenceSnapshot } from "../ports/evidence.ts";
import type { Notification } from "../ports/notifications.ts";
import { createEnrichment } from "./enrichment.ts";

const alert = makeAlert();
const evidence = { podUid: "u", events: [], finalizers: [] };
const better: Alert = {
  ...alert,
  evidence,
  annotations: { ...alert.annotations, summary: "it cannot reach a dependency" },
};
const snapshot: EvidenceSnapshot = {
  takenAt: 0,
  events: [
    { type: "Warning", reason: "BackOff", message: "Back-off, token=abcdefghijklmnop", count: 3 },
    { type: "Normal", reason: "Pulled" },
    { type: "Warning" },
  ],
  log: { available: true, lines: ["1", "2", "3", "4", "5", "FATAL: connection refused"] },
  pod: undefined,
  siblings: [],
  notes: [],
};

function enriching(
  collected: () => Promise<void>,
  get: () => Promise<EvidenceSnapshot | undefined> = async () => snapshot,
) {
  const clock = createFakeClock();
  const state = createFakeLiveState();
  state.commit(alert);
  const stopping = new AbortController();
  const enrich = createEnrichment({ clock, state, store: { get }, collected, incidents: () => ({}) });
  let sent: Notification | undefined;
  void enrich(makeNotification({ alerts: [alert] }), stopping.signal).then((notification) => {
    sent = notification;
  });
  return { clock, state, stopping, sent: () => sent };
}

describe("a notification", () => {
  it("waits for evidence that is being collected, and is described by it", async () => {
    const ready = Promise.withResolvers<void>();
    const { clock, state, sent } = enriching(() => ready.promise);
    await clock.settle();
    expect(sent()).toBeUndefined();
    state.commit(better);
    ready.resolve();
    await clock.settle();
    expect(sent()?.alerts[0]).toEqual(better);
    expect(sent()?.evidence?.[alert.fingerprint]).toEqual({
      log: ["2", "3", "4", "5", "FATAL: connection refused"],
      events: ["BackOff: Back-off, token=[masked] (3 times)", ": "],
    });
    expect(clock.timers).toBe(0);
  });

  it("is sent after five seconds if a node does not answer", async () => {
    const { clock, sent } = enriching(
      () => new Promise(() => {}),
      async () => undefined,
    );
    await clock.advance(4_999);
    expect(sent()).toBeUndefined();
    await clock.advance(1);
    expect(sent()?.alerts).toEqual([alert]);
    expect(sent()?.evidence).toEqual({});
  });

  it.each([
    ["evidence cannot be collected", () => Promise.reject(new Error("403")), async () => snapshot],
    ["the store cannot be read", async () => {}, () => Promise.reject(new Error("disk"))],
  ])("is sent at once if %s", async (_, collected, get) => {
    const { clock, sent } = enriching(collected, get);
    await clock.settle();
    expect(sent()?.alerts).toEqual([alert]);
  });

  it("does not wait when the program stops", async () => {
    const { clock, stopping, sent } = enriching(() => new Promise(() => {}));
    stopping.abort();
    await clock.settle();
    expect(sent()).toBeDefined();
    await clock.advance(10 * SECOND);
  });

  it("keeps its texts if the alert is in its next episode", async () => {
    const { clock, state, sent } = enriching(async () => {
      state.commit({ ...better, episode: 2 });
    });
    await clock.settle();
    expect(sent()?.alerts).toEqual([alert]);
  });
});
