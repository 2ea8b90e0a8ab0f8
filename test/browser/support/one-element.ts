import { setTimeout as sleep } from "node:timers/promises";
import type { Locator, Page } from "playwright-core";

/** The methods that need exactly one element, and reject at once when a locator matches more. */
const METHODS = [
  "blur",
  "boundingBox",
  "check",
  "clear",
  "click",
  "dblclick",
  "evaluate",
  "fill",
  "focus",
  "getAttribute",
  "hover",
  "innerText",
  "inputValue",
  "isChecked",
  "isDisabled",
  "isEnabled",
  "isHidden",
  "isVisible",
  "press",
  "scrollIntoViewIfNeeded",
  "selectOption",
  "tap",
  "textContent",
  "uncheck",
  "waitFor",
] as const satisfies readonly (keyof Locator)[];

type Method = (...values: unknown[]) => Promise<unknown>;

/** In ms, unless the caller gives a timeout. Longer than the page takes to replace one state by the next on a busy machine. */
const PATIENCE = 20_000;
const PAUSE = 50;

const done = new WeakSet<object>();

/**
 * Makes every locator wait until it matches at most one element. While a page replaces one state by the next, both can be
 * there for a moment: without this, a test fails if it asks at that moment. A locator that keeps matching several
 * elements is still an error.
 */
export function waitForOneElement(page: Page): void {
  const prototype = Object.getPrototypeOf(page.locator("html")) as Record<string, Method>;
  if (done.has(prototype)) return;
  done.add(prototype);
  for (const name of METHODS) {
    const original = prototype[name];
    if (original === undefined) throw new Error(`This version of Playwright has no Locator.${name}`);
    prototype[name] = async function (this: Locator, ...values: unknown[]) {
      const end = performance.now() + timeoutIn(values);
      for (;;) {
        try {
          return await original.apply(this, values);
        } catch (error) {
          const matchesSeveral = error instanceof Error && error.message.includes("strict mode violation");
          if (!matchesSeveral || performance.now() > end) throw error;
          await sleep(PAUSE);
        }
      }
    };
  }
}

function timeoutIn(values: readonly unknown[]): number {
  const options = values.at(-1) as { readonly timeout?: number } | null | undefined;
  return options?.timeout ?? PATIENCE;
}
