import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Row } from "../../src/http/base/api-types.ts";
import { useBench } from "./support/bench.ts";
import { exampleIncidents } from "./support/example-incidents.ts";
import { exampleRows, exampleState } from "./support/example-state.ts";
import { failingRow, mixedState, OUT_OF_SYNC } from "./support/scene-states.ts";

const bench = useBench();

const label = (page: Page, text: string) => page.getByRole("banner").getByText(text, { exact: true });

/** A banner; the live region may have the same text. */
const alert = (page: Page, text: RegExp) => page.locator(".pf-v6-c-alert", { hasText: text });

/** Waits until the stream is open: earlier pushes would not arrive. */
async function live(page: Page): Promise<void> {
  await label(page, "Live").waitFor();
}

/** Logged by the browser when the server cuts a stream or responds with 503. */
const DROPPED = /503|ERR_INCOMPLETE_CHUNKED_ENCODING/;

async function setVisibility(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
     document.dispatchEvent(new Event("visibilitychange"))`,
  );
}

describe("live updates", () => {
  it("shows a change in the list, the numbers, the live region, the tab's title and icon", async () => {
    const state = exampleState(
      exampleRows(40).map(({ id, scope, namespace, pod = "", container = "" }) => ({
        id,
        scope,
        namespace,
        pod,
        container,
        state: "Normal",
      })),
    );
    await using server = await bench.serve(state);
    server.backend.incidents = [];
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await live(page);
    const icon = () => page.locator("#favicon").getAttribute("href");
    await expect.poll(() => page.title()).toBe("Containers · Pod Watcher");
    await expect.poll(() => icon()).toBe(`${server.url}favicon.svg`);
    const [normal] = state.rows;
    if (normal === undefined) throw new Error("No normal row");
    server.push([{ ...normal, state: "Failure", since: server.now(), restarts: [server.now()] }]);
    await page.locator(`[data-row="${normal.id}"]`).waitFor();
    await expect.poll(() => page.getByRole("button", { name: /^Critical/ }).textContent()).toBe("Critical 1");
    server.pushIncidents(exampleIncidents(server.now()).slice(0, 1));
    await expect
      .poll(() => page.locator("#announcements").textContent())
      .toBe("New critical incident: search-indexer in platform, Image or tag does not exist.");
    await expect.poll(() => page.title()).toBe("(1) Containers · Pod Watcher");
    await expect.poll(() => icon()).toBe(`${server.url}favicon-critical.svg`);
    server.pushIncidents([]);
    await expect.poll(() => page.title()).toBe("Containers · Pod Watcher");
    await expect.poll(() => icon()).toBe(`${server.url}favicon.svg`);
  });

  it("keeps the focus on a row through a batch that would move it, and offers the new order", async () => {
    const state = exampleState(exampleRows(300));
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await live(page);
    const rows = page.locator("[data-row]");
    await rows.nth(2).focus();
    const id = await rows.nth(2).getAttribute("data-row");
    const order = await rows.evaluateAll((links) => links.map((link) => link.getAttribute("data-row")));
    const row = state.rows.find((each) => each.id === id);
    if (row === undefined) throw new Error("The focused row is not in the state");
    const times = Array.from({ length: 9 }, (_, place) => server.now() - place * 1_000).reverse();
    const alerts = [{ ...row.alerts?.[0], severity: "critical" }] as NonNullable<Row["alerts"]>;
    server.push([{ ...row, state: "Failure", since: server.now(), restarts: times, alerts }]);
    await expect.poll(() => page.locator(`tr:has([data-row="${id}"]) .pw-col-restarts`).textContent()).toBe("9");
    await expect.poll(() => page.evaluate("document.activeElement.dataset.row")).toBe(id);
    await expect
      .poll(() => rows.evaluateAll((links) => links.map((link) => link.getAttribute("data-row"))))
      .toEqual(order);
    await expect.poll(() => page.getByText(/would move/).textContent()).toMatch(/^\d+ rows? would move$/);
    await page.getByRole("button", { name: "Update order" }).click();
    await expect.poll(() => rows.first().getAttribute("data-row")).toBe(id);
  });

  it("freezes while paused, counts waiting changes, and shows them on resuming", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await live(page);
    await page.getByRole("button", { name: "Pause live updates" }).click();
    const [first, second] = state.rows.filter((row) => row.state === "Normal");
    if (first === undefined || second === undefined) throw new Error("No normal rows");
    server.push([{ ...first, state: "Failure" }]);
    server.push([{ ...second, state: "Failure" }]);
    await page.getByRole("banner").getByText("Paused, 2 changes waiting").waitFor();
    const severity = page.locator(`tr:has([data-row="${first.id}"]) .pw-col-severity`);
    await expect.poll(() => severity.textContent()).toContain("Normal");
    await page.getByRole("button", { name: "Resume live updates" }).click();
    await expect.poll(() => severity.textContent()).toContain("Critical");
    await live(page);
  });

  it("shows the reader's own acknowledgement even while paused", async () => {
    const state = mixedState();
    const row = failingRow(state);
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await live(page);
    await page.getByRole("button", { name: "Pause live updates" }).click();
    const line = page.locator(`tr:has([data-row="${row.id}"])`);
    await page.getByRole("checkbox", { name: `Select ${row.id}` }).check();
    await page.getByRole("button", { name: "Acknowledge 1" }).click();
    await line.getByRole("img", { name: /^Acknowledged by jdoe/ }).waitFor();
    await page
      .getByRole("banner")
      .getByText(/^Paused/)
      .waitFor();
  });

  it("serves more tabs than a browser has connections, because only visible tabs hold a stream", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    const context = await bench.browser.newContext();
    const tabs = [];
    for (let tab = 0; tab < 8; tab += 1) {
      const opened = await bench.open(server, "containers", { context });
      tabs.push(opened);
      await live(opened.page);
      await setVisibility(opened.page, "hidden");
      await expect.poll(() => server.streams()).toBe(0);
    }
    const normal = state.rows.find((row) => row.state === "Normal");
    if (normal === undefined) throw new Error("No normal row");
    server.push([{ ...normal, state: "Failure" }]);
    for (const { page } of tabs.slice(0, 3)) {
      await setVisibility(page, "visible");
      await page.locator(`[data-row="${normal.id}"]`).waitFor({ state: "attached" });
    }
    for (const tab of tabs) await tab[Symbol.asyncDispose]();
    await context.close();
    await expect.poll(() => server.streams()).toBe(0);
  });

  it("keeps the title of a hidden tab up to date without holding a stream", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await page.clock.install();
    await page.reload();
    await live(page);
    await setVisibility(page, "hidden");
    await page.clock.runFor(3_000);
    await expect.poll(() => server.streams()).toBe(0);
    const before = await page.title();
    server.pushIncidents([]);
    await page.clock.runFor(30_000);
    await expect
      .poll(async () => {
        await page.clock.runFor(100);
        return page.title();
      })
      .not.toBe(before);
    await page.clock.runFor(3_000);
    await expect.poll(() => server.streams()).toBe(0);
    await expect.poll(() => alert(page, /The server has not answered/).count()).toBe(0);
    await setVisibility(page, "visible");
    await expect.poll(() => server.streams()).toBe(1);
  });
});

describe("when the stream is lost", () => {
  it("reports it, with a banner after 35 s, keeps the data on grey and frozen, and recovers the missed changes", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers", { expected: DROPPED });
    const { page } = tab;
    await page.clock.install();
    await page.reload();
    await live(page);
    const isGrey = () => page.locator(".pw-gone").count();
    await expect.poll(() => isGrey()).toBe(0);
    server.setMood("unavailable");
    server.drop();
    await expect.poll(() => server.streams()).toBe(0);
    const normal = state.rows.find((row) => row.state === "Normal");
    if (normal === undefined) throw new Error("No normal row");
    server.push([{ ...normal, state: "Failure" }]);
    // From here on the test controls the page's clock; the last activity was earlier.
    await page.clock.pauseAt(new Date(((await page.evaluate("Date.now()")) as number) + 1_000));
    const stoppedAt = (await page.evaluate("Date.now()")) as number;
    const until = async (length: number) =>
      page.clock.runFor(stoppedAt + length - ((await page.evaluate("Date.now()")) as number));
    await expect
      .poll(async () => {
        await page.clock.runFor(500);
        return label(page, "Reconnecting…").count();
      })
      .toBe(1);
    await until(29_000);
    await expect
      .poll(() =>
        page
          .getByRole("banner")
          .getByText(/No answer/)
          .count(),
      )
      .toBe(0);
    await expect.poll(() => alert(page, /The server has not answered/).count()).toBe(0);
    await until(36_000);
    await page
      .getByRole("banner")
      .getByText(/^No answer from the server since \d\d:\d\d UTC$/)
      .waitFor();
    await alert(
      page,
      /The server has not answered since \d\d:\d\d UTC\. It is not known whether anyone is being/,
    ).waitFor();
    await expect.poll(() => isGrey()).toBe(1);
    const ages = () => page.locator(".pw-server-time time, .pw-headline p").allTextContents();
    const frozen = await ages();
    expect(frozen).toHaveLength(2);
    await until(600_000);
    await expect.poll(() => ages()).toEqual(frozen);
    server.setMood("well");
    // The page also retries by itself: it may be back before the click.
    const click = page.getByRole("button", { name: "Try now" }).dispatchEvent("click");
    await Promise.race([click, live(page)]);
    click.catch(() => {});
    await live(page);
    await expect
      .poll(async () => {
        await page.clock.runFor(500);
        return page.locator(`[data-row="${normal.id}"]`).count();
      })
      .toBe(1);
    await expect.poll(() => alert(page, /The server has not answered/).count()).toBe(0);
    await expect.poll(() => isGrey()).toBe(0);
  });

  it("reconnects after 503, as while the server is replaced", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers", { expected: DROPPED });
    await live(tab.page);
    server.setMood("unavailable");
    server.drop();
    await expect.poll(() => server.streams()).toBe(0);
    server.setMood("well");
    await expect.poll(() => server.streams()).toBe(1);
  });

  it("reloads the state from a server that no longer has the changes", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers", { expected: DROPPED });
    const { page } = tab;
    await live(page);
    const normal = state.rows.find((row) => row.state === "Normal");
    if (normal === undefined) throw new Error("No normal row");
    server.backend.apply([{ ...normal, state: "Failure" }], []);
    server.drop({ forget: true });
    await page.locator(`[data-row="${normal.id}"]`).waitFor();
  });

  it("offers to reload when the server has another version", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "containers", { expected: DROPPED });
    await live(tab.page);
    server.drop({ forget: true, version: "1.1.0" });
    await tab.page.getByText(/Pod Watcher was upgraded to 1\.1\.0/).waitFor();
    await tab.page.getByRole("button", { name: "Reload" }).click();
    await live(tab.page);
    await expect.poll(() => tab.page.getByText(/was upgraded/).count()).toBe(0);
  });

  it("ends when access is denied, says why, and continues once asked to", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "containers", { expected: /403|Failed to load resource/ });
    const { page } = tab;
    await live(page);
    server.setMood("forbidden");
    server.drop();
    await alert(page, /No access, data as of/).waitFor();
    await expect.poll(() => page.getByRole("table").count()).toBe(1);
    server.setMood("well");
    await page.getByRole("button", { name: "Try again" }).click();
    await live(page);
    await expect.poll(() => alert(page, /No access/).count()).toBe(0);
  });

  it.each(["login", "unauthorized"] as const)(
    "distinguishes a lost session (%s) from a lost server, and keeps the data",
    async (mood) => {
      await using server = await bench.serve(mixedState());
      await using tab = await bench.open(server, "containers", { expected: /401|Failed to load resource/ });
      const { page } = tab;
      await live(page);
      server.setMood(mood);
      server.drop();
      await alert(page, /Signed out, data as of/).waitFor();
      await expect.poll(() => page.getByRole("table").count()).toBe(1);
      const address = page.url();
      if (mood === "unauthorized") {
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByRole("textbox", { name: "Token" }).fill("sha256~secret-token");
        server.setMood("well");
        await page.getByRole("dialog").getByRole("button", { name: "Sign in" }).click();
      } else {
        server.setMood("well");
        await page.getByRole("button", { name: "Sign in" }).click();
      }
      await live(page);
      await expect.poll(() => page.url()).toBe(address);
    },
  );
});

describe("health and configuration", () => {
  it("shows rows as unknown while their namespace cannot be seen", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers?ns=payments-prod");
    const { page } = tab;
    await live(page);
    const unknown = page.getByRole("table").getByText("Unknown");
    await expect.poll(() => unknown.count()).toBe(0);
    server.pushHealth(OUT_OF_SYNC);
    await page.getByText(/Unknown in 1 of 10 namespaces since 09:52 UTC/).waitFor();
    await page.getByText("oc policy add-role-to-user view -z pod-watcher -n payments-prod").waitFor();
    await page.getByText(/oncall cannot be reached since .* \(HTTP 403\): 3 notifications wait/).waitFor();
    await expect.poll(() => page.getByRole("table").getByText("Normal").count()).toBe(0);
    await unknown.first().waitFor();
    server.pushHealth(state.health);
    await expect.poll(() => unknown.count()).toBe(0);
    await expect.poll(() => page.getByText(/Unknown in/).count()).toBe(0);
  });

  it("apply new permissions without a reload", async () => {
    const refused = { reason: "Your role may only view" };
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await live(page);
    const { can } = server.backend.state;
    server.pushConfig({ can: { ...can, ack: refused, silence: refused } });
    await page.getByRole("checkbox").nth(1).check();
    const button = page.getByRole("button", { name: /^Acknowledge/ });
    await expect.poll(() => button.getAttribute("aria-disabled")).toBe("true");
    await expect.poll(() => button.getAttribute("title")).toBe("Your role may only view");
    await button.click({ force: true });
    expect(server.calls.filter((call) => call.path.endsWith("/ack"))).toEqual([]);
  });
});
