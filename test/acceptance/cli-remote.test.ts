import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { run } from "../../src/cli/run.ts";
import { startCli } from "../support/cli-process.ts";
import { type RunningApp, type Stage, setStage } from "../support/running-app.ts";
import { ownTerminal } from "../support/terminal.ts";

/** The commands that use the API of a running Pod Watcher, which watches a crash loop. */
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
  await vi.waitFor(async () => expect((await cli(["alerts"])).out).toContain("PodCrashLooping"), { timeout: 60_000 });
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

const pod = () => `shop/${stage.cluster.pod("checkout").metadata.name}`;

describe("alerts", () => {
  it("lists firing alerts, as a table or as JSON", async () => {
    const { out } = await cli(["alerts"]);
    expect(out.split("\n")[0]).toMatch(
      /^SEVERITY +STATE +SINCE +ALERT +SUBJECT +ACKNOWLEDGED +SILENCED +NOTIFIED +SUMMARY$/,
    );
    expect(out).toMatch(
      /^critical +firing +\d+ m?s ago +PodCrashLooping +shop\/checkout-\S+ +- +- +no receiver +Container /m,
    );
    const [alert] = JSON.parse((await cli(["alerts", "--format", "json", "-n", "shop"])).out);
    expect(alert).toMatchObject({ labels: { namespace: "shop", workload: "Deployment/checkout" } });
  });

  it("rejects a namespace that is not watched, and names those that are", async () => {
    const { code, out, err } = await cli(["alerts", "-n", "shop", "elsewhere"]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toBe(
      "pod-watcher: namespace elsewhere is not watched, or you may not see it: use one of shop, or add it to `namespaces` of the server\n",
    );
  });

  it("--watch prints a line for each change, and ends with Ctrl-C", async () => {
    await using watch = startCli(["alerts", "--watch", "-n", "shop"], { POD_WATCHER_URL: app.url });
    await watch.prints(/^\S+Z +critical +firing +PodCrashLooping +shop\/checkout-\S+ +Container /m);
    watch.process.kill("SIGINT");
    expect([await watch.ended, watch.stderr()]).toEqual([0, ""]);
    expect(watch.stdout()).not.toContain("\u001B");
  });
});

describe("explain", () => {
  it("shows detector results, notifications and history of a pod", async () => {
    const { code, out } = await cli(["explain", pod()]);
    expect(code).toBe(0);
    expect(out.split("\n")[0]).toBe(pod());
    expect(out).toMatch(/^firing +PodCrashLooping +\S+ +Container /m);
    expect(out).toMatch(/^ok +PodImagePullFailing /m);
    expect(out).toMatch(/History\nTIME +ALERT +CHANGE +REASON\n\S+ +PodCrashLooping +inactive → firing +Container /);
  });

  it.each([
    ["shop", "shop is not a pod: use NAMESPACE/POD"],
    ["shop/no-such-pod", /no-such-pod|not exist|unknown/i],
    ["shop//", "is not NAMESPACE"],
  ])("reports what is wrong with %s", async (target, message) => {
    const { code, err } = await cli(["explain", target]);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });
});

describe("ack", () => {
  it("acknowledges the firing alerts of a target, and undoes it", async () => {
    expect((await cli(["ack", pod(), "--note", "on it", "--by", "sam"])).out).toMatch(
      /^acknowledged: PodCrashLooping shop\/checkout-\S+\n1 alert acknowledged, of 1 incident\n$/,
    );
    expect((await cli(["alerts"])).out).toMatch(/ +sam +- +no receiver +Container /);
    expect((await cli(["ack", "shop/Deployment/checkout", "--undo"])).out).toMatch(
      /^unacknowledged: PodCrashLooping /m,
    );
    expect((await cli(["alerts"])).out).not.toMatch(/ sam /);
  });

  it("reports that no alert is firing there", async () => {
    const { code, err } = await cli(["ack", "shop/web-0"]);
    expect([code, err]).toEqual([
      1,
      "pod-watcher: nothing is firing in shop/web-0: `pod-watcher alerts` lists what is\n",
    ]);
  });
});

describe("silence", () => {
  it("silences a workload, lists it, and ends it", async () => {
    const created = await cli([
      "silence",
      "shop/Deployment/checkout",
      "--for",
      "2h",
      "--reason",
      "the database is moved",
    ]);
    expect(created.out).toMatch(
      /^silenced until \S+: shop\/Deployment\/checkout, now 1 container, 1 of them failing \((\S+)\)\n$/,
    );
    const [, id] = /\((\S+)\)/.exec(created.out)!;
    await expect.poll(async () => (await cli(["alerts"])).out).toMatch(/ +- +for \d+ (h|min)\b.* +Container /);
    expect((await cli(["silence", "--list"])).out).toMatch(
      /active +\S+ +shop\/Deployment\/checkout +\S+ +the database is moved/,
    );
    expect((await cli(["silence", "--end", id!])).out).toBe(`ended: ${id}\n`);
    expect((await cli(["silence", "--list"])).out).toBe("No silences.\n");
  });

  it("covers nothing only with --allow-empty, for what comes later", async () => {
    const args = ["silence", "shop/Deployment/later", "--for", "2h", "--reason", "installed tonight"];
    const { code, out, err } = await cli(args);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toBe(
      "pod-watcher: shop/Deployment/later covers no container now, so nothing was silenced: check the name, or use --allow-empty for what comes later\n",
    );
    expect((await cli(["silence", "--list"])).out).toBe("No silences.\n");
    const later = await cli([...args, "--allow-empty"]);
    expect(later.out).toMatch(/^silenced until \S+: shop\/Deployment\/later, now 0 containers \(\S+\)\n$/);
    await cli(["silence", "--end", /\((\S+)\)/.exec(later.out)![1]!]);
  });

  it.each([
    [["silence", "shop", "--reason", "x"], "--for is missing or not a duration: set it to one such as 2h or 30m"],
    [["silence", "shop", "--for", "2h"], "--reason is missing: set it, so that others know why"],
    [["silence", "--for", "2h", "--reason", "x"], "use either a target such as shop/Deployment/checkout, or --matcher"],
    [
      ["silence", "shop/Deployment", "--for", "2h", "--reason", "x"],
      "has no name of the Deployment: use shop/Deployment/NAME",
    ],
    [["silence", "--matcher", "nonsense", "--for", "2h", "--reason", "x"], "nonsense is not a matcher"],
    [["silence", "--end", "no-such-id"], /no-such-id|not exist|no silence/i],
  ])("reports what is wrong with %j", async (args, message) => {
    const { code, err } = await cli(args);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });
});

it("reports that there is no response", async () => {
  const { code, err } = await cli(["alerts"], { POD_WATCHER_URL: "http://127.0.0.1:9/" });
  expect(code).toBe(1);
  expect(err).toMatch(
    /^pod-watcher: no response from http:\/\/127\.0\.0\.1:9 \(.+\): check that Pod Watcher is running there$/m,
  );
});
