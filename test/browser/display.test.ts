import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { addSilences, failingRow, mixedState } from "./support/scene-states.ts";
import { cutTexts, loaded, NARROW, openTab, PHONE, settle, sidewaysOverflow } from "./support/tab.ts";

const bench = useBench();
const state = mixedState();

/** WCAG 2.2, 1.4.12: text spacing that readers may set without loss of content. */
const TEXT_SPACING =
  "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }";

async function expectInside(page: Page, what: Locator): Promise<void> {
  await what.waitFor();
  const width = page.viewportSize()?.width ?? 0;
  await expect.poll(async () => (await what.boundingBox())?.x).toBeGreaterThanOrEqual(0);
  const right = async () => {
    const box = await what.boundingBox();
    return (box?.x ?? width) + (box?.width ?? width);
  };
  await expect.poll(right).toBeLessThanOrEqual(width);
}

const SCREENS = [
  "containers",
  "silences",
  "notifications",
  "notifications?tab=sent",
  "configuration",
  `containers?open=${failingRow(state).id}`,
];

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

  it("shows at least sixteen containers at 1280 × 800, each on one line of 33 px", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers", { viewport: { width: 1280, height: 800 } });
    const { page } = tab;
    await page.getByRole("table").waitFor();
    await settle(page);
    const measured = (await page.evaluate(`(() => {
      const end = document.querySelector(".pw-scroll").getBoundingClientRect().bottom;
      const boxes = [...document.querySelectorAll("tr.pw-row")].map((row) => row.getBoundingClientRect());
      return { whole: boxes.filter((box) => box.bottom <= end).length, highest: Math.max(...boxes.map((box) => box.height)) };
    })()`)) as { readonly whole: number; readonly highest: number };
    expect(measured.whole).toBeGreaterThanOrEqual(16);
    expect(measured.highest).toBeLessThanOrEqual(34);
  });

  it("gives names at least 240 px at every width of the table, and scrolls nothing sideways", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers", { viewport: { width: 2560, height: 900 } });
    const { page } = tab;
    await page.getByRole("table").waitFor();
    const faultsAt = async (width: number) => {
      const sideways = await sidewaysOverflow(page);
      const measured = (await page.evaluate(`(() => {
        const cell = document.querySelector("tr.pw-row .pw-col-pod");
        const scroll = document.querySelector(".pw-scroll");
        const isTable = getComputedStyle(document.querySelector(".pw-grid")).display === "table";
        const words = [...document.querySelectorAll("tr.pw-row .pw-severity-word")];
        return {
          isTable,
          name: cell.getBoundingClientRect().width,
          inner: scroll.scrollWidth - scroll.clientWidth,
          words: words.filter((word) => word.getBoundingClientRect().width < 40).length,
        };
      })()`)) as { isTable: boolean; name: number; inner: number; words: number };
      return [
        ...(measured.isTable && measured.name < 240 ? [`${width}: a name has ${measured.name} px`] : []),
        ...(sideways > 0 || measured.inner > 0 ? [`${width}: scrolls by ${sideways || measured.inner} px`] : []),
        ...(measured.words > 0 ? [`${width}: ${measured.words} severities are cut`] : []),
      ];
    };
    for (let width = 2560; width >= 320; width -= width > 1400 ? 80 : 20) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => faultsAt(width)).toEqual([]);
    }
  });

  it("shows the details at full width at 768 px", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers", { viewport: { width: 768, height: 1024 } });
    const { page } = tab;
    const row = failingRow(state);
    await page.locator(`[data-row="${row.id}"]`).click();
    await loaded(page);
    await settle(page);
    await expect.poll(async () => (await page.locator(".pw-drawer").boundingBox())?.width).toBeGreaterThan(650);
    await expectInside(page, page.getByRole("button", { name: "Close the details" }));
    await expectInside(page, page.getByRole("button", { name: "More", exact: true }));
  });

  it.each([320, 375, 768])("fits the menu of the details into %i px", async (width) => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `containers?open=${failingRow(state).id}`, {
      viewport: { width, height: 812 },
    });
    const { page } = tab;
    await loaded(page);
    await page.getByRole("button", { name: "More", exact: true }).click();
    await settle(page);
    for (const item of await page.getByRole("menuitem").all()) await expectInside(page, item);
  });

  it("keeps the selected tab of the details visible on the narrowest phone", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `containers?open=${failingRow(state).id}&tab=history`, {
      viewport: NARROW,
    });
    await loaded(tab.page);
    await settle(tab.page);
    await expectInside(tab.page, tab.page.getByRole("tab", { name: "History" }));
  });

  it("shows messages narrow and below the masthead, where they cover no row", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `containers?open=${failingRow(state).id}`, {
      viewport: { width: 1280, height: 800 },
    });
    const { page } = tab;
    await loaded(page);
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
    const toast = page.getByRole("list", { name: "Messages" });
    await toast.getByText(/Acknowledged/).waitFor();
    await page.clock.runFor(1_000);
    const masthead = await page.getByRole("banner").boundingBox();
    await expect.poll(async () => (await toast.boundingBox())?.y).toBeGreaterThanOrEqual(masthead?.height ?? 0);
    await expect.poll(async () => (await toast.boundingBox())?.width).toBeLessThanOrEqual(360);
  });

  it("names severities, also in forced colours", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers", { forcedColors: "active" });
    const rows = tab.page.getByRole("table");
    for (const word of ["Critical", "Warning", "Normal"]) await rows.getByText(word).first().waitFor();
  });

  it("marks a change with a bar instead of a tint with reduced motion", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers", { reducedMotion: "reduce" });
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
    await using tab = await bench.open(server, "containers", { colorScheme: "dark" });
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

  it("shows whole names on a phone, and one menu for the screens", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers", { viewport: PHONE });
    const { page } = tab;
    const row = page.locator("tr.pw-row").nth(1);
    await row.waitFor();
    await expect.poll(async () => (await row.boundingBox())?.height).toBeLessThan(130);
    await expect.poll(() => cutTexts(page)).toEqual([]);
    await page.getByRole("button", { name: "Menu", exact: true }).click();
    await page.getByRole("menuitem", { name: "Silences" }).click();
    await page.getByRole("heading", { name: "Silences" }).waitFor();
  });

  it("works behind a path prefix, on every screen", async () => {
    await using server = await bench.serve(state, { prefix: "/tools/pods" });
    await using tab = await bench.open(server, "silences");
    const { page } = tab;
    await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Notifications" }).click();
    await page.getByRole("heading", { name: "Notifications" }).waitFor();
    await expect.poll(() => page.url()).toBe(`${server.url}notifications`);
    await page.goto(`${server.url}activity`);
    await page.getByRole("tab", { name: "Sent", selected: true }).waitFor();
    await expect.poll(() => page.url()).toBe(`${server.url}notifications?tab=sent`);
    await page.getByRole("link", { name: "Pod Watcher, incidents" }).click();
    await page.getByRole("table").waitFor();
    await expect.poll(() => page.url()).toBe(server.url);
  });

  it("explains itself without JavaScript", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers", { javaScriptEnabled: false });
    await tab.page.getByText(/needs JavaScript/).waitFor();
  });

  it("downloads the list as CSV", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers?severity=critical");
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
    expect(lines).toHaveLength(
      1 + state.rows.filter((row) => row.state === "Failure" && row.deletedAt === undefined).length,
    );
  });
});
