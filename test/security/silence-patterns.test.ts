/** Regular expressions from callers: none of them delays other requests, as a preview or as a stored silence. */
import { expect, it, vi } from "vitest";
import { cpuTime } from "../support/cpu-time.ts";
import { type Stage, setStage } from "../support/running-app.ts";
import { startWithTokens } from "../support/token-app.ts";

const CALLERS = [
  { name: "editor", namespaces: ["shop"], rights: ["read", "write"] },
  { name: "viewer", namespaces: ["shop"], rights: ["read"] },
] as const;
/** Each took seconds to hours per name with a backtracking engine, or needs the largest programs of RE2. */
const PATTERNS = [
  ".?".repeat(25),
  "(a+)+!",
  "(a|a)*!",
  `(a|b)*a${"(a|b)".repeat(60)}`,
  "((a?){30}){30}!",
  "(\\pL|a){1000}",
  "(.{1,250}x){1,4}",
  `(${"a?".repeat(490)})*x`,
];
const LONG_NAME = "ab".repeat(120);
const in2Hours = () => new Date(Date.now() + 7_200_000).toISOString();
const scopeOf = (...values: string[]) => ({
  kind: "matchers",
  matchers: [
    ...values.map((value) => ({ name: "pod", operator: "=~", value })),
    { name: "namespace", operator: "=", value: "shop" },
  ],
});

async function withPods(stage: Stage, app: Awaited<ReturnType<typeof startWithTokens>>): Promise<void> {
  for (let index = 10; index < 40; index++)
    stage.cluster.createPod({ namespace: "shop", name: `${LONG_NAME}${index}` });
  await vi.waitFor(async () => expect((await app.as("viewer", "GET", "status")).body).toContain(`${LONG_NAME}39`), {
    timeout: 120_000,
  });
}

/** The longest time, in milliseconds of CPU time, that /livez waited for the work. The program runs in this thread. */
async function longestLivez(url: string, work: Promise<unknown>): Promise<number> {
  let isDone = false;
  void work.finally(() => {
    isDone = true;
  });
  let longest = 0;
  while (!isDone) {
    const began = cpuTime();
    await (await fetch(new URL("livez", url))).arrayBuffer();
    longest = Math.max(longest, cpuTime() - began);
  }
  await work;
  return longest;
}

it("no filter of the API of Alertmanager delays /livez", async () => {
  await using stage = await setStage({ namespaces: ["shop"] });
  await using app = await startWithTokens(stage, CALLERS);
  const huge = `${"(.?){500}".repeat(100)}x`;
  for (const parameter of ["receiver", "filter", "receiver_matchers"]) {
    for (const pattern of [...PATTERNS, huge]) {
      const value = parameter === "receiver" ? pattern : `pod=~"${pattern}"`;
      const asked = app.as("viewer", "GET", `api/v2/alerts?${parameter}=${encodeURIComponent(value)}`);
      expect([parameter, pattern, (await longestLivez(app.app.url, asked)) < 1_500]).toEqual([
        parameter,
        pattern,
        true,
      ]);
      const { status } = await asked;
      expect([parameter, pattern, status]).toEqual([parameter, pattern, pattern === huge ? 400 : expect.any(Number)]);
    }
  }
});

it("a preview needs the right that silencing needs", async () => {
  await using stage = await setStage({ namespaces: ["shop", "pay"] });
  await using app = await startWithTokens(stage, CALLERS);
  const preview = (name: string, ...scopes: object[]) => app.as(name, "POST", "api/v1/silences/preview", { scopes });
  const shop = { kind: "namespace", namespace: "shop" };
  expect((await preview("editor", shop)).status).toBe(200);
  expect((await preview("viewer", shop)).status).toBe(403);
  expect((await preview("editor", shop, { kind: "namespace", namespace: "pay" })).status).toBe(404);
  expect((await preview("editor", shop, { kind: "everything" })).status).toBe(403);
});

it("previews of expensive patterns do not delay other requests", async () => {
  await using stage = await setStage();
  await using app = await startWithTokens(stage, CALLERS);
  await withPods(stage, app);
  const bodies = [
    ...PATTERNS.map((value) => [scopeOf(value)]),
    Array.from({ length: 200 }, () => scopeOf(".?".repeat(25))),
    Array.from({ length: 200 }, () => scopeOf(...Array<string>(19).fill("(\\pL|a){1000}"))),
    [scopeOf(...PATTERNS)],
  ];
  const work = Promise.all(bodies.map((scopes) => app.as("editor", "POST", "api/v1/silences/preview", { scopes })));
  expect(await longestLivez(app.app.url, work)).toBeLessThan(1_500);
  const statuses = (await work).map(({ status }) => status);
  expect(statuses.filter((status) => status !== 200 && status !== 400)).toEqual([]);
  expect(statuses[0]).toBe(200);
  expect(statuses.slice(-3)).toEqual([400, 400, 400]);
});

it("stored silences with expensive patterns are limited in total, and do not stop the program, then and after a restart", async () => {
  await using stage = await setStage();
  {
    await using app = await startWithTokens(stage, CALLERS);
    await withPods(stage, app);
    let number = 0;
    const put = (pattern: string) =>
      app.as("editor", "PUT", `api/v1/silences/s-attack-${++number + 10_000}`, {
        scope: scopeOf(pattern),
        until: in2Hours(),
        reason: "x",
        evenIfSilenced: true,
      });
    const work = Promise.all(
      [...PATTERNS, ...PATTERNS, ...PATTERNS].map((pattern, index) => put(`${pattern}|${index}`)),
    );
    expect(await longestLivez(app.app.url, work)).toBeLessThan(1_500);
    const answers = await work;
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect(answers.some(({ status, body }) => status === 400 && body.includes("take too long to evaluate"))).toBe(true);
    const read = Promise.all(["state", "silences", "alerts"].map((path) => app.as("viewer", "GET", `api/v1/${path}`)));
    expect(await longestLivez(app.app.url, read)).toBeLessThan(1_500);
  }
  const began = cpuTime();
  await using again = await startWithTokens(stage, CALLERS);
  const read = Promise.all(["state", "silences"].map((path) => again.as("viewer", "GET", `api/v1/${path}`)));
  expect(await longestLivez(again.app.url, read)).toBeLessThan(1_500);
  expect(cpuTime() - began).toBeLessThan(15_000);
});
