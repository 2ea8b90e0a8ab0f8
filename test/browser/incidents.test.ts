import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { linksOf } from "../../src/notify/links.ts";
import { anAlert } from "../support/alerts.ts";
import { useBench } from "./support/bench.ts";
import { exampleIncidents } from "./support/example-incidents.ts";
import { NOW } from "./support/example-state.ts";
import { failingRow, mixedState, OUT_OF_SYNC } from "./support/scene-states.ts";
import { cutTexts, loaded, settle, sidewaysOverflow } from "./support/tab.ts";

const bench = useBench();
const LAPTOP = { viewport: { width: 1280, height: 800 } };
/** Logged by the browser when the server cuts a stream or responds with 503. */
const DROPPED = /503|ERR_INCOMPLETE_CHUNKED_ENCODING/;

const row = (page: Page, name: string) => page.getByRole("rowgroup", { name: new RegExp(`^${name} in `) });
const label = (page: Page) => page.getByRole("banner").locator(".pw-connection");
const favicon = (page: Page) => page.locator("#favicon").getAttribute("href");

describe("the list answers at once", () => {
  const QUESTIONS: readonly (readonly [question: string, name: string, answer: RegExp])[] = [
    ["the workload that fails", "checkout", /checkout Deployment · shop/],
    ["its severity", "checkout", /Critical/],
    ["the time for which it fails", "checkout", /31 min since 09:29/],
    ["that it failed before watching began", "thumbnails", /6 h since at least 04:00/],
    ["the reason", "checkout", /something it depends on cannot be reached\. Exit 1, both pods/],
    ["the last line of its log", "checkout", /FATAL cannot reach database orders-db:5432/],
    ["whether it still fails", "checkout", /CrashLoopBackOff · retry in \d.*0\/2/],
    ["the receivers that were notified", "checkout", /Notified on-call 09:30/],
    ["the restarts", "checkout", /22 \(20 in 60 min\)/],
    [
      "the change",
      "gateway",
      /Only revision 6d6d444df4 \(8\.1\.0, rolled out 09:48\) fails; 7485fd9b6f \(8\.0\.3\) is healthy/,
    ],
  ];

  it.each(QUESTIONS)("%s, without a click", async (_question, name, answer) => {
    await using server = await bench.serve(mixedState(), { frozen: true });
    await using tab = await bench.open(server, "", LAPTOP);
    await expect.poll(() => row(tab.page, name).textContent()).toMatch(answer);
  });

  it("the person who works on it, without a click", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "?view=handled", LAPTOP);
    await tab.page
      .getByText(/^Acknowledged by \w+ /)
      .first()
      .waitFor();
  });

  it("the remedy, with one click", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "", LAPTOP);
    const { page } = tab;
    await page.getByRole("link", { name: "checkout" }).click();
    await page.getByRole("heading", { name: "What to do" }).waitFor();
    await page.getByText("oc get service,endpoints,statefulset orders-db -n shop").waitFor();
  });
});

it("notifications change no severity, no order and no colour", async () => {
  await using server = await bench.serve(mixedState());
  await using tab = await bench.open(server, "", LAPTOP);
  const { page } = tab;
  const look = () =>
    page
      .getByRole("rowgroup")
      .evaluateAll((groups) => groups.map((group) => `${group.className} ${group.getAttribute("aria-label")}`));
  await row(page, "search-indexer")
    .getByText(/Not notified yet/)
    .waitFor();
  const before = await look();
  server.pushIncidents(
    server.backend.incidents.map((incident) =>
      incident.handling.pendingUntil === undefined
        ? incident
        : { ...incident, handling: { attention: true, notified: [{ receiver: "on-call", at: server.now() }] } },
    ),
  );
  await row(page, "search-indexer")
    .getByText(/Notified on-call/)
    .waitFor();
  await expect.poll(look).toEqual(before);
});

