import { expect, it } from "vitest";
import type { Row } from "../schemas/state.ts";
import { matching } from "./state-query.ts";

const row = (container: string, state: Row["state"]): Row => ({
  id: `shop/web-0/${container}`,
  scope: "container",
  namespace: "shop",
  pod: "web-0",
  container,
  state,
});
const rows = [row("a", "Warning"), row("b", "Failure"), row("c", "Warning")];
const context = { now: 0, windowMs: 3_600_000, stale: new Set<string>() };
const order = (sort: string) => matching(rows, { view: "all", sort }, context).map(({ container }) => container);

it.each(["__proto__", "constructor", "-toString", "no column"])(
  "sorts by severity when the column does not exist: %s",
  (sort) => {
    expect(order(sort)).toEqual(["b", "a", "c"]);
  },
);
