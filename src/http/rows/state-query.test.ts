import { expect, it } from "vitest";
import type { Row } from "../base/api-types.ts";
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
const order = (sort: string) => matching(rows, { view: "all", sort }, 0).map(({ container }) => container);

it.each(["__proto__", "constructor", "-toString", "no column"])(
  "sorts as by itself by what is no column: %s",
  (sort) => {
    expect(order(sort)).toEqual(["b", "a", "c"]);
  },
);
