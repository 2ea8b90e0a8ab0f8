import { expect, it } from "vitest";
import { type SseEvent, sseReader } from "./sse.ts";

function readAll(...pieces: string[]) {
  const events: SseEvent[] = [];
  const read = sseReader((event) => events.push(event));
  for (const piece of pieces) read(piece);
  return events;
}

const STREAM = ': hello\n\nid: 7\nevent: patch\ndata: {"a":\ndata: 1}\n\nid: 8\r\ndata:x\r\n\r\n';
const EVENTS = [
  { id: "7", type: "patch", data: '{"a":\n1}' },
  { id: "8", type: "message", data: "x" },
];

it("reads events and ignores comments", () => {
  expect(readAll(STREAM)).toEqual(EVENTS);
});

it("reads the same in chunks of any size", () => {
  for (let size = 1; size < STREAM.length; size += 1) {
    const pieces = STREAM.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    expect(readAll(...pieces)).toEqual(EVENTS);
  }
});

it("keeps the last id and drops an event without data", () => {
  expect(readAll("id: 5\n\ndata: y\n\n")).toEqual([{ id: "5", type: "message", data: "y" }]);
});

it("waits for the end of an unfinished event", () => {
  expect(readAll("data: half")).toEqual([]);
});
