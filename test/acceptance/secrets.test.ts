/** Secrets are planted wherever the program may come by one, and looked for wherever it says anything. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createLogger } from "../../src/telemetry/logger.ts";
import { setStage } from "../support/running-app.ts";

const secret = (what: string) => `${what}-${randomBytes(9).toString("hex")}`;

it("tells no secret of the configuration, the environment, pods, logs and receivers to anybody", async () => {
  await using stage = await setStage();
  const planted = {
    token: stage.env.OPENSHIFT_TOKEN!,
    webhookPath: secret("hook"),
    signingKey: secret("hmac"),
    apiToken: secret("caller"),
    environment: secret("env"),
    logged: secret("logged"),
    lastWords: secret("words"),
  };
  const keyFile = join(stage.folder, "hmac-key");
  const tokenFile = join(stage.folder, "api-token");
  writeFileSync(keyFile, planted.signingKey);
  writeFileSync(tokenFile, planted.apiToken);
  const config = join(stage.folder, "config.yaml");
  writeFileSync(
    config,
    `receivers: [{ name: team, type: webhook, url: "http://127.0.0.1:1/${planted.webhookPath}", hmac_file: "${keyFile}" }]
route: { receiver: team, group_wait: 0s }
http: { auth: { mode: token, tokens: [{ name: monitoring, file: "${tokenFile}", rights: [read, act] }] } }
`,
  );
  stage.cluster.createPod({
    namespace: "shop",
    name: "web-0",
    containers: [
      {
        name: "app",
        env: { DATABASE_PASSWORD: planted.environment },
        behaviour: {
          log: [`connecting with password=${planted.logged}`],
          exit: { after: 200, exitCode: 1, message: `Authorization: Bearer ${planted.lastWords}` },
        },
      },
    ],
  });
  const lines: string[] = [];
  const logger = createLogger("trace", { write: (line) => void lines.push(line) });
  await using app = await stage.start({ POD_WATCHER_CONFIG: config }, { logger });
  const ask = async (path: string, authorization = `Bearer ${planted.apiToken}`) => {
    const response = await fetch(new URL(path, app.url), {
      headers: { authorization, accept: "application/json, */*" },
    });
    return { status: response.status, text: await response.text() };
  };
  await expect
    .poll(async () => (await ask("api/v1/alerts?state=firing")).text, { timeout: 15_000 })
    .toMatch(/PodCrashLooping/);
  await expect
    .poll(async () => (await ask("api/v1/notifications")).text, { timeout: 15_000 })
    .toMatch(/"attempts":[1-9]/);

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
    "feed.atom",
    "badge.svg",
  ];
  const queries = ["api/v1/explain?namespace=shop&pod=web-0", "api/v1/containers/shop%2Fweb-0%2Fapp/log?previous=true"];
  const answers = new Map<string, string>();
  for (const path of new Set([...described, ...others, ...queries])) {
    answers.set(path, (await ask(path)).text);
    answers.set(`${path} as a stranger`, (await ask(path, `Bearer ${secret("stranger")}`)).text);
  }

  // The places where they were planted are really looked at.
  expect(answers.get("pods/shop")).toContain("DATABASE_PASSWORD");
  expect(answers.get("api/v1/containers/shop%2Fweb-0%2Fapp/log?previous=true")).toContain("connecting with password=");
  expect(answers.get("config")).toContain("receivers");
  expect(lines.join("")).toContain("notification_failed");

  const told = [...answers, ["the log", lines.join("")] as const];
  const leaks = Object.entries(planted).flatMap(([what, value]) =>
    told.filter(([, text]) => text.includes(value)).map(([where]) => `${what} in ${where}`),
  );
  expect(leaks).toEqual([]);
}, 60_000);
