/** Plants secrets wherever the program may read one, and searches all of its output for them. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, it } from "vitest";
import { createLogger } from "../../src/telemetry/logger.ts";
import { openStream } from "../support/event-stream.ts";
import { startHttpSink } from "../support/http-sink.ts";
import { setStage } from "../support/running-app.ts";

const secret = (what: string) => `${what}-${randomBytes(9).toString("hex")}`;

it("reveals no secret of the configuration, the environment, pods, logs and receivers", async () => {
  await using stage = await setStage();
  const planted = {
    token: stage.env.OPENSHIFT_TOKEN!,
    webhookPath: secret("hook"),
    signingKey: secret("hmac"),
    apiToken: secret("caller"),
    environment: secret("env"),
    logged: secret("logged"),
    exitLog: secret("words"),
    commandLine: secret("argument"),
    annotation: secret("annotated"),
    slackHook: secret("slack"),
    mailPassword: secret("mail"),
    proxyPassword: secret("proxy"),
    routingKey: secret("pager"),
  };
  await using sink = await startHttpSink();
  const keyFile = join(stage.folder, "hmac-key");
  const tokenFile = join(stage.folder, "api-token");
  writeFileSync(keyFile, planted.signingKey);
  writeFileSync(tokenFile, planted.apiToken);
  const passwordFile = join(stage.folder, "mail-password");
  const routingFile = join(stage.folder, "routing-key");
  writeFileSync(passwordFile, planted.mailPassword);
  writeFileSync(routingFile, planted.routingKey);
  const config = join(stage.folder, "config.yaml");
  writeFileSync(
    config,
    `receivers:
  - { name: team, type: webhook, url: "http://127.0.0.1:1/${planted.webhookPath}", hmac_file: "${keyFile}" }
  - { name: received, type: webhook, url: "${sink.origin}/received" }
  - { name: chat, type: slack, url: "http://127.0.0.1:1/${planted.slackHook}" }
  - { name: mail, type: email, host: 127.0.0.1, port: 1, from: a@b.example, to: [c@d.example], username: us, password_file: "${passwordFile}" }
  - { name: far, type: teams, url: "https://teams.example/hook", proxy_url: "http://us:${planted.proxyPassword}@127.0.0.1:1" }
  - { name: pager, type: pagerduty, url: "http://127.0.0.1:1/", routing_key_file: "${routingFile}" }
route:
  receiver: team
  group_wait: 0s
  routes: [${["received", "chat", "mail", "far", "pager"].map((name) => `{ receiver: ${name}, continue: true }`).join(", ")}, { receiver: team }]
http: { auth: { mode: token, tokens: [{ name: monitoring, file: "${tokenFile}", rights: [read, write] }] } }
`,
  );
  stage.cluster.createPod({
    namespace: "shop",
    name: "web-0",
    annotations: { note: `password=${planted.annotation}` },
    containers: [
      {
        name: "app",
        env: { DATABASE_PASSWORD: planted.environment },
        command: ["serve", "--password", planted.commandLine],
        behaviour: {
          log: [`connecting with password=${planted.logged}`],
          exit: { after: 200, exitCode: 1, message: `Authorization: Bearer ${planted.exitLog}` },
        },
      },
    ],
  });
  const lines: string[] = [];
  const logger = createLogger("trace", { write: (line) => void lines.push(line) });
  await using app = await stage.start({ POD_WATCHER_CONFIG: config }, logger);
  const ask = async (path: string, authorization = `Bearer ${planted.apiToken}`, body?: object) => {
    const response = await fetch(new URL(path, app.url), {
      headers: { authorization, accept: "application/json, */*", ...(body && { "content-type": "application/json" }) },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  await using followed = await follow(new URL("api/v1/stream", app.url), planted.apiToken);
  await expect.poll(async () => (await ask("api/v1/alerts?state=firing")).text).toMatch(/PodCrashLooping/);
  await expect.poll(async () => (await ask("api/v1/history?kind=notification")).text).toMatch(/"attempts":[1-9]/);

  const document = JSON.parse((await ask("api/v1/openapi.json")).text) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const { entries } = JSON.parse((await ask("api/v1/alerts")).text) as { entries: { fingerprint: string }[] };
  const described = Object.entries(document.paths)
    .filter(([, methods]) => "get" in methods)
    .map(([path]) =>
      path.replace(/^\//, "").replace("{fingerprint}", entries[0]!.fingerprint).replace("{id}", "shop%2Fweb-0%2Fapp"),
    )
    .filter((path) => !path.includes("{") && !path.endsWith("/stream"));
  const others = [
    "",
    "plain",
    "status",
    "pod-restart-alerts",
    "config",
    "pods/shop",
    "events/shop",
    "metrics",
    "readyz",
    "badge.svg",
  ];
  const queries = ["api/v1/explain?namespace=shop&pod=web-0", "api/v1/containers/shop%2Fweb-0%2Fapp/log?previous=true"];
  const answers = new Map<string, string>();
  for (const path of new Set([...described, ...others, ...queries])) {
    answers.set(path, (await ask(path)).text);
    answers.set(`${path} as a stranger`, (await ask(path, `Bearer ${secret("stranger")}`)).text);
  }

  const posts: readonly (readonly [string, object])[] = [
    ["api/v1/acknowledge", { subjects: [{ row: "shop/web-0/app" }], note: "seen" }],
    ["api/v1/silences/preview", { scopes: [{ kind: "namespace", namespace: "shop" }] }],
    ...["team", "chat", "mail", "far", "pager"].map((name) => [`api/v1/receivers/${name}/test`, {}] as const),
    ["api/v1/consumers/other/ack", { ids: ["none"] }],
    ["pod-restart-alerts", {}],
    ["api/v1/session", { token: planted.apiToken }],
    ["api/v1/session", { token: secret("stranger") }],
  ];
  for (const [index, [path, body]] of posts.entries()) {
    const { status, text } = await ask(path, undefined, body);
    // All are accepted except the last one, which has an invalid token.
    expect([path, status]).toEqual([path, index < posts.length - 1 ? expect.toSatisfy((code) => code < 300) : 401]);
    answers.set(`POST ${path} (${index})`, text);
  }
  await expect
    .poll(async () => (await ask("api/v1/history?kind=notification")).text)
    .toMatch(/"receiver":"pager".*"attempts":[1-9]/);
  await expect.poll(() => sink.requests.length).toBeGreaterThan(0);
  await expect.poll(() => followed.text()).toContain("web-0");
  for (const [index, { headers, body }] of sink.requests.entries()) {
    answers.set(`message ${index}`, `${JSON.stringify(headers)} ${body}`);
  }
  answers.set("the stream", followed.text());
  for (const name of readdirSync(stage.folder).filter((file) => file.startsWith("pod-watcher.db"))) {
    answers.set(`the state, ${name}`, readFileSync(join(stage.folder, name), "latin1"));
  }

  // The output contains the planted objects.
  expect(answers.get("pods/shop")).toContain("DATABASE_PASSWORD");
  expect(answers.get("pods/shop")).toMatch(/"--password",\s*"/);
  expect([...answers].find(([place]) => place.startsWith("message"))![1]).toContain("web-0");
  expect([...answers].filter(([place, text]) => place.startsWith("the state") && text.includes("web-0"))).not.toEqual(
    [],
  );
  expect(answers.get("api/v1/containers/shop%2Fweb-0%2Fapp/log?previous=true")).toContain("connecting with password=");
  expect(answers.get("config")).toContain("receivers");
  expect(lines.join("")).toContain("notification_failed");

  const outputs = [...answers, ["the log", lines.join("")] as const];
  const leaks = Object.entries(planted).flatMap(([what, value]) =>
    outputs.filter(([, text]) => text.includes(value)).map(([where]) => `${what} in ${where}`),
  );
  expect(leaks).toEqual([]);
});

it("does not reveal the password of a database that it cannot reach", async () => {
  await using stage = await setStage();
  const password = secret("database");
  const url = `postgres://watcher:${password}@127.0.0.1:1/pods`;
  const lines: string[] = [];
  const logger = createLogger("trace", { write: (line) => void lines.push(line) });
  const started = stage.start({ POD_WATCHER_DATABASE_URL: url }, logger);
  const error = await started.then(
    () => new Error("it has started"),
    (reason: Error) => reason,
  );
  expect(error.message).toMatch(/127\.0\.0\.1:1\/pods .*refuses connections/);
  expect(inspect(error, { depth: 10 }) + lines.join("")).not.toContain(password);
});

/** All events of the stream for one caller. */
async function follow(url: URL, token: string) {
  const stream = await openStream(url.href, { authorization: `Bearer ${token}` });
  return {
    text: () => JSON.stringify(stream.events),
    [Symbol.asyncDispose]: async () => stream.close(),
  };
}
