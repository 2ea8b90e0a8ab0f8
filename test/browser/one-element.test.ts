import { expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { waitForOneElement } from "./support/one-element.ts";

const bench = useBench();
const TWO = "<h1>8 incidents</h1><h2 id=other>8 incidents</h2><button>A</button>";

it("a locator waits while it matches two elements, and fails if it keeps matching two", async () => {
  await using context = await bench.browser.newContext();
  const page = await context.newPage();
  waitForOneElement(page);
  await page.setContent(TWO);
  const heading = page.getByRole("heading", { name: /^8 incidents/ });
  await expect(heading.waitFor({ timeout: 300 })).rejects.toThrow(/strict mode violation/);
  const waiting = [heading.waitFor(), heading.textContent(), heading.click()];
  // The answer to this call comes after those to the calls above, which have found two elements by then.
  await page.getByRole("button").click();
  await page.evaluate("document.getElementById('other').remove()");
  await Promise.all(waiting);
});
