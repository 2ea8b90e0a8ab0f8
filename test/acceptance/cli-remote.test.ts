import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { run } from "../../src/cli/run.ts";
import { type RunningApp, type Stage, setStage } from "../support/running-app.ts";
import { ownTerminal } from "../support/terminal.ts";

/** The commands that ask a running Pod Watcher, against one that watches a crash loop. */
let stage: Stage;
let app: RunningApp;

async function cli(args: readonly string[], env: Record<string, string> = {}) {
  const terminal = ownTerminal({ POD_WATCHER_URL: app.url, ...env });
  const code = await run(args, terminal);
  return { code, out: terminal.printed(), err: terminal.complaints() };
}

beforeAll(async () => {
  stage = await setStage({ speed: 20 });
  app = await stage.start();
  stage.cluster.createDeployment({ namespace: "shop", name: "checkout", replicas: 1 });
  await vi.waitFor(() => stage.cluster.pods("checkout"));
  stage.cluster.crashLoop("checkout");
  await vi.waitFor(async () => expect((await cli(["alerts"])).out).toContain("PodCrashLooping"), { timeout: 20_000 });
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

const pod = () => `shop/${stage.cluster.pod("checkout").metadata.name}`;

describe("alerts", () => {
  it("lists what fires, as a table or as data", async () => {
    expect((await cli(["alerts"])).out).toMatch(
      /^critical +firing +\d+ s ago +PodCrashLooping +shop\/checkout-\S+ +Container /m,
    );
    const [alert] = JSON.parse((await cli(["alerts", "--format", "json", "-n", "shop"])).out);
    expect(alert).toMatchObject({ labels: { namespace: "shop", workload: "Deployment/checkout" } });
    expect((await cli(["alerts", "-n", "elsewhere"])).out).toBe("No alerts.\n");
  });
});

describe("explain", () => {
  it("says what each detector makes of a pod, what was told, and what happened", async () => {
    const { code, out } = await cli(["explain", pod()]);
    expect(code).toBe(0);
    expect(out.split("\n")[0]).toBe(pod());
    expect(out).toMatch(/^firing +PodCrashLooping +\S+ +Container /m);
    expect(out).toMatch(/^quiet +PodImagePullFailing /m);
    expect(out).toMatch(/What happened\nWHEN +ALERT +CHANGE +BECAUSE\n\S+ +PodCrashLooping +none → firing +Container /);
  });

  it.each([
    ["shop", "shop names no pod: NAMESPACE/POD"],
    ["shop/no-such-pod", /no-such-pod|not exist|unknown/i],
    ["shop//", "is not NAMESPACE"],
  ])("says what is wrong with %s", async (target, message) => {
    const { code, err } = await cli(["explain", target]);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });
});

describe("ack", () => {
  it("takes what fires for a name, and gives it back", async () => {
    expect((await cli(["ack", pod(), "--note", "on it", "--by", "sam"])).out).toMatch(
      /^taken: PodCrashLooping shop\/checkout-/m,
    );
    expect((await cli(["alerts"])).out).toMatch(/firing, taken by sam +/);
    expect((await cli(["ack", "shop/Deployment/checkout", "--undo"])).out).toMatch(/^given back: PodCrashLooping /m);
    expect((await cli(["alerts"])).out).not.toContain("taken by");
  });

  it("says that nothing fires there", async () => {
    const { code, err } = await cli(["ack", "shop/web-0"]);
    expect([code, err]).toEqual([1, "No alert fires for shop/web-0.\n"]);
  });
});

describe("silence", () => {
  it("silences a workload, lists it, and ends it", async () => {
    const made = await cli(["silence", "shop/Deployment/checkout", "--for", "2h", "--reason", "the database is moved"]);
    expect(made.out).toMatch(/^silenced until \S+: shop\/Deployment\/checkout \((\S+)\)\n$/);
    const [, id] = /\((\S+)\)/.exec(made.out)!;
    expect((await cli(["silence", "--list"])).out).toMatch(
      /active +\S+ +shop\/Deployment\/checkout +\S+ +the database is moved/,
    );
    expect((await cli(["silence", "--end", id!])).out).toBe(`ended: ${id}\n`);
    expect((await cli(["silence", "--list"])).out).toBe("Nothing is silenced.\n");
  });

  it.each([
    [["silence", "shop", "--reason", "x"], "--for: how long, such as 2h or 30m?"],
    [["silence", "shop", "--for", "2h"], "--reason: others will want to know why"],
    [["silence", "--for", "2h", "--reason", "x"], "what shall be silenced?"],
    [["silence", "shop/Deployment", "--for", "2h", "--reason", "x"], "lacks the name of the Deployment"],
    [["silence", "--matcher", "nonsense", "--for", "2h", "--reason", "x"], "nonsense is not a matcher"],
    [["silence", "--end", "no-such-id"], /no-such-id|not exist|no silence/i],
  ])("says what is wrong with %j", async (args, message) => {
    const { code, err } = await cli(args);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });
});

it("says that nothing answers", async () => {
  const { code, err } = await cli(["alerts"], { POD_WATCHER_URL: "http://127.0.0.1:9/" });
  expect(code).toBe(1);
  expect(err).toMatch(/^pod-watcher: nothing answers at http:\/\/127\.0\.0\.1:9: is Pod Watcher running there\? /);
});
