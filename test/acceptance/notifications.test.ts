import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { type Stage, setStage } from "../support/running-app.ts";

interface Received {
  readonly status: string;
  readonly alerts: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

/** The ten-line webhook receiver of docs/integrations.md. */
async function startReceiver() {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    received.push(JSON.parse(body) as Received);
    response.end("ok");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const brief = () =>
    received.flatMap(({ status, alerts }) => alerts.map(({ labels }) => `${status} ${labels.alertname} ${labels.pod}`));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    brief,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function configure({ folder }: Stage, yaml: string): Record<string, string> {
  const file = join(folder, "config.yaml");
  writeFileSync(file, yaml);
  return { POD_WATCHER_CONFIG: file };
}

const toTeam = (url: string, more = "") => `
receivers: [{ name: team, type: webhook, url: "${url}" }]
route: { receiver: team, group_wait: 1s, group_interval: 1s }
${more}`;

async function crashes({ cluster }: Stage, name: string) {
  await expect.poll(() => cluster.pod(name).status.phase).toBe("Running");
  await cluster.crash(name, { times: 4 });
}

it("notifies a receiver when a crash loop fires and when it resolves", async () => {
  await using stage = await setStage();
  await using receiver = await startReceiver();
  stage.cluster.createPod({ namespace: "shop", name: "web-0" });
  await using app = await stage.start(configure(stage, toTeam(receiver.url)));
  await crashes(stage, "shop/web-0");
  await expect.poll(receiver.brief).toEqual(["firing PodCrashLooping web-0"]);
  stage.cluster.deletePod("shop/web-0", 0);
  await expect.poll(receiver.brief).toEqual(["firing PodCrashLooping web-0", "resolved PodCrashLooping web-0"]);
  // The results are committed after the receiver has answered.
  const results = async () => {
    const { body } = await app.get<{ entries?: { result: string }[] }>("api/v1/history?kind=notification");
    return body.entries?.map(({ result }) => result);
  };
  await expect.poll(results).toEqual(["delivered", "delivered"]);
});

it("notifies once about an alert that fired while the receiver was down, even after a restart", async () => {
  await using stage = await setStage();
  stage.cluster.createPod({ namespace: "shop", name: "web-0" });
  {
    await using app = await stage.start(configure(stage, toTeam("http://127.0.0.1:1/hook")));
    await crashes(stage, "shop/web-0");
    await expect
      .poll(async () => JSON.stringify((await app.get("api/v1/history?kind=notification")).body))
      .toMatch(/"attempts":[1-9]/);
  }
  await using receiver = await startReceiver();
  await using _again = await stage.start(configure(stage, toTeam(receiver.url)));
  await expect.poll(receiver.brief).toEqual(["firing PodCrashLooping web-0"]);
});

it("applies a valid configuration and keeps the old one when the new one is invalid", async () => {
  await using stage = await setStage();
  await using receiver = await startReceiver();
  stage.cluster.createPod({ namespace: "shop", name: "web-0" });
  const quiet = "detectors: { PodCrashLooping: { enabled: false } }";
  const env = configure(stage, quiet);
  await using app = await stage.start(env);
  await crashes(stage, "shop/web-0");
  const alerts = async () =>
    ((await app.get<{ entries: unknown[] }>("api/v1/alerts?state=firing")).body.entries ?? []).length;
  expect(await alerts()).toBe(0);

  configure(stage, "detectors: { PodCrashLoping: { enabled: true } }");
  await app.app.reload(loadConfig({ env: { ...stage.env, ...env } }));
  const load = JSON.stringify((await app.get("api/v1/config")).body);
  expect(load).toMatch(/PodCrashLoping is not a known key in detectors: did you mean PodCrashLooping/);
  expect(await alerts()).toBe(0);

  configure(stage, toTeam(receiver.url, "retention: 10d"));
  await app.app.reload(loadConfig({ env: { ...stage.env, ...env } }));
  await expect.poll(receiver.brief).toEqual(["firing PodCrashLooping web-0"]);
  expect(JSON.stringify((await app.get("api/v1/config")).body)).not.toMatch(/PodCrashLoping/);
});

it("quotes the end of the log in the message, without secrets, although the group does not wait", async () => {
  await using stage = await setStage();
  await using receiver = await startReceiver();
  const log = ["password=hunter2hunter2", "FATAL: dial tcp 10.0.0.7:5432: connect: connection refused"];
  stage.cluster.createPod({
    namespace: "shop",
    name: "web-0",
    containers: [{ name: "app", behaviour: { log, exit: { after: 200, exitCode: 1 } } }],
  });
  const yaml = toTeam(receiver.url).replace("group_wait: 1s", "group_wait: 0s");
  await using _app = await stage.start(configure(stage, yaml));
  await expect.poll(receiver.brief).toContain("firing PodCrashLooping web-0");
  const alerts = receiver.received.flatMap((message) => message.alerts);
  const { summary, description, last_log_lines } = alerts.find(
    ({ labels }) => labels.alertname === "PodCrashLooping",
  )!.annotations;
  expect(summary).toContain("it cannot reach a dependency");
  expect(description).toContain("connect: connection refused”");
  expect(last_log_lines).toContain("connect: connection refused");
  expect(JSON.stringify(receiver.received)).not.toContain("hunter2");
});

it("sends one block about a rollout that crashes, with the rollout, the log and links to act", async () => {
  await using stage = await setStage();
  await using receiver = await startReceiver();
  const { cluster } = stage;
  cluster.createDeployment({ namespace: "shop", name: "web", replicas: 3 });
  const yaml = `
http: { public_url: "https://pods.example" }
receivers: [{ name: team, type: slack, url: "${receiver.url}" }]
route: { receiver: team, group_wait: 3s, group_interval: 1s }`;
  await using app = await stage.start(configure(stage, yaml));
  await expect
    .poll(async () => JSON.stringify((await app.get("pods/shop")).body).match(/"phase":"Running"/g)?.length)
    .toBe(3);
  cluster.rollout("shop/web", {
    image: "registry.example/shop/web:2",
    containers: [
      { name: "app", behaviour: { log: ["starting", "FATAL no config"], exit: { after: 100, exitCode: 3 } } },
    ],
  });
  await expect.poll(() => JSON.stringify(receiver.received)).toMatch(/Critical, firing: Deployment\/web in shop/);
  const sent = JSON.stringify(receiver.received[0]);
  expect(sent.match(/\*Critical, firing/g)).toHaveLength(1);
  expect(sent).toMatch(/\d of 4 pods/);
  expect(sent).toMatch(
    /Changed\*: Revision \w+ \(web:2\), rolled out .* Only this revision fails\. Previously: revision \w+ \(app:1\.0\.0\)/,
  );
  expect(sent).toContain("```starting\\nFATAL no config```");
  const incident = "https://pods.example/?open=shop%2FDeployment%2Fweb";
  expect(sent).toContain(`<${incident}|Open the incident>`);
  expect(sent).toContain(`<${incident}&amp;do=ack|Acknowledge>`);
  expect(sent).toContain(`<${incident}&amp;do=silence&amp;for=1h|Silence for 1 h>`);
});
