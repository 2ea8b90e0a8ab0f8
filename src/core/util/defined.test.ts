import { expect, it } from "vitest";
import { defined } from "./defined.ts";

it("keeps every member that is defined, null and false included", () => {
  const limit = undefined as number | undefined;
  const options: { name: string; limit?: number; cursor: null; reverse: boolean } = defined({
    name: "shop",
    limit,
    cursor: null,
    reverse: false,
  });
  expect(options).toStrictEqual({ name: "shop", cursor: null, reverse: false });
});