describe("an unknown state never looks like health", () => {
  const GREEN = ".pw-connection .pf-m-success, .pw-well, .pw-is-normal";
  async function expectNoHealth(page: Page): Promise<void> {
    await expect.poll(() => page.locator(GREEN).count()).toBe(0);
    await expect.poll(() => page.getByRole("heading", { name: /healthy/ }).count()).toBe(0);
    await expect.poll(() => page.getByRole("button", { name: /^(Critical|Warning|Unknown) 0$/ }).count()).toBe(0);
  }

  it("while one namespace is refused", async () => {
    await using server = await bench.serve(mixedState({ health: OUT_OF_SYNC }));
    server.backend.incidents = [];
    await using tab = await bench.open(server, "", LAPTOP);
    const { page } = tab;
    await expect.poll(() => label(page).textContent()).toBe("Unknown: 1 of 10 namespaces");
    await page.getByRole("heading", { name: "The state of 1 namespace is unknown" }).waitFor();
    await page.getByText(/Unknown in 1 of 10 namespaces since 09:52/).waitFor();
    await page.getByRole("button", { name: /^Copy the command oc policy/ }).waitFor();
    await expect.poll(() => page.title()).toBe("(?) Pod Watcher");
    await expect.poll(() => favicon(page)).toContain("favicon-unknown.svg");
    await expectNoHealth(page);
  });

  it("while the stream is cut", async () => {
    await using server = await bench.serve(mixedState());
    server.backend.incidents = [];
    await using tab = await bench.open(server, "", { ...LAPTOP, expected: DROPPED });
    const { page } = tab;
    await page.getByRole("heading", { name: /are healthy$/ }).waitFor();
    await expect.poll(() => label(page).textContent()).toBe("Live");
    server.setMood("unavailable");
    server.drop();
    await expect.poll(() => label(page).textContent()).toBe("Reconnecting…");
    await expectNoHealth(page);
  });

  it("while the server does not answer", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "", { ...LAPTOP, expected: DROPPED });
    const { page } = tab;
    await page.clock.install();
    await page.reload();
    await expect.poll(() => label(page).textContent()).toBe("Live");
    server.setMood("unavailable");
    server.drop();
    await expect.poll(() => server.streams()).toBe(0);
    await expect
      .poll(async () => {
        await page.clock.runFor(5_000);
        return label(page).textContent();
      })
      .toMatch(/^No answer from the server since \d\d:\d\d/);
    await page.getByRole("heading", { name: /^As of \d\d:\d\d UTC, 8 incidents needed attention$/ }).waitFor();
    await page.getByText(/It is not known whether anyone is being notified/).waitFor();
    await expect.poll(() => page.title()).toBe("(?) Pod Watcher");
    await expect.poll(() => favicon(page)).toContain("favicon-lost.svg");
    await expect
      .poll(() => page.getByRole("button", { name: /^Acknowledge checkout/ }).getAttribute("aria-disabled"))
      .toBe("true");
    await expectNoHealth(page);
  });
});

describe("acknowledging", () => {
  it("takes one click, appears in the row, and can be undone there", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "?view=open", LAPTOP);
    const { page } = tab;
    const checkout = row(page, "checkout");
    await page.getByRole("button", { name: "Acknowledge checkout" }).click();
    await checkout.getByText(/^Acknowledged by you/).waitFor();
    await page.getByRole("button", { name: "Undo checkout" }).click();
    await checkout.getByText(/^Acknowledged by you/).waitFor({ state: "detached" });
  });

  it("shows that the server does not answer yet, and that it may still be done", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "?view=open", LAPTOP);
    const { page } = tab;
    let answer: (() => void) | undefined;
    server.backend.answers.set(
      "POST incidents/acknowledge",
      () => new Promise((resolve) => (answer = () => resolve({ changed: 0, items: [], skipped: [] }))),
    );
    const button = page.getByRole("button", { name: "Acknowledge checkout" });
    await button.waitFor();
    await page.clock.install();
    await button.click();
    await expect.poll(() => answer !== undefined).toBe(true);
    await page.clock.runFor(2_100);
    await page.getByText("Waiting for the server…").waitFor();
    await page.clock.runFor(8_000);
    await page.getByText("No answer yet. It may still be done.").waitFor();
    answer?.();
    await button.waitFor();
  });

  it("covers all incidents that match, not only those of the page", async () => {
    await using server = await bench.serve(mixedState());
    const [first] = exampleIncidents(NOW);
    if (first === undefined) throw new Error("No example");
    server.backend.incidents = Array.from({ length: 90 }, (_, index) => ({
      ...first,
      id: `shop/Deployment/web-${index}@1`,
      key: `shop/Deployment/web-${index}`,
      workload: `Deployment/web-${index}`,
    }));
    await using tab = await bench.open(server, "", LAPTOP);
    const { page } = tab;
    await page.getByRole("checkbox", { name: "Select all incidents on this page" }).check();
    await page.getByText("40 selected").waitFor();
    await page.getByRole("button", { name: "Select all 90 that match" }).click();
    await page.getByRole("button", { name: "Acknowledge 90" }).click();
    await page.getByRole("heading", { name: "No incident needs attention; 90 incidents are handled" }).waitFor();
    expect(server.calls.find(({ path }) => path.endsWith("/incidents/acknowledge"))?.body).toEqual({
      filter: { view: "attention" },
    });
  });

  it("asks once for a name where no one signs in", async () => {
    await using server = await bench.serve(mixedState());
    server.backend.answers.set("GET me", () => ({ mode: "none", csrf: "csrf-token", can: server.backend.state.can }));
    await using tab = await bench.open(server, "?view=open", LAPTOP);
    const { page } = tab;
    await page.getByRole("button", { name: "Acknowledge checkout" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Ada");
    await page.getByRole("button", { name: "Continue" }).click();
    await row(page, "checkout")
      .getByText(/^Acknowledged by/)
      .waitFor();
    await page.getByRole("button", { name: "Acknowledge gateway" }).click();
    await row(page, "gateway")
      .getByText(/^Acknowledged by/)
      .waitFor();
    const bodies = server.calls.filter(({ path }) => path.endsWith("/incidents/acknowledge")).map(({ body }) => body);
    expect(bodies).toMatchObject([{ by: "Ada" }, { by: "Ada" }]);
  });
});

