import { expect, it } from "vitest";
import { latestTime } from "./recorded-time.ts";

const at = (time: string) => `2026-11-25T${time}Z`;

function event(started: string, ...managed: string[]): Buffer {
  const metadata = {
    creationTimestamp: at("09:00:00"),
    managedFields: managed.map((time) => ({ manager: "kubelet", time: at(time) })),
  };
  const status = { containerStatuses: [{ state: { running: { startedAt: at(started) } } }] };
  return Buffer.from(JSON.stringify({ type: "MODIFIED", object: { metadata, status } }));
}

it.each([
  ["the status, where it is newer", event("09:05:00", "09:04:30"), "09:05:00"],
  ["the API server, where it is newer", event("09:04:00", "09:04:30"), "09:04:30"],
  ["the API server, where the clock of the node is fast", event("17:05:00", "09:04:30"), "09:04:30"],
  ["the status, where the API server's times were removed", event("17:05:00"), "17:05:00"],
])("the clock of a replay follows %s", (_what, bytes, expected) => {
  expect(latestTime(bytes)).toBe(Date.parse(at(expected)));
});

it.each(["{broken", "{}", '{"object":{"metadata":{"creationTimestamp":"soon"}}}'])("%s has no time", (text) => {
  expect(latestTime(Buffer.from(text))).toBeUndefined();
});
