import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { waitForOneElement } from "./one-element.ts";

export interface Tab extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
}

interface TabOptions extends BrowserContextOptions {
  /** Console messages that a test provokes, such as the browser's line about an HTTP 503. */
  readonly expected?: RegExp;
  /** A context that other tabs share: one browser profile. */
  readonly context?: BrowserContext;
}

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const NARROW = { width: 320, height: 640 };

/**
 * A page that must stay clean: when it is closed, any console error (a violation of the Content-Security-Policy is
 * one), any error of a script and any request to another host fail the test.
 */
export async function openTab(browser: Browser, url: string, options: TabOptions = {}): Promise<Tab> {
  const { expected, context: given, ...rest } = options;
  const context = given ?? (await browser.newContext({ viewport: DESKTOP, timezoneId: "UTC", ...rest }));
  const page = await context.newPage();
  waitForOneElement(page);
  page.setDefaultTimeout(60_000);
  const problems: string[] = [];
  page.on("console", (message) => {
    const text = message.text();
    const isProblem = message.type() === "error" || message.type() === "warning";
    if (isProblem && expected?.test(text) !== true) problems.push(`console ${message.type()}: ${text}`);
  });
  page.on("pageerror", (error) => problems.push(`page error: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    const isOwn = origin === new URL(url).origin || protocol === "blob:";
    if (!isOwn) problems.push(`outside request: ${request.url()}`);
  });
  await page.goto(url);
  return {
    page,
    context,
    async [Symbol.asyncDispose]() {
      await page.close();
      if (given === undefined) await context.close();
      if (problems.length > 0) throw new Error(`The page was not clean:\n${problems.join("\n")}`);
    },
  };
}

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
  }[];
}

/** Waits for colour transitions between themes: two frames start them, then they are finished. */
const COLOURS_AT_REST = `(async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await frame();
  const transitions = document.getAnimations().filter((one) => one instanceof CSSTransition);
  const ended = Promise.all(transitions.map((one) => one.finished.catch(() => {})));
  await Promise.race([ended, new Promise((done) => setTimeout(done, 1000))]);
})()`;

/** The faults that axe finds, one per line. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  await page.evaluate(COLOURS_AT_REST);
  const { violations } = (await page.evaluate(
    `axe.run(document, { runOnly: { type: "tag", values: ${JSON.stringify(TAGS)} }, resultTypes: ["violations"] })`,
  )) as AxeResult;
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary = "" }) =>
        `${id} (${help}): ${target.join(" ")} – ${failureSummary.replaceAll("\n", " ")}`,
    ),
  );
}

/** Waits until the page has started, and until data fetched on demand is shown, or its error. */
export async function loaded(page: Page): Promise<void> {
  await page.getByRole("heading").first().waitFor();
  if (new URL(page.url()).searchParams.has("open"))
    await page.locator(".pw-drawer, .pw-incident, .pf-v6-c-empty-state").first().waitFor();
  await page
    .getByRole("status", { name: /^Loading/ })
    .first()
    .waitFor({ state: "detached" });
}

const SETTLE = `(async () => {
  const frame = () => new Promise(requestAnimationFrame);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await frame();
    await frame();
    const running = document.getAnimations().filter(
      (animation) => animation.playState === "running" && animation.effect?.getComputedTiming().iterations !== Infinity,
    );
    if (running.length === 0) return;
    await Promise.all(running.map((animation) => animation.finished.catch(() => {})));
  }
})()`;

/** Waits until nothing moves: dialogs, menus and colours would be measured during their transitions. */
export async function settle(page: Page): Promise<void> {
  await page.evaluate(SETTLE);
}

/**
 * Texts that are cut off or outside the window. An ellipsis is allowed where a tooltip has the whole text; logs and tabs
 * may scroll, a list may not.
 */
const CUT = `(() => {
  const scrolls = (element) => element.closest(".pw-log, .pw-message, .pf-v6-c-tabs") !== null;
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && element.closest(".pf-v6-screen-reader, .pf-v6-c-skip-to-content, noscript") === null;
  return [...document.querySelectorAll("body *")].filter((element) => {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
    if (!own || !seen(element)) return false;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if ((box.left < -1 || box.right > innerWidth + 1) && !scrolls(element)) return true;
    const clips = style.overflowX !== "visible" && style.overflowX !== "auto" && style.overflowX !== "scroll";
    if (!clips || style.display === "inline") return false;
    const hasTooltip = element.closest("[title]") !== null || element.querySelector("[title]") !== null;
    if (element.scrollWidth > element.clientWidth + 1 && !(style.textOverflow === "ellipsis" && hasTooltip)) return true;
    return element.scrollHeight > element.clientHeight + 2 && !hasTooltip;
  }).map((element) => element.textContent.trim().slice(0, 60));
})()`;

export async function cutTexts(page: Page): Promise<string[]> {
  return (await page.evaluate(CUT)) as string[];
}

/** Pixels by which the content is wider than the window; WCAG 1.4.10 requires 0 at 320 px. */
export async function sidewaysOverflow(page: Page): Promise<number> {
  return (await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")) as number;
}
