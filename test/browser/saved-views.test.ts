import { expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { mixedState } from "./support/scene-states.ts";

const bench = useBench();

it("a view is saved under a name, which the address and the title have, and is opened again", async () => {
  await using server = await bench.serve(mixedState());
  await using tab = await bench.open(server, "?ns=shop");
  const { page } = tab;
  await page.getByRole("button", { name: /^More: order/ }).click();
  await page.getByRole("menuitem", { name: "Save this view…" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Team shop");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(() => page.url()).toBe(`${server.url}?ns=shop&name=Team+shop`);
  await expect.poll(() => page.title()).toMatch(/Team shop · Pod Watcher$/);
  await page.keyboard.press("2");
  await expect.poll(() => page.url()).toBe(`${server.url}?view=open&ns=shop`);
  await page.getByRole("button", { name: /^More: order/ }).click();
  await page.getByRole("menuitem", { name: "Team shop" }).click();
  await expect.poll(() => page.url()).toBe(`${server.url}?ns=shop&name=Team+shop`);
});
