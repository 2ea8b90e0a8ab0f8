/**
 * Takes the screenshots for the README and the docs: the built page with the demo. Check them before you commit.
 * `npm run screenshots`, or with `-- FOLDER`. It takes about three minutes, because the demo must produce failures first.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { State } from "../src/http/base/api-types.ts";
import { launchChromium } from "../test/browser/support/chromium.ts";
import { loaded, settle } from "../test/browser/support/tab.ts";
import { buildPage } from "./build-page.ts";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = process.argv[2] ?? join(ROOT, "docs/images");

const DESK: BrowserContextOptions = { viewport: { width: 1280, height: 800 }, timezoneId: "UTC", colorScheme: "light" };
const SCREEN: BrowserContextOptions = { ...DESK, viewport: { width: 1920, height: 1080 } };
const TALL: BrowserContextOptions = { ...DESK, viewport: { width: 1280, height: 1060 } };
const PHONE: BrowserContextOptions = { ...DESK, viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };

/** Until the demo has produced enough failures. */
const ENOUGH_PROBLEMS = 7;
const MAX_WAIT = 240_000;

buildPage();
await mkdir(FOLDER, { recursive: true });
const demo = spawn(process.execPath, [join(ROOT, "src/main.ts"), "demo", "--port", "0"], {
  cwd: ROOT,
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const url = await addressOf(demo);
  await sleep(60_000);
  // Alerts delivered to the monitoring service show as sent; later ones do not.
  await fetch(new URL("pod-restart-alerts", url), { method: "POST" });
  await enoughToShow(url);
  const browser = await launchChromium();
  await takeAll(browser, url);
  await browser.close();
} finally {
  demo.kill("SIGTERM");
}

async function takeAll(browser: Browser, url: string): Promise<void> {
  const { namespace, pod, container, owner } = await failingRow(url);
  const containerId = `${namespace}/${pod}/${container}`;
  const incident = `${namespace}/${owner}`;
  await take(browser, DESK, new URL("", url), "status");
  await take(browser, { ...DESK, colorScheme: "dark" }, new URL(`?open=${incident}`, url), "details-dark");
  await take(browser, DESK, new URL(`incidents/${incident}`, url), "incident");
  await take(browser, DESK, new URL("containers", url), "containers");
  await take(browser, DESK, new URL(`containers?open=${containerId}&tab=logs`, url), "logs");
  await take(browser, PHONE, new URL("", url), "phone");
  await take(browser, TALL, new URL("silences", url), "silence", async (page) => {
    await page.getByRole("button", { name: "New silence…" }).click();
    await page.getByLabel("Value of namespace").fill(namespace);
    await page.getByText(/^Silences \d+ container/).waitFor();
    await page.getByRole("textbox", { name: "Reason" }).fill("Rolled back to 2026.11.2, see OPS-4127");
  });
  await take(browser, DESK, new URL("notifications?tab=sent", url), "activity");
  await take(browser, TALL, new URL("notifications?tab=setup", url), "set-up");
  await take(browser, DESK, new URL("configuration", url), "configuration");
  await take(browser, SCREEN, new URL("wall", url), "wall");
}

async function take(
  browser: Browser,
  options: BrowserContextOptions,
  url: URL,
  name: string,
  act: (page: Page) => Promise<void> = async () => {},
): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(url.href);
  await page
    .getByText(/^\s*Live\b/)
    .first()
    .waitFor();
  await loaded(page);
  await act(page);
  await settle(page);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  console.log(`${name}.png`);
  await context.close();
}

/** Reads on afterwards: the program writes to its output until it ends. */
function addressOf(child: ChildProcess): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (piece) => {
      said += String(piece);
      const address = /https?:\/\/[^\s/]+\//.exec(said);
      if (address !== null) resolve(address[0]);
    });
    child.once("exit", () => reject(new Error(`The demo did not start:\n${said}`)));
  });
}

async function stateOf(url: string): Promise<State> {
  return (await (await fetch(new URL("api/v1/state", url))).json()) as State;
}

function problemsOf(state: State): State["rows"] {
  return state.rows.filter((row) => row.state !== "Normal" && row.deletedAt === undefined);
}

async function enoughToShow(url: string): Promise<void> {
  const until = Date.now() + MAX_WAIT;
  while (Date.now() < until) {
    const problems = problemsOf(await stateOf(url));
    const states = new Set(problems.map((row) => row.state));
    if (problems.length >= ENOUGH_PROBLEMS && states.has("Failure") && states.has("Sent")) return;
    await sleep(2_000);
  }
}

/** The row with the most details. */
async function failingRow(url: string): Promise<State["rows"][number]> {
  const problems = problemsOf(await stateOf(url)).filter(({ owner, container }) => owner && container);
  const [row] = problems.toSorted((a, b) => (b.restarts?.length ?? 0) - (a.restarts?.length ?? 0));
  if (row === undefined) throw new Error("The demo has no failures to show");
  return row;
}
