import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { exampleRows, exampleState } from "./support/example-state.ts";
import { addSilences, failingRow, mixedState } from "./support/scene-states.ts";
import { cutTexts, loaded, NARROW, openTab, PHONE, settle, sidewaysOverflow } from "./support/tab.ts";

const bench = useBench();
const state = mixedState();

/** WCAG 2.2, 1.4.12: text spacing that readers may set without loss of content. */
const TEXT_SPACING =
  "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }";

async function expectInside(page: Page, what: Locator): Promise<void> {
  await what.waitFor();
  const box = await what.boundingBox();
  const width = page.viewportSize()?.width ?? 0;
  expect(box?.x).toBeGreaterThanOrEqual(0);
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
}

const SCREENS = ["", "?view=all", "silences", "activity", "configuration", `?open=${failingRow(state).id}`];

/** Nothing is wider than the window, and no text is cut. */
async function isWhole(page: Page): Promise<void> {
  await page.getByRole("heading").first().waitFor();
  await loaded(page);
  await settle(page);
  expect({ sideways: await sidewaysOverflow(page), cut: await cutTexts(page) }).toEqual({ sideways: 0, cut: [] });
}

describe("display", () => {
  it.each(SCREENS)("/%s fits at 1280, 1000, 768 and 320 px, even with wide text spacing", async (path) => {
    await using server = await bench.serve(state);
    addSilences(server);
    // A user style, added by the browser: the page's policy does not apply to it.
    const context = await bench.browser.newContext({ bypassCSP: true });
    await using tab = await openTab(bench.browser, `${server.url}${path}`, { context });
    const { page } = tab;
    for (const width of [1280, 1000, 768, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await isWhole(page);
    }
    await page.addStyleTag({ content: TEXT_SPACING });
    for (const width of [320, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await isWhole(page);
    }
  });

  it.each(SCREENS)("/%s fits in forced colours", async (path) => {
    await using server = await bench.serve(state);
    addSilences(server);
    await using tab = await bench.open(server, path, { forcedColors: "active", viewport: NARROW });
    await isWhole(tab.page);
    await tab.page.setViewportSize({ width: 1280, height: 800 });
    await isWhole(tab.page);
  });

  it("shows at least ten problems at 1280 × 800, each name on one line", async () => {
    const rows = exampleRows(3_000)
      .filter((row) => row.state !== "Normal" && row.namespace === "orders-prod")
      .slice(0, 30);
    await using server = await bench.serve(exampleState(rows));
    await using tab = await bench.open(server, "", { viewport: { width: 1280, height: 800 } });
    const { page } = tab;
    await page.getByRole("table").waitFor();
    await settle(page);
    const end = (await page.locator(".pw-content").boundingBox()) ?? { y: 0, height: 0 };
    const boxes = await Promise.all((await page.locator("tr.pw-row").all()).map((row) => row.boundingBox()));
    const whole = boxes.filter((box) => box !== null && box.y + box.height <= end.y + end.height);
    expect(whole.length).toBeGreaterThanOrEqual(10);
    expect(Math.max(...boxes.map((box) => box?.height ?? 0))).toBeLessThanOrEqual(48);
    const names = await Promise.all((await page.locator(".pw-pod-link").all()).map((name) => name.boundingBox()));
    expect(Math.max(...names.map((name) => name?.height ?? 0))).toBeLessThanOrEqual(26);
  });

  it("leaves enough width for the names at 1000 px, in the list and under Activity", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "", { viewport: { width: 1000, height: 800 } });
    const { page } = tab;
    await page.getByRole("table").waitFor();
    await expect.poll(() => page.locator("td.pw-cell-owner:visible").count()).toBe(0);
    await expect
      .poll(async () => (await page.locator(".pw-pod-link").first().boundingBox())?.width)
      .toBeGreaterThan(150);
    await page.getByRole("link", { name: "Activity" }).click();
    const subject = page.locator('.pw-activity td[data-label="Subject"]').first();
    await subject.waitFor();
    await expect.poll(async () => (await subject.boundingBox())?.width).toBeGreaterThan(150);
  });

  it("shows the actions of each row at 768 px, and the details at full width", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "", { viewport: { width: 768, height: 1024 } });
    const { page } = tab;
    const row = failingRow(state);
    const line = page.locator(`tr:has([data-row="${row.id}"])`);
    for (const name of [/^Acknowledge/, /^Silence/, /^Copy the command/]) {
      await expectInside(page, line.getByRole("button", { name }));
    }
    await page.locator(`[data-row="${row.id}"]`).click();
    await loaded(page);
    await settle(page);
    const box = await page.locator(".pw-drawer").boundingBox();
    expect(box?.width).toBeGreaterThan(650);
    await expectInside(page, page.getByRole("button", { name: "Close the details" }));
    await expectInside(page, page.getByRole("button", { name: "More", exact: true }));
  });

  it.each([320, 375, 768])("fits the menu of the details into %i px", async (width) => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `?open=${failingRow(state).id}`, { viewport: { width, height: 812 } });
    const { page } = tab;
    await loaded(page);
    await page.getByRole("button", { name: "More", exact: true }).click();
    await settle(page);
    for (const item of await page.getByRole("menuitem").all()) await expectInside(page, item);
  });

  it("keeps the selected tab of the details visible on the narrowest phone", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `?open=${failingRow(state).id}&tab=history`, { viewport: NARROW });
    await loaded(tab.page);
    await settle(tab.page);
    await expectInside(tab.page, tab.page.getByRole("tab", { name: "History" }));
  });

  it("shows messages where they do not cover the heading of the details or of a dialog", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `?open=${failingRow(state).id}`, {
      viewport: { width: 1280, height: 800 },
    });
    const { page } = tab;
    await loaded(page);
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
    const toast = page.getByRole("list", { name: "Messages" }).getByText(/Acknowledged/);
    await toast.waitFor();
    const head = await page.locator(".pw-drawer-head").boundingBox();
    await expect.poll(async () => (await toast.boundingBox())?.y).toBeGreaterThan((head?.y ?? 0) + (head?.height ?? 0));
  });

  it("distinguishes states in forced colours", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "", { forcedColors: "active" });
    await tab.page.getByRole("table").waitFor();
    for (const word of ["Failure", "Alert sent", "Warning", "Normal"]) {
      await tab.page.getByRole("button", { name: new RegExp(`^${word}`) }).waitFor();
    }
    const bars = await tab.page.evaluate(
      "['.pw-bar-over', '.pw-bar-under'].map((bar) => getComputedStyle(document.querySelector(bar)).fill)",
    );
    expect(new Set(bars as string[]).size).toBe(2);
  });

  it("marks a change with a bar instead of a tint with reduced motion", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "", { reducedMotion: "reduce" });
    const { page } = tab;
    await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
    const row = failingRow(state);
    server.push([{ ...row, reason: "ImagePullBackOff" }]);
    const line = page.locator(`tr:has([data-row="${row.id}"])`);
    await expect.poll(() => line.evaluate((element) => element.className)).toContain("pw-tint");
    const animation = await page.evaluate("getComputedStyle(document.querySelector('[class*=pw-tint]')).animationName");
    expect(animation).toMatch(/^pw-bar/);
  });

  it("applies the theme from the first paint, and follows the setting", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "", { colorScheme: "dark" });
    const { page } = tab;
    const isDark = () => page.evaluate("document.documentElement.classList.contains('pf-v6-theme-dark')");
    await expect.poll(() => isDark()).toBe(true);
    await page.getByRole("button", { name: /Theme/ }).click();
    await page.getByRole("menuitem", { name: "Light" }).click();
    await expect.poll(isDark).toBe(false);
    await page.reload({ waitUntil: "commit" });
    await page.locator("#root").waitFor({ state: "attached" });
    await expect.poll(() => isDark()).toBe(false);
    await page.getByRole("button", { name: /Theme/ }).click();
    await page.getByRole("menuitem", { name: "High" }).click();
    await expect.poll(() => page.evaluate("document.documentElement.className")).toContain("pf-v6-theme-high-contrast");
  });

  it("shows three lines per row and two by two cards on a phone", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "", { viewport: PHONE });
    const { page } = tab;
    const row = page.locator("tr.pw-row").first();
    await row.waitFor();
    await expect.poll(async () => (await row.boundingBox())?.height).toBeLessThan(130);
    const boxes = await Promise.all((await page.locator(".pw-card").all()).map((card) => card.boundingBox()));
    expect(new Set(boxes.map((box) => box?.y)).size).toBe(2);
    expect(new Set(boxes.map((box) => box?.x)).size).toBe(2);
    await expect.poll(() => page.getByRole("button", { name: "Pause live updates" }).isVisible()).toBe(true);
  });

  it("sorts on a phone too, where there are no column headings", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "", { viewport: PHONE });
    const { page } = tab;
    await page.getByRole("combobox", { name: "Sort by" }).selectOption("Most restarts");
    await expect.poll(() => page.url()).toContain("sort=-restarts");
  });

  it("works behind a path prefix, on every screen", async () => {
    await using server = await bench.serve(state, { prefix: "/tools/pods" });
    await using tab = await bench.open(server, "silences");
    const { page } = tab;
    await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Activity" }).click();
    await page.getByRole("heading", { name: "Activity" }).waitFor();
    await expect.poll(() => page.url()).toBe(`${server.url}activity`);
    await page.getByRole("link", { name: "Pod Watcher, status" }).click();
    await page.getByRole("table").waitFor();
    await expect.poll(() => page.url()).toBe(server.url);
  });

  it("explains itself without JavaScript", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "", { javaScriptEnabled: false });
    await tab.page.getByText(/needs JavaScript/).waitFor();
  });

  it("downloads the list as CSV", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "?state=Failure");
    const { page } = tab;
    await page.getByRole("table").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download this list as CSV" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("pod-watcher.csv");
    const text = await new Response((await download.createReadStream()) as unknown as ReadableStream).text();
    const lines = text.trim().split("\r\n");
    expect(lines[0]).toMatch(/^namespace,pod,container,/);
    expect(lines).toHaveLength(1 + state.rows.filter((row) => row.state === "Failure").length);
  });
});