describe("links", () => {
  it("of version 1 lead from a container to its incident, or to the container", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "?open=shop/checkout-6bc9d46bf5-dhntf/checkout", LAPTOP);
    await tab.page.getByRole("heading", { name: "checkout", level: 2 }).waitFor();
    await expect.poll(() => tab.page.url()).toContain("pod=shop/checkout-6bc9d46bf5-dhntf/checkout");
    const healthy = failingRow(state);
    await using other = await bench.open(server, `?open=${healthy.id}`, { ...LAPTOP, expected: /404/ });
    await other.page.getByRole("heading", { name: healthy.pod ?? "", level: 2 }).waitFor();
    await expect.poll(() => other.page.url()).toContain("/containers?open=");
  });

  /** The path of a link in a message about checkout. */
  function messageLink(server: { readonly url: string }, name: "acknowledge" | "silence"): string {
    const link = linksOf(anAlert(), { publicUrl: server.url, cli: "oc" })[name];
    return link!.slice(server.url.length);
  }

  it("in messages open a dialog to silence, and do nothing by themselves", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, messageLink(server, "silence"), LAPTOP);
    const { page } = tab;
    const button = page.getByRole("dialog").getByRole("button", { name: "Silence 1 incident" });
    await button.waitFor();
    expect(server.calls.filter(({ method }) => method !== "GET")).toEqual([]);
    await button.click();
    await page
      .getByText(/^Silenced until/)
      .first()
      .waitFor();
  });

  it("in messages open a dialog to acknowledge, and do nothing by themselves", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, messageLink(server, "acknowledge"), LAPTOP);
    const { page } = tab;
    const button = page.getByRole("dialog").getByRole("button", { name: "Acknowledge", exact: true });
    await button.waitFor();
    expect(server.calls.filter(({ method }) => method !== "GET")).toEqual([]);
    await button.click();
    await page
      .getByText(/^Acknowledged by you/)
      .first()
      .waitFor();
  });

  it("to an incident's own page survive a reload, and lead back to the list", async () => {
    await using server = await bench.serve(mixedState(), { prefix: "/tools/pods" });
    await using tab = await bench.open(server, "incidents/shop/Deployment/checkout", LAPTOP);
    const { page } = tab;
    await page.getByRole("heading", { name: "checkout", level: 1 }).waitFor();
    await page.getByRole("main").getByRole("link", { name: "Incidents" }).click();
    await page.getByRole("heading", { name: "8 incidents need attention" }).waitFor();
    await expect.poll(() => page.url()).toBe(server.url);
  });
});

describe("widths", () => {
  it("give names at least 240 px in the table, and scroll nothing sideways", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "?view=open", { viewport: { width: 2560, height: 900 } });
    const { page } = tab;
    await row(page, "checkout").waitFor();
    const faultsAt = async (width: number) => {
      const sideways = await sidewaysOverflow(page);
      const measured = (await page.evaluate(`(() => {
        const cell = document.querySelector(".pw-name-cell");
        const scroll = document.querySelector(".pw-scroll");
        return {
          name: cell === null ? 240 : cell.getBoundingClientRect().width,
          inner: scroll.scrollWidth - scroll.clientWidth,
        };
      })()`)) as { readonly name: number; readonly inner: number };
      return [
        ...(measured.name < 240 ? [`${width}: a name has ${measured.name} px`] : []),
        ...(sideways > 0 || measured.inner > 0 ? [`${width}: scrolls by ${sideways || measured.inner} px`] : []),
      ];
    };
    for (let width = 2560; width >= 320; width -= width > 1700 ? 80 : 20) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => faultsAt(width)).toEqual([]);
    }
  });

  it("show two incidents at 200 % zoom of 1280 × 800", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "", { viewport: { width: 640, height: 400 } });
    const { page } = tab;
    const second = page.getByRole("listitem").filter({ has: page.getByRole("link", { name: "gateway" }) });
    await second.waitFor();
    await settle(page);
    await expect
      .poll(async () => {
        const box = await second.boundingBox();
        return (box?.y ?? 999) + (box?.height ?? 999);
      })
      .toBeLessThanOrEqual(400);
  });

  it.each([1920, 1280, 1024, 1000, 768, 390, 320])(
    "cut no text at %i px, in the list and in the details",
    async (width) => {
      await using server = await bench.serve(mixedState());
      await using tab = await bench.open(server, "?view=open", { viewport: { width, height: 800 } });
      const { page } = tab;
      await page.getByRole("link", { name: "checkout" }).waitFor();
      await settle(page);
      await expect.poll(() => cutTexts(page)).toEqual([]);
      await page.getByRole("link", { name: "checkout" }).click();
      await page.getByRole("heading", { name: "Why this alert" }).waitFor();
      await loaded(page);
      await settle(page);
      await expect.poll(() => cutTexts(page)).toEqual([]);
    },
  );

  it("keep a row below 63 elements", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "", LAPTOP);
    await row(tab.page, "checkout").waitFor();
    const most = () =>
      tab.page
        .getByRole("rowgroup")
        .evaluateAll((groups) => Math.max(...groups.map((one) => one.querySelectorAll("*").length)));
    await expect.poll(most).toBeLessThanOrEqual(62);
  });
});
