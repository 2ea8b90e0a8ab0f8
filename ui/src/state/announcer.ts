import { rowName } from "../../../src/core/view/row.ts";
import type { Row } from "../../../src/http/base/api-types.ts";
import { list, plural } from "../format/text.ts";
import { createValue } from "./value.ts";

/** At most one message in this time: a screen reader reads each to its end. */
const QUIET_MS = 10_000;

/** What the one polite live region says. Failures gather until the next message may be said; never row by row. */
export function createAnnouncer() {
  const value = createValue("");
  let failures = new Map<string, Row>();
  let next: string | undefined;
  /** False while a message is about to be said, and for a while after one. */
  let isQuiet = true;

  function soon(): void {
    if (!isQuiet) return;
    isQuiet = false;
    setTimeout(speak, 0);
  }

  function speak(): void {
    isQuiet = true;
    const parts = [next, describeFailures([...failures.values()])].filter((part) => part !== undefined);
    if (parts.length === 0) return;
    next = undefined;
    failures = new Map();
    value.set(parts.join(" "));
    isQuiet = false;
    setTimeout(speak, QUIET_MS);
  }

  return {
    get: value.get,
    subscribe: value.subscribe,
    say(text: string): void {
      next = text;
      soon();
    },
    failed(rows: readonly Row[]): void {
      for (const row of rows) failures.set(row.id, row);
      soon();
    },
  };
}

export function describeFailures(rows: readonly Row[]): string | undefined {
  if (rows.length === 0) return undefined;
  return `${plural(rows.length, "container")} newly in Failure: ${list(rows.map(rowName))}.`;
}
