/** SIGHUP: every page shows the settings that are in force, above all those that decide who may see what. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { type RunningApp, setStage } from "../support/running-app.ts";

/** A reload sets the configured log level, so that a silent logger would write. */
const quiet = () => createLogger("info", { write: () => {} });

const TOKENS = { lead: "token-of-the-lead-0001", guest: "token-of-the-guest-001" };

async function withFile() {
  const stage = await setStage();
  const file = join(stage.folder, "config.yaml");
  for (const [name, token] of Object.entries(TOKENS)) writeFileSync(join(stage.folder, name), token);
  const entry = (name: string) => `{ name: ${name}, file: "${join(stage.folder, name)}" }`;
  const write = (yaml: string) => writeFileSync(file, yaml);
  return {
    stage,
    env: { POD_WATCHER_CONFIG: file },
    write,
    writeAuth: (auth: string) => write(`http: { auth: ${auth} }\n`),
    reload: async ({ app }: RunningApp) => {
      await app.reload(loadConfig({ env: { ...stage.env, POD_WATCHER_CONFIG: file } }));
    },
    tokens: (...names: (keyof typeof TOKENS)[]) => `{ mode: token, tokens: [${names.map(entry).join(", ")}] }`,
  };
}

const requests = (url: string) => async (path: string, token: string | undefined) => {
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  const response = await fetch(new URL(path, url), headers && { headers });
  return { status: response.status, body: (await response.json()) as never };
};

it("rejects a caller whose token was removed, and accepts one whose token was added", async () => {
  const { stage, env, writeAuth, reload, tokens } = await withFile();
  await using _ = stage;
  writeAuth(tokens("lead", "guest"));
  await using app = await stage.start(env, quiet());
  const request = requests(app.url);
  const statuses = async () => [
    (await request("api/v1/me", TOKENS.lead)).status,
    (await request("api/v1/me", TOKENS.guest)).status,
  ];
  expect(await statuses()).toEqual([200, 200]);

  writeAuth(tokens("lead"));
  await reload(app);
  expect(await statuses()).toEqual([200, 401]);

  writeAuth(tokens("lead", "guest"));
  await reload(app);
  expect(await statuses()).toEqual([200, 200]);
});

it("shows the mode of authentication in force and the one that a restart will bring", async () => {
  const { stage, env, writeAuth, reload, tokens } = await withFile();
  await using _ = stage;
  writeAuth("{ mode: none }");
  await using app = await stage.start(env, quiet());
  writeAuth(tokens("lead"));
  await reload(app);

  const { status, body } = await requests(app.url)("api/v1/config", undefined);
  expect(status).toBe(200);
  const { groups } = body as { groups: { entries: { key: string }[] }[] };
  const entry = groups.flatMap(({ entries }) => entries).find(({ key }) => key === "http.auth.mode");
  expect(entry).toMatchObject({ value: "none", nextStart: "token" });
  const page = await (await fetch(new URL("config", app.url), { headers: { accept: "text/html" } })).text();
  expect(page).toMatch(/<code>none<\/code><br><strong>[^<]*<\/strong> <code>token<\/code>/);
});

it("records every reload in the activity log, also one that was rejected", async () => {
  const { stage, env, write, reload } = await withFile();
  await using _ = stage;
  write("restarts: { threshold: 5 }\n");
  await using app = await stage.start(env, quiet());
  const actions = async () => (await app.get<{ entries: unknown[] }>("api/v1/history?kind=action")).body.entries;
  const entry = { kind: "action", by: "SIGHUP", action: "config-reload", about: ["configuration"] };

  write("restarts: { threshold: 4 }\nhttp: { max_streams: 7 }\n");
  await reload(app);
  expect(await actions()).toEqual([
    expect.objectContaining({ ...entry, note: "Applied. After the next start: http.max_streams." }),
  ]);

  write("restarts: { treshold: 4 }\n");
  await reload(app);
  expect(await actions()).toEqual([
    expect.objectContaining({ ...entry, note: expect.stringMatching(/^Rejected: .*treshold is not a known key/) }),
    expect.objectContaining({ ...entry, note: expect.stringMatching(/^Applied/) }),
  ]);
});
