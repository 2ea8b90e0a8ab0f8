import { rowName } from "../../../src/core/view/row.ts";
import type { Row } from "../../../src/http/base/api-types.ts";
import { list, plural } from "../format/text.ts";
import { createValue } from "./value.ts";

/** Minimum time between messages: a screen reader needs time to read each. */
const MESSAGE_INTERVAL_MS = 10_000;

/** The text of the polite live region. Failures are collected into one message. */
export function createAnnouncer() {
  const value = createValue("");
  let failures = new Map<string, Row>();
  let next: string | undefined;
  /** False while a message is scheduled, and for a while after one. */
  let isIdle = true;

  function schedule(): void {
    if (!isIdle) return;
    isIdle = false;
    setTimeout(publish, 0);
  }

  function publish(): void {
    isIdle = true;
    const parts = [next, describeFailures([...failures.values()])].filter((part) => part !== undefined);
    if (parts.length === 0) return;
    next = undefined;
    failures = new Map();
    value.set(parts.join(" "));
    isIdle = false;
    setTimeout(publish, MESSAGE_INTERVAL_MS);
  }

  return {
    get: value.get,
    subscribe: value.subscribe,
    announce(text: string): void {
      next = text;
      schedule();
    },
    failed(rows: readonly Row[]): void {
      for (const row of rows) failures.set(row.id, row);
      schedule();
    },
  };
}

export function describeFailures(rows: readonly Row[]): string | undefined {
  if (rows.length === 0) return undefined;
  return `${plural(rows.length, "container")} newly in Failure: ${list(rows.map(rowName))}.`;
}
