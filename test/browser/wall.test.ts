import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { mixedState, OUT_OF_SYNC } from "./support/scene-states.ts";
import { sidewaysOverflow } from "./support/tab.ts";

const bench = useBench();
const SCREEN = { viewport: { width: 1920, height: 1080 } };
/** Logged by the browser when the server cuts a stream or responds with 503. */
const DROPPED = /503|ERR_INCOMPLETE_CHUNKED_ENCODING/;

const incidents = (page: Page) => page.getByRole("list", { name: "Incidents" }).getByRole("listitem");

async function expectNoHealth(page: Page): Promise<void> {
  await expect
    .poll(() => page.locator(".pw-wall-live, .pw-wall-healthy, .pw-is-normal, .pw-wall-zero").count())
    .toBe(0);
  await expect.poll(() => page.getByText(/healthy/).count()).toBe(0);
}

/** Whether every row and the footer end within the window. */
const ALL_INSIDE = `[...document.querySelectorAll(".pw-wall li, .pw-wall footer")]
  .every((box) => box.getBoundingClientRect().bottom <= innerHeight + 1)`;

/** Font sizes of all texts that can be seen, in CSS pixels. */
const FONT_SIZES = `[...document.querySelectorAll(".pw-wall *")]
  .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== ""))
  .filter((element) => element.closest(".pf-v6-screen-reader") === null)
  .map((element) => Number.parseFloat(getComputedStyle(element).fontSize))`;

describe("the wall", () => {
  it("shows six incidents at a time, the most severe first, large enough for 5 m, and turns the page", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "", SCREEN);
    const { page } = tab;
    await page.clock.install();
    await page.goto(`${server.url}wall`);
    await expect.poll(() => incidents(page).count()).toBe(6);
    await incidents(page)
      .first()
      .getByText(/^search-indexer/)
      .waitFor();
    await page.getByText(/Live, confirmed \d+ s ago/).waitFor();
    await page.getByText(/^Page 1 of 2, next in \d+ s$/).waitFor();
    expect(Math.min(...((await page.evaluate(FONT_SIZES)) as number[]))).toBeGreaterThanOrEqual(32);
    await page.clock.runFor(21_000);
    await page.getByText(/^Page 2 of 2/).waitFor();
    await expect.poll(() => incidents(page).count()).toBe(2);
  });

  it.each([
    [1920, 1080],
    [1280, 720],
    [1024, 768],
    [768, 1024],
    [390, 844],
  ])("does not scroll at %i × %i, in light, dark and forced colours", async (width, height) => {
    await using server = await bench.serve(mixedState());
    for (const options of [{}, { forcedColors: "active" as const }]) {
      await using tab = await bench.open(server, "wall?theme=light", { viewport: { width, height }, ...options });
      const { page } = tab;
      await expect.poll(() => incidents(page).count()).toBe(6);
      await expect.poll(() => sidewaysOverflow(page)).toBe(0);
      await expect.poll(() => page.evaluate("document.documentElement.scrollHeight - innerHeight")).toBe(0);
      await expect.poll(() => page.evaluate(ALL_INSIDE)).toBe(true);
    }
  });

  it("is opened with w with the filters of the list, is dark, and is left with Escape", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "?ns=shop", SCREEN);
    const { page } = tab;
    await page.getByRole("link", { name: "checkout" }).waitFor();
    await page.keyboard.press("w");
    await expect.poll(() => page.url()).toBe(`${server.url}wall?ns=shop`);
    await page.getByText("Namespace: shop").waitFor();
    await expect.poll(() => incidents(page).count()).toBe(3);
    await expect.poll(() => page.locator("html").getAttribute("class")).toContain("pf-v6-theme-dark");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.url()).toBe(`${server.url}?ns=shop`);
    await expect.poll(() => page.locator("html").getAttribute("class")).not.toContain("pf-v6-theme-dark");
  });

  it("names the unknown namespaces while a namespace is refused", async () => {
    await using server = await bench.serve(mixedState({ health: OUT_OF_SYNC }));
    server.backend.incidents = [];
    await using tab = await bench.open(server, "wall", SCREEN);
    const { page } = tab;
    await page.getByRole("heading", { name: "Unknown since 09:52: payments-prod" }).waitFor();
    await page.getByText("The state of the containers is not known").waitFor();
    await expectNoHealth(page);
    await expect.poll(() => page.title()).toBe("(?) Wall · Pod Watcher");
  });

  it("says that the server does not answer, and keeps what was known", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "", { ...SCREEN, expected: DROPPED });
    const { page } = tab;
    await page.clock.install();
    await page.goto(`${server.url}wall`);
    await page.getByText(/Live, confirmed/).waitFor();
    server.setMood("unavailable");
    server.drop();
    await expect.poll(() => server.streams()).toBe(0);
    await expect
      .poll(async () => {
        await page.clock.runFor(5_000);
        return page.getByRole("heading").textContent();
      })
      .toMatch(/^No answer from the server since \d\d:\d\d/);
    await expectNoHealth(page);
    await page.getByText("Last known: 4 critical, 4 warning").waitFor();
  });

  it("is green only when nothing is open", async () => {
    await using server = await bench.serve(mixedState());
    server.backend.incidents = server.backend.incidents.filter(({ phase }) => phase === "resolved");
    await using tab = await bench.open(server, "wall", SCREEN);
    await tab.page.getByText(/^All 161 containers in 10 namespaces are healthy/).waitFor();
    await expect.poll(() => tab.page.locator(".pw-wall-healthy").count()).toBe(1);
  });
});
