import { expect, it } from "vitest";
import { selectorOf } from "./namespaces.ts";

it("namespaces are included and excluded by their whole names", () => {
  const selector = selectorOf({ labels: undefined, include: ["team-.*", "shop"], exclude: [".*-dev"] });
  const names = ["team-a", "team-a-dev", "shop", "shop-eu", "my-team-a"];
  expect(names.filter((name) => selector?.matches(name))).toEqual(["team-a", "shop"]);
  const allButDev = selectorOf({ labels: undefined, include: [], exclude: [".*-dev"] });
  expect(names.filter((name) => allButDev?.matches(name))).not.toContain("team-a-dev");
  expect(selectorOf({ labels: undefined, include: [], exclude: [] })).toBeUndefined();
  expect(selectorOf({ labels: "team=shop", include: [], exclude: [] })?.matches("any")).toBe(true);
});
