import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { SCENES } from "./support/scenes.ts";
import { axeViolations, loaded, NARROW, openTab, settle, sidewaysOverflow } from "./support/tab.ts";

const bench = useBench();

/** The same page in every look, one after the other: loading it three times would only test the loading. */
async function look(page: Page): Promise<Record<string, string[]>> {
  const light = await axeViolations(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await settle(page);
  const dark = await axeViolations(page);
  await page.setViewportSize(NARROW);
  await settle(page);
  const narrow = await axeViolations(page);
  const sideways = await sidewaysOverflow(page);
  return { light, dark, narrow, sideways: sideways > 0 ? [`${sideways} px wider than the window`] : [] };
}

describe("axe finds nothing, in light, in dark and at 320 px", () => {
  it.each(SCENES)("$name", async (scene) => {
    await using server = await bench.serve(scene.state);
    scene.before?.(server);
    const expected = scene.expected === undefined ? {} : { expected: scene.expected };
    await using tab = await openTab(bench.browser, `${server.url}${scene.path ?? ""}`, expected);
    const { page } = tab;
    await page.getByRole("heading").first().waitFor();
    await loaded(page);
    await scene.act?.(page, server);
    await loaded(page);
    await settle(page);
    expect(await look(page)).toEqual({ light: [], dark: [], narrow: [], sideways: [] });
  });
});
