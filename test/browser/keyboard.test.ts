import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { failingRow, mixedState } from "./support/scene-states.ts";
import { loaded } from "./support/tab.ts";

const bench = useBench();

/** The accessible name of the focused element. */
const focused = (page: Page) =>
  page.evaluate(
    "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? ''",
  ) as Promise<string>;

async function pressTab(page: Page, times: number): Promise<string[]> {
  const names: string[] = [];
  for (let press = 0; press < times; press += 1) {
    await page.keyboard.press("Tab");
    names.push(await focused(page));
  }
  return names;
}

describe("keyboard", () => {
  it("moves through the page in reading order", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "containers");
    await tab.page.getByRole("table").waitFor();
    const names = await pressTab(tab.page, 17);
    expect(names).toEqual([
      "Skip to content",
      "Pod Watcher, incidents",
      "Incidents",
      "Containers",
      "Silences",
      "Notifications",
      "Configuration",
      "Pause live updates",
      "Keyboard and help",
      "Theme, time zone and notifications",
      "Signed in as jdoe",
      expect.stringMatching(/^Search/),
      expect.stringMatching(/^Critical/),
      expect.stringMatching(/^Warning/),
      expect.stringMatching(/^Unknown/),
      expect.stringMatching(/^Normal/),
      "All namespaces",
    ]);
  });

  it("skips to the content", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await page.getByRole("table").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("main");
    expect((await pressTab(page, 1))[0]).toMatch(/^Search/);
  });

  it("focuses the search with /, except in a text field", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await page.getByRole("table").waitFor();
    await page.keyboard.press("/");
    await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("search");
    await page.keyboard.type("a/?");
    await expect.poll(() => page.locator("#search").inputValue()).toBe("a/?");
    await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  });

  it("opens help with ?, and ignores both keys once they are turned off", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await page.getByRole("table").waitFor();
    await page.keyboard.press("?");
    await page.getByRole("switch", { name: /single keys/ }).uncheck({ force: true });
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("?");
    await page.keyboard.press("/");
    // The search would be focused in the next frame.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
    await expect.poll(() => page.evaluate("document.activeElement.id")).not.toBe("search");
  });

  it("opens the details with Enter, and restores the focus with Escape", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    const link = page.getByRole("table").getByRole("link").nth(1);
    const name = await link.textContent();
    await link.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 2 }).waitFor();
    await expect.poll(() => focused(page)).toBe(name);
    await expect.poll(() => page.evaluate("document.activeElement.tagName")).toBe("H2");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.evaluate("document.activeElement.tagName")).toBe("A");
    await expect.poll(() => focused(page)).toBe(name);
    await expect.poll(() => page.url()).toBe(`${server.url}containers`);
  });

  it("closes the details with Escape from the list too", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `containers?open=${failingRow(state).id}`);
    const { page } = tab;
    await loaded(page);
    await page.getByRole("checkbox").first().focus();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.url()).toBe(`${server.url}containers`);
  });

  it("focuses the heading of a new screen, and returns to the list as it was", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "containers?ns=orders-prod");
    const { page } = tab;
    await page.getByRole("table").waitFor();
    await expect.poll(() => page.evaluate("document.activeElement === document.body")).toBe(true);
    await page.getByRole("link", { name: "Silences" }).press("Enter");
    const heading = () => page.evaluate("document.activeElement.tagName + ' ' + document.activeElement.textContent");
    await expect.poll(heading).toBe("H1 Silences");
    await expect.poll(() => page.title()).toMatch(/^\(\d+\) Silences · Pod Watcher$/);
    await page.getByRole("link", { name: "Containers", exact: true }).press("Enter");
    await expect.poll(heading).toMatch(/^H1 \d+ containers$/);
    await expect.poll(() => page.url()).toBe(`${server.url}containers?ns=orders-prod`);
    await page.getByRole("link", { name: "Containers", exact: true }).press("Enter");
    await expect.poll(() => page.url()).toBe(`${server.url}containers`);
  });

  it("keeps the focus inside a dialog, and restores it", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `containers?open=${failingRow(state).id}`);
    const { page } = tab;
    await loaded(page);
    const button = page.getByRole("button", { name: "Silence…", exact: true });
    await button.focus();
    await page.keyboard.press("Enter");
    await page.getByText(/^Silences \d+ container/).waitFor();
    for (let press = 0; press < 20; press += 1) {
      await page.keyboard.press("Tab");
      await expect.poll(() => page.evaluate("document.activeElement.closest('[role=dialog]') !== null")).toBe(true);
    }
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await expect.poll(() => focused(page)).toBe("Silence…");
    await expect.poll(() => page.url()).toContain("open=");
  });

  it("changes filters and pages, and the address follows", async () => {
    await using server = await bench.serve();
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await page.getByRole("table").waitFor();
    await page.getByRole("button", { name: /^Critical/ }).focus();
    await page.keyboard.press("Space");
    await expect.poll(() => page.url()).toContain("severity=critical");
    await page.getByRole("button", { name: /^Restarts/ }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("sort=-restarts");
    await expect
      .poll(() => page.getByRole("columnheader", { name: /^Restarts/ }).getAttribute("aria-sort"))
      .toBe("descending");
    await page.reload();
    await page.getByRole("columnheader", { name: /^Restarts/ }).waitFor();
    await expect.poll(() => page.getByRole("button", { name: /^Critical/ }).getAttribute("aria-pressed")).toBe("true");
  });

  it("opens the events of an incident with e, and its timeline with t", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server);
    const { page } = tab;
    await page.getByRole("link", { name: "checkout" }).waitFor();
    await page.keyboard.press("j");
    await expect.poll(() => page.evaluate("document.activeElement?.hasAttribute('data-incident')")).toBe(true);
    await page.keyboard.press("e");
    await expect.poll(() => page.evaluate("document.activeElement?.id")).toBe("incident-events");
    await page.keyboard.press("t");
    await expect.poll(() => page.evaluate("document.activeElement?.id")).toBe("incident-timeline");
  });

  it("finds, reads, acknowledges and silences an incident without a pointer", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "?view=open");
    const { page } = tab;
    await page.getByRole("link", { name: "checkout" }).waitFor();
    for (const name of ["search-indexer", "gateway", "asset-store", "checkout"]) {
      await page.keyboard.press("j");
      await expect.poll(() => focused(page)).toBe(name);
    }
    await page.keyboard.press("a");
    await page.getByText(/^Acknowledged by you/).waitFor();
    await page.keyboard.press("o");
    await page.getByRole("heading", { name: "What to do" }).waitFor();
    await page.keyboard.press("s");
    await page.getByRole("dialog").getByLabel("Reason").fill("Rolled back");
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Silence 1 incident" }).press("Enter");
    await page
      .getByText(/^Silenced until/)
      .first()
      .waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("c");
    await page.getByRole("heading", { name: /containers$/ }).waitFor();
  });
});
