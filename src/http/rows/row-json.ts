import { encodeTimes } from "../../core/view/api-times.ts";
import type { Row } from "../schemas/state.ts";

const made = new WeakMap<Row, string>();

/** The JSON of a row, created at its first use and shared: most of 100,000 rows are never sent. */
export function jsonOf(row: Row): string {
  const known = made.get(row);
  if (known !== undefined) return known;
  const json = JSON.stringify(encodeTimes(row));
  made.set(row, json);
  return json;
}
