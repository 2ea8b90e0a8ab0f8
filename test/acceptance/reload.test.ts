/** SIGHUP: what is shown after it is what is in force, above all where it is about who may see what. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { setStage } from "../support/running-app.ts";

/** A reload sets the level to the file's, so that a silent logger would speak. */
const quiet = () => ({ logger: createLogger("info", { write: () => {} }) });

const TOKENS = { lead: "token-of-the-lead-0001", guest: "token-of-the-guest-001" };

async function withFile() {
  const stage = await setStage();
  const file = join(stage.folder, "config.yaml");
  for (const [name, token] of Object.entries(TOKENS)) writeFileSync(join(stage.folder, name), token);
  const entry = (name: string) => `{ name: ${name}, file: "${join(stage.folder, name)}" }`;
  return {
    stage,
    env: { POD_WATCHER_CONFIG: file },
    write: (auth: string) => writeFileSync(file, `http: { auth: ${auth} }\n`),
    loaded: () => loadConfig({ env: { ...stage.env, POD_WATCHER_CONFIG: file } }),
    tokens: (...names: (keyof typeof TOKENS)[]) => `{ mode: token, tokens: [${names.map(entry).join(", ")}] }`,
  };
}

const asks = (url: string) => async (path: string, token: string | undefined) => {
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  const response = await fetch(new URL(path, url), headers && { headers });
  return { status: response.status, body: (await response.json()) as never };
};

it("a caller whose token leaves the file is refused at once, and one who comes is let in", async () => {
  const { stage, env, write, loaded, tokens } = await withFile();
  await using _ = stage;
  write(tokens("lead", "guest"));
  await using app = await stage.start(env, quiet());
  const ask = asks(app.url);
  const statuses = async () => [
    (await ask("api/v1/me", TOKENS.lead)).status,
    (await ask("api/v1/me", TOKENS.guest)).status,
  ];
  expect(await statuses()).toEqual([200, 200]);

  write(tokens("lead"));
  await app.app.reload(loaded());
  expect(await statuses()).toEqual([200, 401]);

  write(tokens("lead", "guest"));
  await app.app.reload(loaded());
  expect(await statuses()).toEqual([200, 200]);
});

it("another mode of access waits for the next start: until then the one in force is shown, with what comes", async () => {
  const { stage, env, write, loaded, tokens } = await withFile();
  await using _ = stage;
  write("{ mode: none }");
  await using app = await stage.start(env, quiet());
  write(tokens("lead"));
  await app.app.reload(loaded());

  const { status, body } = await asks(app.url)("api/v1/config", undefined);
  expect(status).toBe(200);
  const { groups } = body as { groups: { entries: { key: string }[] }[] };
  const entry = groups.flatMap(({ entries }) => entries).find(({ key }) => key === "http.auth.mode");
  expect(entry).toMatchObject({ value: "none", nextStart: "token" });
  const page = await (await fetch(new URL("config", app.url), { headers: { accept: "text/html" } })).text();
  expect(page).toMatch(/<code>none<\/code><br><strong>At the next start:<\/strong> <code>token<\/code>/);
});
