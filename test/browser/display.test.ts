import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { failingRow, mixedState } from "./support/scenes.ts";
import { loaded, NARROW, openTab, PHONE, sidewaysOverflow } from "./support/tab.ts";

const bench = useBench();
const state = mixedState();

/** WCAG 2.2, 1.4.12: what a reader may set, and nothing may be lost by. */
const TEXT_SPACING =
  "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }";

describe("however it is shown", () => {
  it.each(["", "silences", "activity", "configuration", `?open=${failingRow(state).id}`])(
    "/%s fits 320 px with wide text spacing",
    async (path) => {
      await using server = await bench.serve(state);
      // The style is the reader's own, put in by the browser: the page's policy does not apply to it.
      const context = await bench.browser.newContext({ viewport: NARROW, bypassCSP: true });
      await using tab = await openTab(bench.browser, `${server.url}${path}`, { context });
      await tab.page.getByRole("heading").first().waitFor();
      await loaded(tab.page);
      await tab.page.addStyleTag({ content: TEXT_SPACING });
      expect(await sidewaysOverflow(tab.page)).toBe(0);
      const cut = await tab.page.evaluate(
        `[...document.querySelectorAll("button, a, h1, h2, .pf-v6-c-label__text")]
          .filter((element) => element.checkVisibility() && !element.closest(".pf-v6-c-skip-to-content, .pf-v6-c-tabs"))
          .filter((element) => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== "visible")
          .map((element) => element.textContent)`,
      );
      expect(cut).toEqual([]);
    },
  );

  it("tells states apart in forced colours", async () => {
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

  it("marks a change with a bar instead of a tint where motion is unwelcome", async () => {
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

  it("wears its theme from the first paint on, and follows the choice", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "", { colorScheme: "dark" });
    const { page } = tab;
    const isDark = () => page.evaluate("document.documentElement.classList.contains('pf-v6-theme-dark')");
    expect(await isDark()).toBe(true);
    await page.getByRole("button", { name: /Theme/ }).click();
    await page.getByRole("menuitem", { name: "Light" }).click();
    await expect.poll(isDark).toBe(false);
    await page.reload({ waitUntil: "commit" });
    await page.locator("#root").waitFor({ state: "attached" });
    expect(await isDark()).toBe(false);
    await page.getByRole("button", { name: /Theme/ }).click();
    await page.getByRole("menuitem", { name: "High" }).click();
    expect(await page.evaluate("document.documentElement.className")).toContain("pf-v6-theme-high-contrast");
  });

  it("shows three lines a row and two by two cards on a phone", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "", { viewport: PHONE });
    const { page } = tab;
    const row = page.locator("tr.pw-row").first();
    await row.waitFor();
    expect((await row.boundingBox())?.height).toBeLessThan(130);
    const boxes = await Promise.all((await page.locator(".pw-card").all()).map((card) => card.boundingBox()));
    expect(new Set(boxes.map((box) => box?.y)).size).toBe(2);
    expect(new Set(boxes.map((box) => box?.x)).size).toBe(2);
    expect(await page.getByRole("button", { name: "Pause live updates" }).isVisible()).toBe(true);
  });

  it("works behind a path prefix, on every screen", async () => {
    await using server = await bench.serve(state, { prefix: "/tools/pods" });
    await using tab = await bench.open(server, "silences");
    const { page } = tab;
    await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Activity" }).click();
    await page.getByRole("heading", { name: "Activity" }).waitFor();
    expect(page.url()).toBe(`${server.url}activity`);
    await page.getByRole("link", { name: "Pod Watcher, status" }).click();
    await page.getByRole("table").waitFor();
    expect(page.url()).toBe(server.url);
  });

  it("says what it is without JavaScript", async () => {
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
    expect(download.suggestedFilename()).toMatch(/^pod-watcher-2026-11-22T1000\d\d.*Z\.csv$/);
    const text = await new Response((await download.createReadStream()) as unknown as ReadableStream).text();
    const lines = text.trim().split("\r\n");
    expect(lines[0]).toMatch(/^namespace,pod,container,/);
    expect(lines).toHaveLength(1 + state.rows.filter((row) => row.state === "Failure").length);
  });
});
