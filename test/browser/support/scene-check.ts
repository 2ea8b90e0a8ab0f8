import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Bench } from "./bench.ts";
import type { Scene } from "./scenes.ts";
import { axeViolations, cutTexts, loaded, NARROW, openTab, settle, sidewaysOverflow } from "./tab.ts";

/** The same page in every display mode, one after the other: reloading it would only test the loading. */
async function look(page: Page): Promise<Record<string, string[]>> {
  const light = await axeViolations(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await settle(page);
  const dark = await axeViolations(page);
  await page.setViewportSize(NARROW);
  await settle(page);
  const narrow = await axeViolations(page);
  const sideways = await sidewaysOverflow(page);
  const cut = await cutTexts(page);
  return { light, dark, narrow, cut, sideways: sideways > 0 ? [`${sideways} px wider than the window`] : [] };
}

/** Opens a scene and expects that axe finds no faults: in light, in dark and at 320 px. */
export async function checkScene(bench: Bench, scene: Scene): Promise<void> {
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
  expect(await look(page)).toEqual({ light: [], dark: [], narrow: [], cut: [], sideways: [] });
}
