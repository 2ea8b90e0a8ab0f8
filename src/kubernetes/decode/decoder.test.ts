import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { PodSnapshot } from "../../core/model/pod.ts";
import { createListDecoder, createWatchDecoder } from "./decoder.ts";
import { createInterner } from "./interner.ts";
import { plainPod } from "./packed-pod.ts";
import type { ApiStatus, DecodeSink, ListPage } from "./types.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";

function recording(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(`../../../test/fixtures/recordings/${name}.gz`, import.meta.url)));
}

type Decoded =
  | { readonly type: string; readonly pod: PodSnapshot }
  | { readonly bookmark: string; readonly initialEventsEnd: boolean }
  | { readonly error: ApiStatus };

function collecting(): DecodeSink & { readonly decoded: Decoded[] } {
  const decoded: Decoded[] = [];
  return {
    decoded,
    pod: (type, pod) => void decoded.push({ type, pod: plainPod(pod) }),
    bookmark: (bookmark, initialEventsEnd) => void decoded.push({ bookmark, initialEventsEnd }),
    error: (error) => void decoded.push({ error }),
  };
}

function watched(contentType: string, body: Uint8Array, chunkSize = body.length): readonly Decoded[] {
  const sink = collecting();
  const decoder = createWatchDecoder(contentType, sink, createInterner());
  for (let at = 0; at < body.length; at += chunkSize) decoder.push(body.subarray(at, at + chunkSize));
  decoder.end();
  return sink.decoded;
}

function listed(contentType: string, body: Uint8Array, chunkSize = body.length) {
  const sink = collecting();
  const decoder = createListDecoder(contentType, sink, createInterner());
  for (let at = 0; at < body.length; at += chunkSize) decoder.push(body.subarray(at, at + chunkSize));
  return { decoded: sink.decoded, page: decoder.end() satisfies ListPage };
}

describe("the recordings", () => {
  const watchJson = recording("pods.shop.watch.json");
  const watchProtobuf = recording("pods.shop.watch.pb");
  const listJson = recording("pods.shop.list.json");
  const listProtobuf = recording("pods.shop.list.pb");

  it("are equal as JSON and as protobuf: the watch", () => {
    const fromJson = watched("application/json", watchJson);
    expect(fromJson).toHaveLength(41);
    expect(watched(`${PROTOBUF};stream=watch`, watchProtobuf)).toEqual(fromJson);
  });

  it("are equal as JSON and as protobuf: the list", () => {
    const fromJson = listed("application/json", listJson);
    expect(fromJson.page).toEqual({ resourceVersion: "3467", continue: undefined, count: fromJson.decoded.length });
    expect(fromJson.decoded.length).toBeGreaterThan(10);
    expect(listed(PROTOBUF, listProtobuf)).toEqual(fromJson);
  });

  it("end the initial events of a WatchList at the annotated bookmark", () => {
    const decoded = watched(`${PROTOBUF};stream=watch`, recording("pods.shop.watchlist.pb"));
    const end = decoded.findIndex((item) => "initialEventsEnd" in item && item.initialEventsEnd);
    expect(decoded.slice(0, end).map((item) => "type" in item && item.type)).toEqual(Array(22).fill("ADDED"));
    expect(decoded[end]).toEqual({ bookmark: "3222", initialEventsEnd: true });
    expect(decoded.slice(end + 1).filter((item) => "bookmark" in item)).toHaveLength(3);
  });

  it("are read to the last event", () => {
    const decoded = watched("application/json;stream=watch", recording("pods.watch.ndjson"));
    expect(decoded).toHaveLength(811);
  });

  it.each([1, 2, 3, 5, 7, 64, 1000, 4096, 9973])("are equal in chunks of %i bytes", (size) => {
    expect(watched("application/json", watchJson, size)).toEqual(watched("application/json", watchJson));
    expect(watched(PROTOBUF, watchProtobuf, size)).toEqual(watched(PROTOBUF, watchProtobuf));
    expect(listed("application/json", listJson, size)).toEqual(listed("application/json", listJson));
    expect(listed(PROTOBUF, listProtobuf, size)).toEqual(listed(PROTOBUF, listProtobuf));
  });
});
