import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Incident } from "../../../src/http/base/api-types.ts";
import { createAnnouncer, describeOpened } from "./announcer.ts";
import { createServerClock } from "./clock.ts";
import { createLink } from "./link.ts";

describe("the server's clock", () => {
  it("is right even if the browser clock is hours off", () => {
    let browser = 1_000_000;
    const clock = createServerClock(() => browser);
    clock.observe(50_000_000);
    browser += 5_000;
    expect(clock.now()).toBe(50_005_000);
    expect(clock.offset()).toBe(49_000_000);
  });

  it("uses the least delayed message, and does not jump back for a slow one", () => {
    let browser = 0;
    const clock = createServerClock(() => browser);
    clock.observe(10_000);
    browser = 1_000;
    clock.observe(10_300);
    expect(clock.now()).toBe(11_000);
    clock.observe(11_200);
    expect(clock.now()).toBe(11_200);
  });

  it("follows when either clock is adjusted", () => {
    const clock = createServerClock(() => 0);
    clock.observe(10_000);
    clock.observe(3_000);
    expect(clock.now()).toBe(3_000);
  });
});

describe("the freshness of the data", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function start() {
    let now = 1_000;
    const link = createLink(() => now);
    const wait = (milliseconds: number) => {
      now += milliseconds;
      vi.advanceTimersByTime(milliseconds);
    };
    const lose = (reason = "the server cannot be reached") =>
      link.status({ name: "lost", attempts: 1, retryIn: 1_000, reason });
    return { link, wait, lose };
  }

  it("stays live through a short interruption", () => {
    const { link, wait, lose } = start();
    link.status({ name: "live" });
    lose();
    wait(2_900);
    link.status({ name: "live" });
    wait(30_000);
    expect(link.get().freshness).toBe("live");
  });

  it("is reconnecting after 3 s, and stale 35 s after the last activity", () => {
    const { link, wait, lose } = start();
    link.status({ name: "live" });
    wait(5_000);
    link.activity();
    wait(10_000);
    lose("no answer");
    wait(2_900);
    expect(link.get().freshness).toBe("live");
    wait(100);
    expect(link.get()).toEqual({
      freshness: "reconnecting",
      asOf: 6_000,
      reason: "no answer",
      nextTryAt: expect.any(Number),
    });
    wait(21_900);
    expect(link.get().freshness).toBe("reconnecting");
    wait(100);
    expect(link.get()).toEqual({ freshness: "stale", asOf: 6_000, reason: "no answer", nextTryAt: expect.any(Number) });
  });

  it("is stale after 35 s without activity, even while the connection counts as live", () => {
    const { link, wait } = start();
    link.status({ name: "live" });
    wait(15_000);
    link.activity();
    wait(34_900);
    expect(link.get().freshness).toBe("live");
    wait(100);
    expect(link.get()).toMatchObject({ freshness: "stale", asOf: 16_000 });
    link.activity();
    expect(link.get()).toMatchObject({ freshness: "live", asOf: 51_000 });
  });

  it("is stale after the computer slept for a night", () => {
    const { link, wait, lose } = start();
    link.status({ name: "live" });
    vi.setSystemTime(Date.now() + 8 * 3_600_000);
    lose();
    wait(3_000);
    expect(link.get().freshness).toBe("stale");
  });

  it("does not restart the count with each failed attempt", () => {
    const { link, wait, lose } = start();
    link.status({ name: "live" });
    for (let attempt = 0; attempt < 36; attempt += 1) {
      lose();
      wait(1_000);
    }
    expect(link.get().freshness).toBe("stale");
  });

  it("is not judged while the tab is hidden, and gives the tab 3 s to catch up afterwards", () => {
    const { link, wait, lose } = start();
    link.status({ name: "live" });
    link.status({ name: "suspended" });
    wait(600_000);
    expect(link.get().freshness).toBe("live");
    link.status({ name: "connecting" });
    wait(2_900);
    expect(link.get().freshness).toBe("live");
    lose();
    wait(100);
    expect(link.get().freshness).toBe("stale");
    link.status({ name: "live" });
    expect(link.get().freshness).toBe("live");
  });

  it.each(["signed-out", "denied"] as const)("is %s at once, and stays so", (name) => {
    const { link, wait } = start();
    link.status({ name: "live" });
    link.status({ name, reason: "You have access to none of the watched namespaces." });
    wait(3_600_000);
    expect(link.get().freshness).toBe(name);
    const reason = name === "denied" ? "You have access to none of the watched namespaces." : undefined;
    expect(link.get().reason).toBe(reason);
  });
});

describe("the live region", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const incident = (name: string, severity: "critical" | "warning" = "critical") =>
    ({
      id: `shop/Deployment/${name}@1`,
      key: `shop/Deployment/${name}`,
      kind: "workload",
      namespace: "shop",
      workload: `Deployment/${name}`,
      severity,
      short: "Crashes right after it starts",
    }) as Incident;

  it("collects new incidents into one message every ten seconds", () => {
    const announcer = createAnnouncer();
    const said: string[] = [];
    announcer.subscribe(() => said.push(announcer.get()));
    announcer.opened([incident("a")]);
    vi.advanceTimersByTime(0);
    announcer.opened([incident("b")]);
    announcer.opened([incident("c"), incident("b", "warning")]);
    vi.advanceTimersByTime(9_000);
    expect(said).toEqual(["New critical incident: a in shop, Crashes right after it starts."]);
    vi.advanceTimersByTime(1_000);
    expect(said[1]).toBe("New warning incident: b in shop, Crashes right after it starts. 1 more.");
    vi.advanceTimersByTime(60_000);
    expect(said).toHaveLength(2);
  });

  it("has no text without incidents", () => {
    expect(describeOpened([])).toBeUndefined();
  });
});
