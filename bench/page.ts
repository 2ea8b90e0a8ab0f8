/**
 * The page with the incidents of a large cluster: first paint, filters, tasks over 50 ms while scrolling and while incidents
 * change, and the heap. The server is scripted: `incidents` measures the real one.
 * `npm run bench -- page [CONTAINERS] [INCIDENTS] [CHANGES_PER_SECOND]`. Run `npm run build` first.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { launchChromium } from "../test/browser/support/chromium.ts";
import { countsOf } from "../test/browser/support/example-incident-list.ts";
import { exampleRows, exampleState, NAMESPACES } from "../test/browser/support/example-state.ts";
import { type FixtureServer, startFixture } from "../test/browser/support/fixture-server.ts";

const [containers = 100_000, incidents = 5_000, rate = 1_000] = process.argv.slice(2).map(Number);
const SECONDS = 10;
/** Batches of the stream, as the server sends them. */
const BATCHES_PER_SECOND = 4;

const rows = exampleRows(160).filter((row) => row.state !== "Normal");
const state = exampleState(rows, {
  paging: {
    page: 1,
    perPage: 100,
    matching: containers,
    gone: 0,
    total: containers,
    unattended: incidents,
    severities: { critical: incidents, unknown: 0, warning: 0, normal: containers - incidents },
    change: { Failure: 0, Sent: 0, Warning: 0, Normal: 0 },
    namespaces: [],
  },
});

/** Copies of the example's open incidents under other names. */
function fill({ backend }: FixtureServer): void {
  const open = backend.incidents.filter(({ phase, kind }) => phase === "open" && kind === "workload");
  backend.incidents = Array.from({ length: incidents }, (_, index) => {
    const example = open[index % open.length];
    if (example === undefined) throw new Error("The example has no open incident");
    const namespace = NAMESPACES[index % NAMESPACES.length] ?? "shop";
    const key = `${namespace}/Deployment/service-${index}`;
    const since = example.since - index * 1_000;
    return { ...example, id: `${key}@${index}`, key, namespace, workload: `Deployment/service-${index}`, since };
  });
}

function change({ backend, now }: FixtureServer, count: number, round: number): void {
  const changed = Array.from({ length: count }, (_, index) => {
    const incident = backend.incidents[(round * count + index) % backend.incidents.length];
    if (incident === undefined) throw new Error("There are no incidents");
    return { ...incident, now: { word: "CrashLoopBackOff", nextAttemptAt: now() + round * 1_000 } };
  });
  const counts = countsOf(backend.incidents);
  backend.publish({ type: "incidents", generation: backend.state.seq + 1, changed, removed: [], counts });
}

const OBSERVE = `globalThis.tasks = [];
new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) tasks.push(duration); })
  .observe({ type: "longtask", buffered: true });`;

/** Tasks over 50 ms since the last call: how many, and the longest. */
async function longTasks(page: Page): Promise<string> {
  const tasks = (await page.evaluate("tasks.splice(0)")) as number[];
  return tasks.length === 0 ? "none" : `${tasks.length}, the longest ${Math.round(Math.max(...tasks))} ms`;
}

/** Milliseconds from an input to the first change of the list, measured in the page. */
async function untilChange(page: Page, act: string): Promise<number> {
  return (await page.evaluate(`new Promise((done) => {
    const list = document.querySelector(".pw-incidents");
    const start = performance.now();
    new MutationObserver((_, observer) => { observer.disconnect(); done(performance.now() - start); })
      .observe(list.parentElement, { childList: true, subtree: true, characterData: true });
    ${act};
  })`)) as number;
}

const SEARCH = `const field = document.getElementById("search");
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, "service-17");
  field.dispatchEvent(new Event("input", { bubbles: true }))`;

const print = (what: string, value: string) => console.log(`${what.padEnd(58)} ${value}`);

await using server = await startFixture({ state, page: join(import.meta.dirname, "../ui/dist") });
fill(server);
const browser = await launchChromium();
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.addInitScript(OBSERVE);
const start = performance.now();
await page.goto(server.url);
await page.locator("[data-incident]").first().waitFor();
print("first incident on the screen", `${Math.round(performance.now() - start)} ms`);
const paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
print("first paint", `${Math.round(Number(paint))} ms`);
print("tasks over 50 ms while loading", await longTasks(page));
print("elements", String(await page.evaluate("document.querySelectorAll('*').length")));

const toggle = `[...document.querySelectorAll("button")].find((each) => each.textContent.startsWith("Warning")).click()`;
print("severity chosen, until the list changes", `${Math.round(await untilChange(page, toggle))} ms`);
await page.getByRole("button", { name: "Clear filters" }).click();
await sleep(1_000);
print(
  "search, until the list changes (150 ms wait for more keys)",
  `${Math.round(await untilChange(page, SEARCH))} ms`,
);
await page.goto(server.url);
await page.locator("[data-incident]").first().waitFor();
await sleep(1_000);
await longTasks(page);

for (let step = 0; step < SECONDS * 10; step++) {
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, step % 40 < 20 ? 200 : -200);
  await sleep(100);
}
print("tasks over 50 ms while scrolling for 10 s", await longTasks(page));

for (let round = 0; round < SECONDS * BATCHES_PER_SECOND; round++) {
  change(server, rate / BATCHES_PER_SECOND, round);
  await sleep(1_000 / BATCHES_PER_SECOND);
}
print(`tasks over 50 ms during ${rate} changes/s for 10 s`, await longTasks(page));

const devtools = await page.context().newCDPSession(page);
await devtools.send("HeapProfiler.enable");
await devtools.send("HeapProfiler.collectGarbage");
const { usedSize } = await devtools.send("Runtime.getHeapUsage");
print("heap", `${(usedSize / 1_000_000).toFixed(1)} MB`);
await browser.close();
