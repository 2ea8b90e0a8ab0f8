import type { Incident } from "../../../src/http/base/api-types.ts";
import { incidentName } from "../format/incident.ts";
import { plural } from "../format/text.ts";
import { createValue } from "./value.ts";

/** Minimum time between messages: a screen reader needs time to read each. */
const MESSAGE_INTERVAL_MS = 10_000;

/** The text of the polite live region. New incidents are collected into one message. */
export function createAnnouncer() {
  const value = createValue("");
  let opened = new Map<string, Incident>();
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
    const parts = [next, describeOpened([...opened.values()])].filter((part) => part !== undefined);
    if (parts.length === 0) return;
    next = undefined;
    opened = new Map();
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
    opened(incidents: readonly Incident[]): void {
      for (const incident of incidents) opened.set(incident.id, incident);
      schedule();
    },
  };
}

export function describeOpened(incidents: readonly Incident[]): string | undefined {
  const [first] = incidents;
  if (first === undefined) return undefined;
  const { name } = incidentName(first);
  const where = first.namespace === undefined ? "" : ` in ${first.namespace}`;
  const what = `New ${first.severity} incident: ${name}${where}, ${first.short}.`;
  return incidents.length === 1 ? what : `${what} ${plural(incidents.length - 1, "more", "more")}.`;
}
